using System.Runtime.ExceptionServices;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>
/// One watch's side of the live feed: what it wants, and a bounded queue between the feed, which never waits, and the watch,
/// which may. When the queue is full those that would be delivered next are dropped, and counted on the entry behind them.
/// Entries that are held to be sorted (<see cref="SortingWindow"/>) are in the queue, too.
/// </summary>
internal sealed class LiveWatcher : IDisposable
{
    /// <summary>Entries that wait for a slow watch at most, unless another bound is asked for (logs.md, "Watchers that are slow").</summary>
    public const int DefaultMaxWaiting = 10_000;

    /// <summary>Their texts may take so many bytes in all: entries of 1 MiB would fill the memory long before.</summary>
    public const long MaxWaitingBytes = 64L << 20;

    /// <summary>
    /// A watch that falls behind while the feed has a burst to hand out holds the feed up so many times, a millisecond each,
    /// and then no more until it has made up for that: enough for a thread to get its turn on a busy machine, and felt by the
    /// others once, as part of a second, when some are slow for good.
    /// </summary>
    public const int MaxHolds = 100;

    /// <summary>A watch makes up for one time with so many entries taken: who takes fewer in a millisecond is slow, and slows no other.</summary>
    private const int TakenPerHold = 50;

    /// <summary>Once all that waited has been taken, so many times count for nothing.</summary>
    private const int MaxHoldsForgiven = 10;

    /// <summary>A timer that is set for less fires at once, and perhaps before it is time.</summary>
    private static readonly TimeSpan MinTimer = TimeSpan.FromMilliseconds(1);

    private readonly int _maxWaiting;
    private readonly int _limit;
    private readonly SortingWindow? _window;
    private readonly ITimer? _windowTimer;

    private readonly Lock _gate = new();
    private readonly Queue<WaitingEntry> _waiting = new();
    private HashSet<FileFollower>? _excluded;
    private Dictionary<FileIdentity, (ContentGuard Guard, long UpTo)>? _had;
    private Dictionary<FileFollower, (ContentGuard Content, long UpTo)>? _partlyHad;
    private Dictionary<FileFollower, LogFile>? _renamed;
    private long _waitingBytes;
    private long _dropped;
    private long _taken;
    private long _toldByLast;
    private int _holds;
    private int _heldInARow;
    private long _madeUpTo;
    private bool _isTimerSet;
    private TaskCompletionSource? _arrival;
    private Exception? _failure;
    private LiveFeed? _feed;

    /// <param name="query">What the watch is for.</param>
    /// <param name="time">The clock of the window.</param>
    /// <param name="maxWaiting">Entries that wait at most, at least one.</param>
    public LiveWatcher(WatchQuery query, TimeProvider time, int maxWaiting = DefaultMaxWaiting)
    {
        Filter = query.Filter;
        Range = query.Range;
        NeedsTimes = query.NeedsLiveTimes;
        _maxWaiting = maxWaiting;
        _limit = query.Limit;
        if (query.Window > TimeSpan.Zero)
        {
            _window = new SortingWindow(query.Window, time);
            _windowTimer = time.CreateTimer(
                static watcher => ((LiveWatcher)watcher!).OnWindowTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Watches with the same query share one, so that the feed asks it once for all of them.</summary>
    public Filter Filter { get; private set; }

    /// <summary>Takes over the filter of another watch, which has the same text.</summary>
    public void ShareFilter(Filter filter) => Filter = filter;

    /// <summary>The times at which its entries stand.</summary>
    public TimeRange Range { get; }

    /// <summary>When the watch began, before it looked for any file, by the <see cref="FileClock"/>.</summary>
    public long Since { get; } = FileClock.Now;

    /// <inheritdoc cref="WatchQuery.NeedsLiveTimes"/>
    public bool NeedsTimes { get; }

    /// <summary>The watch wants nothing of a file that had left its name before the watch began. For the feed alone.</summary>
    public void Exclude(FileFollower follower) => (_excluded ??= []).Add(follower);

    /// <summary>
    /// The watch had a file in its history that nobody follows, as one may be that is perhaps a copy: should it be followed from its start
    /// one day, only what comes behind is new. For the feed alone.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="guard">What was read of it: if that no longer stands there, all is new.</param>
    /// <param name="upTo">Entries before this offset were the history's.</param>
    public void ExcludeUpTo(LogFile file, ContentGuard guard, long upTo) => (_had ??= [])[file.Identity] = (guard, upTo);

    /// <inheritdoc cref="Exclude"/>
    public bool Excludes(FileFollower follower) => _excluded is not null && _excluded.Contains(follower);

    /// <summary>The same for an entry of the file that begins at an offset. For the feed alone.</summary>
    public bool Excludes(FileFollower follower, long offset) => Excludes(follower) || (_had is not null && IsHad(follower, offset));

    private bool IsHad(FileFollower follower, long offset)
    {
        if (_had!.Remove(follower.Identity, out var had) && had.Guard.IsKeptBy(follower.File))
        {
            (_partlyHad ??= [])[follower] = (follower.Guard, had.UpTo);
        }

        // Once it is cut, another guard stands for what it holds.
        return _partlyHad is not null && _partlyHad.TryGetValue(follower, out var known) && known.Content == follower.Guard && offset < known.UpTo;
    }

    /// <summary>
    /// The history had a file under another name than it is followed by: the watch goes on with that, so that its cursors of the file
    /// are all of one source. For the feed alone.
    /// </summary>
    public void KeepName(FileFollower follower, LogFile file) => (_renamed ??= [])[follower] = file;

    /// <summary>The entry as this watch knows its file. For the feed alone.</summary>
    public LogEntry Named(LogEntry entry, FileFollower follower) =>
        _renamed is not null && _renamed.TryGetValue(follower, out var file) && entry.Place is { } place
            ? entry with { Source = file.Source, Place = new EntryPlace(file.SourceHash, place.Own) }
            : entry;

    /// <summary>Followed files that the watch remembers, however long it lasts. (What its history had of others is as much as that was long.)</summary>
    public int Remembered => (_excluded?.Count ?? 0) + (_renamed?.Count ?? 0) + (_partlyHad?.Count ?? 0);

    /// <summary>A file is no longer followed. For the feed alone.</summary>
    public void Forget(FileFollower file)
    {
        _excluded?.Remove(file);
        _renamed?.Remove(file);
        _partlyHad?.Remove(file);
    }

    /// <summary>Whether the feed has taken the watch in. For the watch itself, which asked for it.</summary>
    public bool HasJoined { get; private set; }

    /// <summary>The feed knows of the watch, which leaves by being disposed of.</summary>
    public void BeginIn(LiveFeed feed) => _feed = feed;

    /// <summary>The feed has taken the watch in.</summary>
    public void Join() => HasJoined = true;

    /// <summary>The watch is done with history, which was so many entries.</summary>
    public void BeginLive(long historyEntries)
    {
        lock (_gate)
        {
            _taken = _madeUpTo = historyEntries;
        }
    }

    /// <summary>Puts an entry into the queue; never waits.</summary>
    /// <param name="entry">May be shared with other watches.</param>
    /// <param name="textBytes">How much memory its text takes.</param>
    /// <param name="at">The time at which it stands, if <see cref="NeedsTimes"/>; null: at none.</param>
    public void Offer(LogEntry entry, int textBytes, LogTime? at = null)
    {
        var waiting = new WaitingEntry(entry, textBytes);
        lock (_gate)
        {
            _waitingBytes += textBytes;
            if (_window is null || !_window.TryHold(waiting, at))
            {
                _waiting.Enqueue(waiting);
            }

            while (_waiting.Count + (_window?.Count ?? 0) > _maxWaiting || _waitingBytes > MaxWaitingBytes)
            {
                Drop();
            }

            EndHolding(isAll: _failure is not null);
        }
    }

    /// <summary>What the watch has lost before it was offered anything is told on the first entry that it is.</summary>
    public void AddLost(long count)
    {
        lock (_gate)
        {
            _dropped += count;
        }
    }

    /// <summary>Whether the feed is to wait a moment before it hands out more. Each time it says so counts.</summary>
    public bool HoldsUp()
    {
        lock (_gate)
        {
            var madeUp = Math.Min((_taken - _madeUpTo) / TakenPerHold, _holds);
            _holds -= (int)madeUp;
            _madeUpTo = _holds == 0 ? _taken : _madeUpTo + (madeUp * TakenPerHold);
            if (_waiting.Count == 0)
            {
                // A short queue is empty in a moment, and says so; who is slow has been waited for long before.
                _holds -= _heldInARow <= MaxHoldsForgiven ? Math.Min(_heldInARow, _holds) : 0;
                _heldInARow = 0;
            }

            // What is held to be sorted waits for the clock, and not for a watch that is behind.
            if (_waiting.Count <= _maxWaiting / 2)
            {
                return false;
            }

            if (_holds == MaxHolds)
            {
                // That it is waited for no longer does not make it quick.
                _heldInARow = MaxHoldsForgiven + 1;
                return false;
            }

            _holds++;
            _heldInARow++;
            return true;
        }
    }

    /// <summary>Ends the watch with what has gone wrong in the feed.</summary>
    public void Fail(Exception exception)
    {
        lock (_gate)
        {
            _failure = exception;
            EndHolding(isAll: true);
            Wake();
        }
    }

    /// <summary>To be asked by a watch that is at its history: nobody else would tell it.</summary>
    /// <exception cref="SlowHistoryException">It came to its end too late.</exception>
    /// <exception cref="TooManyOpenFilesException">What has come could not be opened.</exception>
    /// <exception cref="IOException">Something has gone wrong in the feed.</exception>
    public void ThrowIfFailed()
    {
        lock (_gate)
        {
            if (_failure is SlowHistoryException or TooManyOpenFilesException)
            {
                ExceptionDispatchInfo.Throw(_failure);
            }

            if (_failure is not null)
            {
                throw new IOException("the logs can no longer be followed", _failure);
            }
        }
    }

    /// <summary>The next entry, with the number of those dropped right before it. One caller at a time.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="IOException">Something has gone wrong in the feed, and nothing is left that came before.</exception>
    public async ValueTask<LogEntry> NextAsync(CancellationToken cancellationToken)
    {
        for (; ; )
        {
            Task arrival;
            lock (_gate)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_waiting.TryDequeue(out var next))
                {
                    _waitingBytes -= next.TextBytes;
                    _taken++;
                    _toldByLast = _dropped;
                    _dropped = 0;

                    // The entry itself is shared with other watches.
                    return _toldByLast == 0 ? next.Entry : next.Entry with { Suppressed = _toldByLast };
                }

                ThrowIfFailed();
                _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _arrival.Task;
            }

            await arrival.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc cref="WatchDrops.Untold"/>
    public long Untold(long delivered)
    {
        lock (_gate)
        {
            var untold = _dropped + (delivered < _taken ? _toldByLast : 0);

            // A limit is where a watch was to end; ended otherwise, it loses what it has not delivered yet, too.
            return _limit > 0 && delivered >= _limit
                ? untold
                : untold + Math.Max(0, _taken - delivered) + _waiting.Count + (_window?.Count ?? 0);
        }
    }

    public void Dispose()
    {
        _feed?.Leave(this);
        _windowTimer?.Dispose();
    }

    private void Drop()
    {
        if (_waiting.TryDequeue(out var dropped) || (_window is not null && _window.TryDrop(out dropped)))
        {
            _waitingBytes -= dropped.TextBytes;
            _dropped++;
        }
    }

    private void OnWindowTimer()
    {
        lock (_gate)
        {
            _isTimerSet = false;
            EndHolding(isAll: false);
        }
    }

    /// <summary>Lets those go on whose time has come, or all, and has the timer tell of the next.</summary>
    private void EndHolding(bool isAll)
    {
        if (_window is not null)
        {
            while (isAll ? _window.TryTake(out var entry) : _window.TryTakeDue(out entry))
            {
                _waiting.Enqueue(entry);
            }

            // Set once for many: should it come too early, it is set again.
            if (!_isTimerSet && _window.UntilDue is { } left)
            {
                _isTimerSet = true;
                _windowTimer!.Change(left > MinTimer ? left : MinTimer, Timeout.InfiniteTimeSpan);
            }
        }

        if (_waiting.Count > 0)
        {
            Wake();
        }
    }

    private void Wake()
    {
        _arrival?.TrySetResult();
        _arrival = null;
    }
}
