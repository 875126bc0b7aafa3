using System.Runtime.CompilerServices;
using LogWatcher.Logs.Live;
using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs;

/// <summary>
/// The logs that <c>--logs</c> named, or the built-in sample: made once at the start, and watched by any number of calls side
/// by side.
/// </summary>
internal sealed class LogSet
{
    /// <summary>
    /// After so many pauses of history (each <see cref="HistoryReader.PauseBytes"/>) the thread is given back, so that a scan
    /// of gigabytes doesn't keep others from being served: some milliseconds of work.
    /// </summary>
    private const int PausesPerTurn = 4;

    /// <summary>Between two tries to join the feed: about what it needs for a turn, and too short to be felt.</summary>
    private const int JoinRetryMilliseconds = 1;

    private readonly LogSource[] _sources;
    private readonly TimeProvider _time;
    private readonly LiveFeed? _feed;

    private LogSet(LogSource[] sources, TimeProvider time, bool useHints)
    {
        _sources = sources;
        _time = time;
        _feed = sources.Length == 0 ? null : new LiveFeed(Unfold, FoldersToWatch, time, useHints);
    }

    /// <summary>The built-in sample log.</summary>
    public static LogSet Sample { get; } = new([], TimeProvider.System, useHints: false);

    /// <summary>Opens the logs that these paths name: files, folders and globs, at least one.</summary>
    /// <param name="paths">As the user gave them; they become the names of the sources.</param>
    /// <param name="time">The clock of the polls, and of times without a year.</param>
    /// <param name="useHints">Whether the file system is asked to tell of changes; without, only polls find them.</param>
    /// <exception cref="LogSourceException">A path leads nowhere and is no glob, or cannot be read.</exception>
    public static LogSet Open(IReadOnlyList<string> paths, TimeProvider time, bool useHints = true)
    {
        ArgumentOutOfRangeException.ThrowIfZero(paths.Count);
        return new LogSet([.. paths.Select(LogSource.Open)], time, useHints);
    }

    /// <summary>
    /// The entries that a query asks for. The sample's come without any wait; the reading of files leaves the caller's thread
    /// first. What is slow to take history holds its reading up; live, it loses the oldest, counted.
    /// </summary>
    /// <param name="query">What to watch for.</param>
    /// <param name="onLive">Called once, when history is done and the watch goes on without an end of its own.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="CursorGoneException">The data behind one of the query's cursors is gone.</exception>
    public IAsyncEnumerable<LogEntry> WatchAsync(WatchQuery query, Action onLive, CancellationToken cancellationToken) =>
        _feed is null
            ? WatchSampleAsync(query, onLive, cancellationToken)
            : WatchFilesAsync(_feed, query, onLive, cancellationToken);

    private static async IAsyncEnumerable<LogEntry> WatchSampleAsync(
        WatchQuery query, Action onLive, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var left = query.Limit;
        if (query.Sources.Count == 0)
        {
            foreach (var view in SampleLog.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (query.Filter.MayMatch(view.Text) && query.Filter.Matches(view))
                {
                    yield return LogEntry.From(view);
                    if (--left == 0)
                    {
                        yield break;
                    }
                }
            }
        }

        if (query.Follow)
        {
            // Nobody will ever write to the sample, but a watch that follows has no end of its own.
            onLive();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }

    private async IAsyncEnumerable<LogEntry> WatchFilesAsync(
        LiveFeed feed, WatchQuery query, Action onLive, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var left = query.Limit;
        var selection = new SourceSelection(query.Sources);
        using var watcher = new LiveWatcher(query.Filter, selection);
        using (var history = OpenHistory(query, selection))
        {
            for (var hasJoined = false; ;)
            {
                var pauses = 0;
                foreach (var reader in history.Read())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (reader is not null)
                    {
                        yield return LogEntry.From(reader.View, reader.Deliver());
                        if (--left == 0)
                        {
                            yield break;
                        }
                    }
                    else if (++pauses % PausesPerTurn == 0)
                    {
                        await Task.Yield();
                    }
                }

                if (hasJoined || !query.Follow)
                {
                    break;
                }

                hasJoined = feed.TryJoin(watcher, history);
                if (!hasJoined)
                {
                    // Perhaps it is the feed that has to catch up: the moment is its own.
                    await Task.Delay(JoinRetryMilliseconds, cancellationToken);
                }
            }
        }

        if (!query.Follow)
        {
            yield break;
        }

        onLive();
        for (; ; )
        {
            yield return await watcher.NextAsync(cancellationToken);
            if (--left == 0)
            {
                yield break;
            }
        }
    }

    private History OpenHistory(WatchQuery query, SourceSelection selection)
    {
        var history = new History(query.Filter, _time);
        var seen = new HashSet<FileIdentity>();
        Dictionary<string, (HistoryReader Newest, HistoryReader? Older)> resumed;
        try
        {
            resumed = Resume(query, selection, history, seen);
        }
        catch
        {
            history.Dispose();
            throw;
        }

        // A file that is renamed between the look at the names and its opening stands under a name of which nobody knew: so it
        // is looked again until there is none that was not seen.
        while (OpenUnseen(query, selection, history, seen))
        {
        }

        foreach (var reader in history.Readers)
        {
            // So that a cursor of what stands under a name now also tells how far the one before it has come.
            var (newest, older) = resumed.GetValueOrDefault(reader.File.Source);
            reader.Older = newest == reader ? older : newest;
        }

        return history;
    }

    /// <returns>Whether there was any.</returns>
    private bool OpenUnseen(WatchQuery query, SourceSelection selection, History history, HashSet<FileIdentity> seen)
    {
        var seenBefore = seen.Count;
        foreach (var name in Unfold())
        {
            if (!selection.Includes(name)
                || (FileStatus.TryGet(name, out var status) && seen.Contains(status.Identity))
                || LogFile.TryOpen(name) is not { } file)
            {
                continue;
            }

            if (!seen.Add(file.Identity))
            {
                // A link, or renamed while we look: it has been opened under another name.
                file.Dispose();
                continue;
            }

            GoOnToEnd(history.Add(file), query);
        }

        return seen.Count > seenBefore;
    }

    /// <summary>Adds the files that the query's cursors tell of, each behind its place.</summary>
    /// <returns>For each source that has a cursor the readers of its files.</returns>
    /// <exception cref="CursorGoneException">What a cursor tells of is nowhere to be found.</exception>
    private Dictionary<string, (HistoryReader Newest, HistoryReader? Older)> Resume(
        WatchQuery query, SourceSelection selection, History history, HashSet<FileIdentity> seen)
    {
        var bySource = new Dictionary<string, (HistoryReader Newest, HistoryReader? Older)>(StringComparer.Ordinal);
        if (query.After.Count == 0)
        {
            return bySource;
        }

        var resumption = Resumption.Find(query.After, [.. Unfold().Where(selection.Includes)], FoldersToWatch());
        var readers = new Dictionary<ResumedFile, HistoryReader>();
        foreach (var file in resumption.Files)
        {
            var reader = history.Add(file.File, file.From, file.Behind is null ? null : readers[file.Behind]);
            reader.Delivered = file.Delivered;
            GoOnToEnd(reader, query);
            readers.Add(file, reader);
            seen.Add(file.File.Identity);
        }

        seen.UnionWith(resumption.Done);
        foreach (var (source, (newest, older)) in resumption.BySource)
        {
            bySource[source] = (readers[newest], older is null ? null : readers[older]);
        }

        return bySource;
    }

    /// <summary>Sets where a file's history ends: what is written while it is read is for those who follow.</summary>
    private static void GoOnToEnd(HistoryReader reader, WatchQuery query)
    {
        var file = reader.File;
        var end = query.Follow || file.IsCompressed ? long.MaxValue : file.Length();
        var leavesRest = query.Follow && !file.IsCompressed;
        reader.GoOnTo(end, leavesRest ? HistoryEnd.LeaveRest : HistoryEnd.TakeRest);
    }

    /// <summary>The names of all files that are there now, in order.</summary>
    private SortedSet<string> Unfold()
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var source in _sources)
        {
            source.Unfold(names);
        }

        return names;
    }

    private HashSet<string> FoldersToWatch()
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var source in _sources)
        {
            source.AddFolders(folders);
        }

        return folders;
    }
}
