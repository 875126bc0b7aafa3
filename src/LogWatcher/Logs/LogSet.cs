using System.Runtime.CompilerServices;
using LogWatcher.Logs.Collected;
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

    /// <summary>A watch that begins with the last matches begins so often at most, should files be cut while they are counted.</summary>
    private const int MaxCounts = 10;

    /// <summary>Between two tries to join the feed: about what it needs for a turn, and too short to be felt.</summary>
    private const int JoinRetryMilliseconds = 1;

    private readonly LogSource[] _sources;
    private readonly TimeProvider _time;
    private readonly int _watchQueue;
    private readonly LiveFeeds? _feeds;

    private LogSet(LogSource[] sources, TimeProvider time, bool useHints, int watchQueue, CollectedLog? collected)
    {
        _sources = sources;
        Collected = collected ?? new CollectedLog();
        _time = time;
        _watchQueue = watchQueue;
        var hints = useHints ? new FolderHints() : null;
        _feeds = sources.Length == 0 ? null : new LiveFeeds(selection => new LiveFeed(new WatchedNames(sources, selection), time, hints, watchQueue));
    }

    /// <summary>The built-in sample log.</summary>
    public static LogSet Sample => OpenSample();

    /// <summary>What clients send, which is watched with the rest.</summary>
    public CollectedLog Collected { get; }

    /// <summary>Opens the built-in sample log.</summary>
    /// <param name="collected">What is collected; null: nothing yet.</param>
    /// <param name="watchQueue">As for <see cref="Open"/>.</param>
    public static LogSet OpenSample(CollectedLog? collected = null, int watchQueue = LiveWatcher.DefaultMaxWaiting) =>
        new([], TimeProvider.System, useHints: false, watchQueue, collected);

    /// <summary>Opens the logs that these paths name: files, folders and globs, at least one.</summary>
    /// <param name="paths">As the user gave them; they become the names of the sources.</param>
    /// <param name="time">The clock of the polls, and of times without a year.</param>
    /// <param name="useHints">Whether the file system is asked to tell of changes; without, only polls find them.</param>
    /// <param name="watchQueue">Live entries that wait for a slow watch at most; at least 1.</param>
    /// <param name="collected">What is collected; null: nothing yet.</param>
    /// <exception cref="LogSourceException">A path leads nowhere and is no glob, or cannot be read.</exception>
    public static LogSet Open(
        IReadOnlyList<string> paths,
        TimeProvider time,
        bool useHints = true,
        int watchQueue = LiveWatcher.DefaultMaxWaiting,
        CollectedLog? collected = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(paths.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(watchQueue, 1);
        return new LogSet([.. paths.Select(LogSource.Open)], time, useHints, watchQueue, collected);
    }

    /// <summary>
    /// The entries that a query asks for. The sample's come without any wait; the reading of files leaves the caller's thread
    /// first. What is slow to take history holds its reading up; live, it loses the oldest, counted.
    /// </summary>
    /// <param name="query">What to watch for.</param>
    /// <param name="onLive">Called once, when history is done and the watch goes on without an end of its own.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <param name="drops">Is told what the watch loses.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="CursorGoneException">The data behind one of the query's cursors is gone.</exception>
    public IAsyncEnumerable<LogEntry> WatchAsync(
        WatchQuery query, Action onLive, CancellationToken cancellationToken, WatchDrops? drops = null) =>
        _feeds is null
            ? WatchSampleAsync(query, onLive, drops, cancellationToken)
            : query.Tail > 0 ? WatchTailAsync(_feeds, query, onLive, drops, cancellationToken)
            : WatchFilesAsync(_feeds, query, onLive, drops, mayCountAgain: false, cancellationToken);

    /// <summary>The sample, and what is collected, which is younger than that.</summary>
    private async IAsyncEnumerable<LogEntry> WatchSampleAsync(
        WatchQuery query, Action onLive, WatchDrops? drops, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var selection = new SourceSelection(query.Sources);
        using var watcher = query.Follow ? new LiveWatcher(query, _time, _watchQueue) : null;
        using var collected = WatchCollected(query, selection, out var others);
        if (others.Count > 0)
        {
            throw new CursorGoneException(others[0], source: null, "the sample log has no cursors");
        }

        drops?.Of(watcher, collected);
        var delivery = new WatchDelivery(query, collected, drops);
        if (query.Tail > 0)
        {
            delivery.Surplus = SampleMatches(query).Count() + await CountAsync(collected, cancellationToken) - query.Tail;
        }

        foreach (var view in SampleMatches(query))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (delivery.Surplus-- > 0)
            {
                continue;
            }

            yield return LogEntry.From(view);
            if (delivery.IsLast())
            {
                yield break;
            }
        }

        do
        {
            while (await delivery.NextCollectedAsync(time: null, "", cancellationToken) is { } entry)
            {
                yield return entry;
                if (delivery.IsLast())
                {
                    yield break;
                }
            }
        }
        while (watcher is not null && !collected!.TryJoin(watcher));

        if (watcher is null)
        {
            yield break;
        }

        watcher.BeginLive(delivery.Delivered);
        onLive();
        for (; ; )
        {
            yield return await watcher.NextAsync(cancellationToken);
            if (delivery.IsLast())
            {
                yield break;
            }
        }
    }

    /// <summary>The watch's side of what is collected; null if it can have nothing of that.</summary>
    /// <param name="others">The query's cursors of other logs.</param>
    /// <exception cref="CursorGoneException">What came behind a cursor is no longer there.</exception>
    private CollectedWatch? WatchCollected(WatchQuery query, SourceSelection selection, out IReadOnlyList<Cursor> others)
    {
        others = query.After;
        foreach (var cursor in query.After.Where(cursor => cursor.IsOfCollected && cursor.Place.FileHash != Collected.Id))
        {
            throw new CursorGoneException(cursor, source: null, "it was collected by an earlier run of the node");
        }

        if (!query.Follow && Collected.LastNumber == 0)
        {
            return null;
        }

        others = [.. query.After.Where(cursor => cursor.Place.FileHash != Collected.Id)];
        return Collected.Watch(query, selection, query.After.Except(others));
    }

    private static ValueTask<long> CountAsync(CollectedWatch? collected, CancellationToken cancellationToken) =>
        collected?.CountAsync(cancellationToken) ?? ValueTask.FromResult(0L);

    /// <summary>No source has the sample's name, and no range its times, which it has none of.</summary>
    private static IEnumerable<EntryView> SampleMatches(WatchQuery query) =>
        query.Sources.Count > 0 || !query.Range.Includes(null)
            ? []
            : SampleLog.Read().Where(view => query.Filter.MayMatch(view.Text) && query.Filter.Matches(view));

    /// <summary>
    /// Begins with the last matches. Should a file be cut before the first of them is delivered, what is there is something else by now,
    /// and is counted anew; after so many times what cannot be told apart is delivered.
    /// </summary>
    private async IAsyncEnumerable<LogEntry> WatchTailAsync(
        LiveFeeds feeds, WatchQuery query, Action onLive, WatchDrops? drops, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var count = 1; ; count++)
        {
            await using var entries = WatchFilesAsync(feeds, query, onLive, drops, mayCountAgain: count < MaxCounts, cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            bool hasEntry;
            try
            {
                hasEntry = await entries.MoveNextAsync();
            }
            catch (CountedIsGoneException)
            {
                continue;
            }

            while (hasEntry)
            {
                yield return entries.Current;
                hasEntry = await entries.MoveNextAsync();
            }

            yield break;
        }
    }

    /// <param name="feeds">One of them is to be joined.</param>
    /// <param name="query">What to watch for.</param>
    /// <param name="onLive">As for <see cref="WatchAsync"/>.</param>
    /// <param name="drops">As there.</param>
    /// <param name="mayCountAgain">Whether to end if what was counted has gone; otherwise nothing is passed over then.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="CountedIsGoneException">It has gone. Nothing was delivered.</exception>
    private async IAsyncEnumerable<LogEntry> WatchFilesAsync(
        LiveFeeds feeds, WatchQuery query, Action onLive, WatchDrops? drops, bool mayCountAgain,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var selection = new SourceSelection(query.Sources);
        using var joined = query.Follow ? feeds.Of(selection) : null;
        using var watcher = new LiveWatcher(query, _time, _watchQueue);
        using var collected = WatchCollected(query, selection, out var cursors);
        drops?.Of(watcher, collected);
        var delivery = new WatchDelivery(query, collected, drops);
        var since = joined?.Feed.FindWhatHasCome() ?? 0;
        var text = query.ReusesText ? EntryText.ForReuse() : null;
        var opener = new HistoryOpener(new WatchedNames(_sources, selection), query with { After = cursors }, _time);
        using (var history = opener.Open(isAlone: collected is null))
        {
            joined?.Feed.Begin(watcher, history, since);

            if (query.Tail > 0)
            {
                var search = await FindTailAsync(history, query, await CountAsync(collected, cancellationToken), cancellationToken);
                delivery.PassOver(search, mayCountAgain);
            }

            var isNew = false;
            do
            {
                var pauses = 0;
                foreach (var reader in history.Read())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (reader is null)
                    {
                        if (++pauses % PausesPerTurn == 0)
                        {
                            await Task.Yield();
                        }

                        continue;
                    }

                    while (collected is not null
                        && await delivery.NextCollectedAsync(history.Time, reader.File.Source, cancellationToken) is { } entry)
                    {
                        yield return entry;
                        if (delivery.IsLast())
                        {
                            yield break;
                        }
                    }

                    if (isNew || delivery.Surplus-- <= 0)
                    {
                        delivery.CheckCounted();
                        yield return LogEntry.From(reader.View, reader.Deliver(), text);
                        if (delivery.IsLast())
                        {
                            yield break;
                        }
                    }
                }

                // What comes now is new, even where less has come than was counted. What is left to be passed over is among what was collected.
                delivery.CheckCounted();
                isNew = true;
                if (delivery.Surplus > 0)
                {
                    delivery.Surplus = Math.Min(delivery.Surplus, Math.Max(0, await CountAsync(collected, cancellationToken) - query.Tail));
                }
            }
            while (joined is not null && await GoOnAsync(joined.Feed, watcher, history, cancellationToken));
        }

        do
        {
            while (await delivery.NextCollectedAsync(time: null, "", cancellationToken) is { } entry)
            {
                yield return entry;
                if (delivery.IsLast())
                {
                    yield break;
                }
            }
        }
        while (query.Follow && !collected!.TryJoin(watcher));

        if (!query.Follow)
        {
            yield break;
        }

        watcher.BeginLive(delivery.Delivered);
        onLive();
        for (; ; )
        {
            yield return await watcher.NextAsync(cancellationToken);
            if (delivery.IsLast())
            {
                yield break;
            }
        }
    }

    /// <summary>Has a history that is to have the last matches alone begin near them.</summary>
    /// <returns>Knows how many matches come before them all the same.</returns>
    private async Task<TailSearch> FindTailAsync(History history, WatchQuery query, long others, CancellationToken cancellationToken)
    {
        var search = new TailSearch(history, query, _time) { Others = others };
        var pauses = 0;
        foreach (var _ in search.Find())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (++pauses % PausesPerTurn == 0)
            {
                await Task.Yield();
            }
        }

        return search;
    }

    /// <summary>A history of a watch that follows has been read to its end: it goes on from there, or up to where the feed is.</summary>
    /// <returns>False: the watch had joined the feed before, and all before that has been read.</returns>
    private static async ValueTask<bool> GoOnAsync(
        LiveFeed feed, LiveWatcher watcher, History history, CancellationToken cancellationToken)
    {
        if (watcher.HasJoined)
        {
            return false;
        }

        watcher.ThrowIfFailed();
        if (history.GoOn() || feed.TryJoin(watcher, history))
        {
            return true;
        }

        // Perhaps it is the feed that has to catch up: the moment is its own.
        await Task.Delay(JoinRetryMilliseconds, cancellationToken);
        return true;
    }
}
