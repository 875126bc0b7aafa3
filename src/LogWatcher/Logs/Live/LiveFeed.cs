using System.Diagnostics.CodeAnalysis;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>
/// What is written to the logs from now on. While anybody watches live, each file is read once for all of them, by one task: woken by hints of the file system, and by a poll that finds what the hints did not tell. Any thread.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The run is disposed of when the last watcher leaves.")]
internal sealed class LiveFeed
{
    /// <summary>Between two polls: often enough that nobody waits long where no hints come, seldom enough to cost nothing.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two searches for new files: they are to be found within a second.</summary>
    private static readonly TimeSpan SearchInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>A search may take at most one part in so many of the time: in a large tree new files are found later.</summary>
    private const int SearchShare = 20;

    /// <summary>
    /// A look at all names that are followed, which hints ask for, takes at most one part in so many of the time, once it costs more than
    /// <see cref="LookFloor"/>: where files come and go all the time, in a folder of thousands of logs, those are to be read, too.
    /// </summary>
    private const int LookShare = 5;

    private static readonly TimeSpan LookFloor = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// A watch joins once its history is so close to the feed's place, in bytes over all files: what is written while that is
    /// read waits in its queue.
    /// </summary>
    private const long MaxGapBytes = 128 * 1024;

    /// <summary>
    /// Entries handed out in one turn, of all files. Files that grow as fast as they are read must leave room for others, and
    /// a burst must not run over the queues of watchers that would keep up (<see cref="TurnQueueShare"/>).
    /// </summary>
    private const int MaxTurnEntries = 1_000;

    /// <summary>A turn fills at most one part in so many of a watcher's queue.</summary>
    private const int TurnQueueShare = 10;

    private readonly WatchedNames _names;
    private readonly TimeProvider _time;
    private readonly FolderHints? _hints;
    private readonly int _turnEntries;

    private readonly Lock _gate = new();
    private readonly LiveWatchers _watchers = new();
    private readonly HashSet<LiveWatcher> _begun = [];
    private readonly FollowedFiles _files;
    private readonly Joining _joining;
    private LiveRun? _run;
    private long _lastSearch;
    private TimeSpan _searchCost;
    private long _lastLook;
    private TimeSpan _lookCost;
    private bool _isLookAsked;
    private int _handedOut;

    /// <param name="names">Of the files that are followed.</param>
    /// <param name="time">The clock of the polls.</param>
    /// <param name="hints">Has the file system tell of changes; null: there are only the polls.</param>
    /// <param name="watchQueue">How many entries can wait for each watcher.</param>
    public LiveFeed(WatchedNames names, TimeProvider time, FolderHints? hints, int watchQueue)
    {
        _names = names;
        _time = time;
        _hints = hints;
        _turnEntries = Math.Clamp(watchQueue / TurnQueueShare, 1, MaxTurnEntries);
        _files = new FollowedFiles(this, names, time);
        _joining = new Joining(_files);
    }

    /// <summary>The turn may hand out more.</summary>
    public bool HasRoom => _handedOut < _turnEntries;

    /// <summary>
    /// Looks once more at names that are followed, so that what has come since the last look is found now: it may have left its name
    /// again, and then is none of a watch that begins behind this. May read, as any look does.
    /// </summary>
    /// <returns>A number that only files which are found later exceed.</returns>
    public long FindWhatHasCome()
    {
        lock (_gate)
        {
            _handedOut = 0;
            _files.LookClosely();
            return _files.LastNumber;
        }
    }

    /// <summary>
    /// Has the files of a watch held open while it reads its history, and what comes in their place, so that nothing is missed
    /// however long that takes. It ends with <see cref="Leave"/>.
    /// </summary>
    /// <param name="watcher">The watch's side of the feed.</param>
    /// <param name="history">Its history, of which nothing has been read yet.</param>
    /// <param name="since">What <see cref="FindWhatHasCome"/> gave before the history's files were looked for.</param>
    public void Begin(LiveWatcher watcher, History history, long since)
    {
        lock (_gate)
        {
            _handedOut = 0;
            _begun.Add(watcher);
            watcher.BeginIn(this);
            _joining.Begin(history, watcher, since, _watchers.All.Concat(_begun));
            history.FindCopies = reader => FindCopies(watcher, history, reader);
            Run();
        }
    }

    private IReadOnlyList<HistoryReader> FindCopies(LiveWatcher watcher, History history, HistoryReader reader)
    {
        lock (_gate)
        {
            _handedOut = 0;
            return _joining.FindCopies(history, watcher, reader);
        }
    }

    /// <summary>
    /// Takes a watch in that has begun, if its history has come close enough to what the feed has read. Either way the history's
    /// readers have been told where to go on to. Taken in, they end exactly where the entries in the watcher's queue begin, and hold
    /// all before that.
    /// </summary>
    /// <returns>False: the watch is to read its history on and try again.</returns>
    public bool TryJoin(LiveWatcher watcher, History history)
    {
        lock (_gate)
        {
            _handedOut = 0;
            if (!_begun.Contains(watcher))
            {
                // It has failed, and is told so when it asks.
                return false;
            }

            if (_joining.Align(history, watcher) > MaxGapBytes || !_joining.TryHoldAll(history, watcher))
            {
                // What has just been found is read in a turn, and nothing else may ask for one.
                _run?.Wake();
                return false;
            }

            _joining.TakeOver(history, watcher);

            // What is found in copies from here on is handed out live.
            history.FindCopies = null;
            _begun.Remove(watcher);
            _watchers.Add(watcher);
            watcher.Join();
            _run?.Wake();
            return true;
        }
    }

    /// <summary>Lets a watch go; with the last one, all files are closed and nothing runs any more.</summary>
    public void Leave(LiveWatcher watcher)
    {
        lock (_gate)
        {
            _watchers.Remove(watcher);
            _begun.Remove(watcher);
            TryEnd();
        }
    }

    /// <summary>Closes all files and has nothing run any more, if nobody watches.</summary>
    private bool TryEnd()
    {
        if (_watchers.All.Count + _begun.Count > 0)
        {
            return false;
        }

        _files.Clear();
        _run?.Dispose();
        _run = null;
        return true;
    }

    /// <summary>
    /// Gives an entry that has just been read, unparsed, to all who want it. Under the lock: in a turn, or where a watch that begins or
    /// joins has files read on, or let go of.
    /// </summary>
    /// <param name="follower">Whose entry it is.</param>
    /// <param name="entries">Has just taken it.</param>
    public void HandOut(FileFollower follower, EntryReader entries)
    {
        var view = entries.View;
        LogEntry? entry = null;
        _handedOut++;
        var isParsed = IsTimeNeeded;
        if (isParsed)
        {
            entries.Parse();
            entries.LastTime = view.Time ?? entries.LastTime;
        }

        foreach (var group in _watchers.Groups)
        {
            if (!Matches(group.Filter, entries, ref isParsed))
            {
                continue;
            }

            foreach (var watcher in group.Watchers)
            {
                if (watcher.Range.Includes(entries.LastTime) && !watcher.Excludes(follower, entries.EntryOffset))
                {
                    entry ??= LogEntry.From(view, PlaceOf(follower));
                    watcher.Offer(watcher.Named(entry, follower), entry.Text.LengthBytes, entries.LastTime);
                }
            }
        }
    }

    private static bool Matches(Filter filter, EntryReader entries, ref bool isParsed)
    {
        if (!filter.MayMatch(entries.View.Text))
        {
            return false;
        }

        if (!isParsed)
        {
            entries.Parse();
            isParsed = true;
        }

        return filter.Matches(entries.View);
    }

    /// <summary>One look at the files; what there is to read is read, up to a bound.</summary>
    /// <returns>Whether there is more to read at once.</returns>
    internal bool Turn(LiveRun run)
    {
        var asked = run.TakeAsked();
        lock (_gate)
        {
            if (run != _run)
            {
                return false;
            }

            _handedOut = 0;

            var wait = LookAtNames(asked.Poll, asked.Search);
            if (TryEnd())
            {
                // All have failed.
                return false;
            }

            if (asked.Poll)
            {
                _files.Reader.Read(onlyUnfinished: false);
                _files.Reader.TakeOldRests(PollInterval);
            }
            else
            {
                foreach (var (folder, name) in asked.Names)
                {
                    _files.ReadHinted(folder, name);
                }

                _files.Reader.Read(onlyUnfinished: true);
            }

            Search(run, asked.Search);
            wait = Earlier(wait, _files.Reader.TakeQuietOpen());
            if (wait > TimeSpan.Zero)
            {
                run.WakeIn(wait);
            }

            return _files.Reader.HaveMore;
        }
    }

    /// <summary>Whether some watch is behind that would keep up, given a moment.</summary>
    internal bool IsHeldUp()
    {
        lock (_gate)
        {
            // All are asked each time: their patience runs out together, and not one's after the other's.
            var isHeldUp = false;
            foreach (var watcher in _watchers.All)
            {
                isHeldUp |= watcher.HoldsUp();
            }

            return isHeldUp;
        }
    }

    /// <summary>Ends all watches with a failure of ours: better than to let them wait for ever. The next one begins with a new run.</summary>
    internal void Fail(LiveRun run, Exception exception)
    {
        lock (_gate)
        {
            if (run == _run)
            {
                foreach (var watcher in _watchers.All.Concat(_begun))
                {
                    watcher.Fail(exception);
                }

                _run.Dispose();
                _run = null;
            }
        }
    }

    /// <summary>Ends the watches that are still at their history, so that nothing need be kept for them any more: who resumes them loses nothing.</summary>
    public void FailBegun(Exception exception)
    {
        foreach (var watcher in _begun)
        {
            watcher.Fail(exception);
        }

        _begun.Clear();
    }

    /// <summary>A file is no longer followed.</summary>
    public void Forget(FileFollower file)
    {
        foreach (var watcher in _watchers.All.Concat(_begun))
        {
            watcher.Forget(file);
        }
    }

    /// <summary>Looks whether something else stands under the names that are followed, if that is asked for and it is time.</summary>
    /// <returns>How long until what is asked for is done; zero if nothing is.</returns>
    private TimeSpan LookAtNames(bool isPoll, bool isAsked)
    {
        _isLookAsked |= isPoll || isAsked;
        if (!_isLookAsked)
        {
            return TimeSpan.Zero;
        }

        // As with a search, it is real time.
        var start = TimeProvider.System.GetTimestamp();
        var wait = _lookCost < LookFloor || isPoll ? TimeSpan.Zero : (_lookCost * LookShare) - TimeProvider.System.GetElapsedTime(_lastLook, start);
        if (wait > TimeSpan.Zero)
        {
            return wait;
        }

        _files.CheckNames();
        _isLookAsked = false;
        _lastLook = TimeProvider.System.GetTimestamp();
        _lookCost = TimeProvider.System.GetElapsedTime(start, _lastLook);
        return TimeSpan.Zero;
    }

    /// <summary>Of two waits the shorter one; zero is none.</summary>
    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) =>
        one == TimeSpan.Zero || (other > TimeSpan.Zero && other < one) ? other : one;

    /// <summary>Looks for files that have come, if it is time; asked for by a hint, sooner.</summary>
    private void Search(LiveRun run, bool isAsked)
    {
        var elapsed = _time.GetElapsedTime(_lastSearch);
        if (elapsed < _searchCost * SearchShare || (!isAsked && elapsed < SearchInterval))
        {
            return;
        }

        // What it costs is real time, whatever clock the polls go by.
        var start = TimeProvider.System.GetTimestamp();
        var names = _names.Unfold();
        _lastSearch = _time.GetTimestamp();
        _searchCost = TimeProvider.System.GetElapsedTime(start);
        _files.FollowNew(names);
        AddHints(run);
    }

    /// <summary>Whether somebody must know the time of every entry: of those that its filter does not want, too.</summary>
    public bool IsTimeNeeded => _watchers.NeedingTimes.Count > 0;

    /// <summary>Whether a watch has joined.</summary>
    public bool IsRead => _watchers.All.Count > 0;

    /// <summary>Whether a watch is still at its history.</summary>
    public bool IsBegun => _begun.Count > 0;

    /// <summary>Since when somebody who is still there has watched.</summary>
    public long WatchedSince() => _watchers.All.Concat(_begun).Select(watcher => watcher.Since).DefaultIfEmpty(FileClock.Now).Min();

    private EntryPlace PlaceOf(FileFollower follower)
    {
        var (other, isNewer) = _files.OtherThan(follower);
        return new EntryPlace(follower.File.SourceHash, follower.PlaceBehind, other, isNewer);
    }

    private void Run()
    {
        if (_run is null)
        {
            _lastSearch = _time.GetTimestamp();
            _searchCost = TimeSpan.Zero;
            _run = new LiveRun(this, _time, _hints);
        }

        // The first look finds what came before the hints were there.
        AddHints(_run);
        _run.AskAll();
    }

    private void AddHints(LiveRun run)
    {
        foreach (var folder in _names.Folders())
        {
            run.Watch(folder);
        }

        foreach (var folder in _files.TakeNewFolders())
        {
            run.Watch(folder);
        }
    }
}
