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
        _feeds = sources.Length == 0 ? null : new LiveFeeds(() => new LiveFeed(Unfold, MayUnfold, FoldersToWatch, time, hints, watchQueue));
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
        using var watcher = query.Follow ? new LiveWatcher(query, selection, _time, _watchQueue) : null;
        using var collected = WatchCollected(query, selection, out var others);
        if (others.Count > 0)
        {
            throw new CursorGoneException(others[0], source: null, "the sample log has no cursors");
        }

        drops?.Of(watcher, collected);
        var delivery = new Delivery(query, collected, drops);
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
        using var joined = query.Follow ? feeds.Of(query.Sources) : null;
        using var watcher = new LiveWatcher(query, selection, _time, _watchQueue);
        using var collected = WatchCollected(query, selection, out var cursors);
        drops?.Of(watcher, collected);
        var delivery = new Delivery(query, collected, drops);
        var since = joined?.Feed.FindWhatHasCome(selection.Includes) ?? 0;
        var text = query.ReusesText ? EntryText.ForReuse() : null;
        using (var history = OpenHistory(query with { After = cursors }, selection, isAlone: collected is null))
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

        if (history.GoOn() || feed.TryJoin(watcher, history))
        {
            return true;
        }

        // Perhaps it is the feed that has to catch up: the moment is its own.
        await Task.Delay(JoinRetryMilliseconds, cancellationToken);
        return true;
    }

    private History OpenHistory(WatchQuery query, SourceSelection selection, bool isAlone)
    {
        var history = new History(query.Filter, _time, query.Range, query.NeedsLiveTimes) { IsAlone = isAlone };
        var seen = new HashSet<FileIdentity>();

        try
        {
            // What comes to stand somewhere after this moment is found behind what stood there.
            var present = SettledLook.WithoutTwins(SettledLook.At(
                () => Unfold().Where(selection.Includes), path => selection.Includes(path) && MayUnfold(path)));
            Resumption? resumption = null;
            var resumed = new Dictionary<string, (HistoryReader Newest, HistoryReader? Older)>(StringComparer.Ordinal);
            if (query.After.Count > 0)
            {
                resumption = Resumption.Find(
                    query.After, NamesWith(query.Sources), FoldersToWatch(), path => Array.Exists(_sources, source => source.MayHold(path)), selection.Includes);
                Resume(resumption, query, history, seen, resumed);
            }

            OpenUnseen(present, query, selection, history, seen, resumption);
            foreach (var reader in history.Readers)
            {
                // So that a cursor of what stands under a name now also tells how far the one before it has come.
                var (newest, older) = resumed.GetValueOrDefault(reader.File.Source);
                reader.Older = newest == reader ? older : newest;
            }

            return history;
        }
        catch
        {
            history.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Adds the files that stood under the names at one moment and are not there yet. A file that is renamed before it is opened is
    /// opened where it stands then, as what it was.
    /// </summary>
    private void OpenUnseen(
        List<(string Path, FileStatus Status)> present, WatchQuery query, SourceSelection selection,
        History history, HashSet<FileIdentity> seen, Resumption? resumption)
    {
        var wanted = new Dictionary<FileIdentity, string>();
        foreach (var (path, status) in present)
        {
            // A second name of a file is a link.
            if (!seen.Contains(status.Identity))
            {
                wanted.TryAdd(status.Identity, path);
            }
        }

        // What may have been made of another since comes behind that: when the first such one is looked at, all others are there.
        List<HistoryReader>? deleted = null;
        var opened = Open(wanted, selection, seen);
        var bySource = new Dictionary<string, HistoryReader>(StringComparer.Ordinal);
        foreach (var reader in history.Readers)
        {
            bySource[reader.File.Source] = reader;
        }

        foreach (var file in opened.Count > 1
            ? opened.OrderBy(file => file.IsCompressed).ThenBy(file => file.Source, StringComparer.Ordinal)
            : opened.AsEnumerable())
        {
            var isDone = resumption?.IsDone(file) == true;
            if (file.IsCompressed
                ? isDone || (deleted ??= [.. history.Readers.Where(reader => reader.File.IsDeleted())]).Exists(reader => file.IsMadeOf(reader.File))
                : isDone && query.Follow && resumption!.IsCopyOfPresent(file))
            {
                // What becomes of a copy is seen by those who follow its log.
                file.Dispose();
                continue;
            }

            // What stood under the same name a moment ago comes first.
            var added = history.Add(file, new LinePosition(isDone ? file.Length() : 0), bySource.GetValueOrDefault(file.Source));
            GoOnToEnd(added, query);
            bySource[file.Source] = added;
        }
    }

    /// <summary>
    /// Opens files by their identity, the likeliest place first. If one is deleted before that, the compressed ones are opened that have
    /// come since: one of them was made of it.
    /// </summary>
    /// <param name="wanted">The name under which each was seen.</param>
    /// <param name="selection">Where else they may stand by now.</param>
    /// <param name="seen">Those that are open already.</param>
    private List<LogFile> Open(Dictionary<FileIdentity, string> wanted, SourceSelection selection, HashSet<FileIdentity> seen)
    {
        var opened = new Dictionary<FileIdentity, LogFile>();
        var paths = new List<string>();
        foreach (var (_, path) in wanted)
        {
            paths.Add(path);
        }

        // Where names have moved up by one, most are found at those of others.
        OpenAt(paths, wanted, opened);
        if (opened.Count < wanted.Count)
        {
            OpenAt([.. Unfold().Where(selection.Includes)], wanted, opened);
        }

        // Plain loops: what queries make of pairs with a number of a file would be compiled at every start.
        var gone = new List<string>();
        var files = new List<LogFile>();
        foreach (var (identity, path) in wanted)
        {
            if (opened.TryGetValue(identity, out var file))
            {
                files.Add(file);
            }
            else if (SettledLook.TryOpen(path, identity, source: null, out var isGone) is { } moved)
            {
                files.Add(moved);
            }
            else if (isGone && !LogFile.IsCompressedName(path))
            {
                gone.Add(path);
            }
        }

        if (gone.Count > 0)
        {
            OpenCompressed(gone, selection, identity => seen.Contains(identity) || wanted.ContainsKey(identity), files);
        }

        return files;
    }

    /// <summary>Opens compressed files that were made of deleted ones, or may have been: what they were not made of has been opened.</summary>
    private void OpenCompressed(
        List<string> gone, SourceSelection selection, Predicate<FileIdentity> isKnown, List<LogFile> files)
    {
        // With what they may be made of: beside that they hold nothing of their own.
        var present = SettledLook.WithoutTwins(SettledLook.At(
            () => new SortedSet<string>(gone.SelectMany(Rotation.FilesBeside).Where(IsOne), StringComparer.Ordinal), IsOne));
        foreach (var (path, status) in present)
        {
            if (LogFile.IsCompressedName(path) && !isKnown(status.Identity) && SettledLook.TryOpen(path, status.Identity, source: null, out _) is { } file)
            {
                files.Add(file);
            }
        }

        bool IsOne(string path) => (selection.Includes(path) && MayUnfold(path))
            || gone.Contains(LogFile.IsCompressedName(path) ? path[..path.LastIndexOf('.')] : path);
    }

    /// <summary>Opens what is wanted of that which stands at some paths now.</summary>
    private static void OpenAt(List<string> paths, Dictionary<FileIdentity, string> wanted, Dictionary<FileIdentity, LogFile> opened)
    {
        foreach (var path in paths)
        {
            if (FileStatus.TryGet(path, out var status) && wanted.ContainsKey(status.Identity) && !opened.ContainsKey(status.Identity)
                && LogFile.TryOpen(path) is { } file)
            {
                // Another may have come there in between, which may be wanted too.
                if (!wanted.TryGetValue(file.Identity, out var name) || !opened.TryAdd(file.Identity, name == path ? file : file.As(name)))
                {
                    file.Dispose();
                }
            }
        }
    }

    /// <summary>Adds the files that the query's cursors tell of, each behind its place.</summary>
    /// <param name="resumption">Where they are.</param>
    /// <param name="query">What is asked for.</param>
    /// <param name="history">Gets them.</param>
    /// <param name="seen">Gets their identities.</param>
    /// <param name="bySource">Gets for each source that has a cursor the readers of its files.</param>
    private static void Resume(
        Resumption resumption, WatchQuery query, History history, HashSet<FileIdentity> seen,
        Dictionary<string, (HistoryReader Newest, HistoryReader? Older)> bySource)
    {
        var readers = new Dictionary<ResumedFile, HistoryReader>();
        foreach (var file in resumption.Files)
        {
            var reader = history.Add(file.File, file.From, file.Behind is null ? null : readers[file.Behind], file.Guard);
            reader.Delivered = file.Delivered;
            GoOnToEnd(reader, query);
            if (query.Follow && !file.File.IsCompressed && resumption.Files.Any(next => next.Behind == file))
            {
                // What comes behind it stands in another file.
                reader.GoOnTo(long.MaxValue, HistoryEnd.TakeLines);
            }

            readers.Add(file, reader);
            seen.Add(file.File.Identity);
        }

        foreach (var (source, (newest, older)) in resumption.BySource)
        {
            bySource[source] = (readers[newest], older is null ? null : readers[older]);
            if (older is not null)
            {
                readers[older].IsOlderPart = true;
            }
        }
    }

    /// <summary>Sets where a file's history ends: what is written while it is read is for those who follow.</summary>
    private static void GoOnToEnd(HistoryReader reader, WatchQuery query)
    {
        var file = reader.File;
        var end = query.Follow || file.IsCompressed ? long.MaxValue : file.Length();
        var leavesRest = query.Follow && !file.IsCompressed;

        // To what was last written to some time ago, no more lines of the same entry will come.
        var isQuiet = FileClock.Now - file.LastChange() >= FileFollower.MaxOpenWait.Ticks;
        reader.GoOnTo(end, !leavesRest ? HistoryEnd.TakeRest : isQuiet ? HistoryEnd.TakeLines : HistoryEnd.LeaveRest);
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

    /// <summary>The names of all files that are there now, and of those that are asked for by just these: a cursor may be of one that has left.</summary>
    private SortedSet<string> NamesWith(IReadOnlyList<string> sources)
    {
        var names = Unfold();
        HashSet<string> folders = [.. FoldersToWatch().Select(folder => folder == "." ? "" : folder), .. names.Select(name => Path.GetDirectoryName(name) ?? "/")];
        foreach (var source in sources.Where(source => !Glob.IsPattern(source)))
        {
            // A client says them: they lead into no other folder.
            var name = Path.GetFileName(source);
            if (name is not ("" or "." or ".."))
            {
                names.UnionWith(folders.Where(folder => name == source || folder == Path.GetDirectoryName(source))
                    .Select(folder => Path.Combine(folder, name)).Where(MayUnfold));
            }
        }

        return names;
    }

    /// <summary>Whether a file of this name, were it there, would be one of the logs.</summary>
    private bool MayUnfold(string path) => Array.Exists(_sources, source => source.Names(path));

    private HashSet<string> FoldersToWatch()
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var source in _sources)
        {
            source.AddFolders(folders);
        }

        return folders;
    }

    /// <summary>What one watch has been given of its history so far, and what of it comes before the last ones that are wanted.</summary>
    private sealed class Delivery(WatchQuery query, CollectedWatch? collected, WatchDrops? drops)
    {
        // Until the first is delivered: what was counted.
        private TailSearch? _search;

        /// <summary>Entries so far.</summary>
        public long Delivered { get; private set; }

        /// <summary>How many are still to be passed over, of all logs.</summary>
        public long Surplus { get; set; }

        /// <summary>Has what comes before the last matches passed over, as far as it was counted.</summary>
        /// <param name="search">Has counted it.</param>
        /// <param name="isChecked">Whether the files must still hold that when the first is delivered; otherwise nothing is passed over if they don't.</param>
        public void PassOver(TailSearch search, bool isChecked)
        {
            _search = isChecked ? search : null;
            Surplus = isChecked || search.IsKept() ? search.Surplus : 0;
        }

        /// <summary>To be called before an entry is delivered, and where all that was counted is at its end.</summary>
        /// <exception cref="CountedIsGoneException">A file was cut. What has been passed over may have been anything.</exception>
        public void CheckCounted()
        {
            if (_search?.IsKept() == false)
            {
                throw new CountedIsGoneException();
            }

            _search = null;
        }

        /// <summary>Counts an entry that has been delivered; true: the watch wants no more.</summary>
        public bool IsLast() => ++Delivered == query.Limit;

        /// <summary>The next collected entry, if it stands before another, or before the end of all if none is given; null: none does.</summary>
        /// <param name="time">The time of the other; null: it has none, and comes after all that have.</param>
        /// <param name="source">Its source, which tells where times are equal.</param>
        /// <param name="cancellationToken">Ends the watch.</param>
        public async ValueTask<LogEntry?> NextCollectedAsync(LogTime? time, string source, CancellationToken cancellationToken)
        {
            while (collected is not null && await collected.FindAsync(cancellationToken) && collected.TryTakeBefore(time, source, out var entry))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!PassesOver(ref entry))
                {
                    CheckCounted();
                    drops?.ToldBy(entry, Delivered + 1);
                    return entry;
                }
            }

            return null;
        }

        /// <summary>Whether a collected entry is to be passed over; so are those that have gone right before it.</summary>
        /// <param name="entry">Tells then of no more than have gone of those that are wanted.</param>
        private bool PassesOver(ref LogEntry entry)
        {
            if (Surplus <= 0)
            {
                return false;
            }

            var left = Surplus - entry.Suppressed;
            Surplus = Math.Max(0, left - 1);
            if (left <= 0)
            {
                entry = entry with { Suppressed = -left };
            }

            return left > 0;
        }
    }

    /// <summary>A file was cut whose matches had been counted.</summary>
    private sealed class CountedIsGoneException : Exception;
}
