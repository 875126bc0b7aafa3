using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Live;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Collected;

/// <summary>
/// What one watch has of the collected entries: those that are there, in order, which it takes at its own pace, and then, if it
/// follows, what is offered to its queue. What goes before it was taken is counted, and told on the next. One thread at a time
/// takes, and asks the filter of what it has looked at; the rest is under the log's lock.
/// </summary>
internal sealed class CollectedWatch : IDisposable
{
    /// <summary>After so many steps the thread is given back: some milliseconds of work.</summary>
    private const int StepsPerTurn = 4;

    private readonly CollectedLog _log;
    private readonly SourceSelection _selection;
    private readonly TimeRange _range;
    private readonly Dictionary<uint, long> _after;
    private readonly Filter _filter;
    private readonly EntryView _view = new();
    private readonly List<CollectedEntry> _seen = [];
    private CollectedEntry? _next;
    private int _steps;
    private long _dropped;

    /// <param name="log">Where it watches.</param>
    /// <param name="query">What it wants.</param>
    /// <param name="selection">Its sources.</param>
    /// <param name="after">For each source of which it has had something, by the hash of its name, the number of the last.</param>
    /// <param name="end">The number of the last entry that it gets.</param>
    public CollectedWatch(CollectedLog log, WatchQuery query, SourceSelection selection, Dictionary<uint, long> after, long end)
    {
        (_log, _selection, _after, End) = (log, selection, after, end);
        _range = query.Range;
        _filter = query.Filter;
    }

    /// <summary>Where it is offered what comes; null: it has not read all there is.</summary>
    public LiveWatcher? Live { get; set; }

    /// <summary>The number of the last entry that it gets.</summary>
    public long End { get; }

    /// <summary>The last one that it has passed over, or has got; null: none. For the log alone.</summary>
    public CollectedEntry? Last { get; set; }

    /// <summary>The last one that was counted, of those up to <see cref="CountEnd"/>. For the log alone.</summary>
    public CollectedEntry? Counted { get; set; }

    /// <summary>The number of the last entry that is to be counted; 0: none has been yet. For the log alone.</summary>
    public long CountEnd { get; set; }

    /// <summary>How many that it wanted have gone before they could be counted.</summary>
    public long GoneUncounted { get; set; }

    /// <summary>How many that it wanted have gone, and were told on no entry.</summary>
    public long Untold => Interlocked.Read(ref _dropped);

    /// <summary>Whether it wants an entry. Any thread.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="view">Is filled with it.</param>
    public bool Wants(CollectedEntry entry, EntryView view)
    {
        if (entry.Number <= _after.GetValueOrDefault(Cursor.HashOf(entry.Source)) || !_range.Includes(entry.Time) || !_selection.Includes(entry.Source))
        {
            return false;
        }

        entry.Fill(view);
        return _filter.Matches(view);
    }

    /// <summary>One that it wanted has gone before it had it. For the log alone.</summary>
    public void CountDropped(CollectedEntry entry)
    {
        Interlocked.Increment(ref _dropped);
        if (entry.Number > (Counted?.Number ?? 0) && entry.Number <= CountEnd)
        {
            GoneUncounted++;
        }
    }

    /// <summary>How many that it wanted have gone since the last time, which the caller tells.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);

    /// <summary>How many there are now that it wants and has not got. The thread is given back now and then.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<long> CountAsync(CancellationToken cancellationToken)
    {
        var count = _next is null ? 0L : 1L;
        _log.BeginCount(this);
        for (; ; )
        {
            _log.LookToCount(this, _seen);
            if (_seen.Count == 0)
            {
                return count + GoneUncounted;
            }

            foreach (var entry in _seen)
            {
                count += Wants(entry, _view) ? 1 : 0;
            }

            await PauseAsync(cancellationToken);
        }
    }

    /// <summary>Looks for the next entry, if it has not been found yet. The thread is given back now and then.</summary>
    /// <returns>False: there is none yet.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<bool> FindAsync(CancellationToken cancellationToken)
    {
        // Where all are wanted the first is enough, where hardly any is the steps are long.
        for (var max = 1; _next is null; max = Math.Min(max * 2, CollectedLog.MaxStep))
        {
            _log.Look(this, max, _seen);
            if (_seen.Count == 0)
            {
                return false;
            }

            var wanted = _seen.Find(entry => Wants(entry, _view));
            _next = _log.TryTake(this, wanted ?? _seen[^1], wanted is not null) ? wanted : null;
            _seen.Clear();
            if (max == CollectedLog.MaxStep)
            {
                await PauseAsync(cancellationToken);
            }
        }

        return true;
    }

    /// <summary>Takes the next entry, once found, if it stands before another, or before the end of all if none is given.</summary>
    /// <param name="time">The time of the other; null: it has none, and comes after all that have.</param>
    /// <param name="source">Its source, which tells where times are equal.</param>
    public bool TryTakeBefore(LogTime? time, string source, out LogEntry entry)
    {
        if (_next is { } next && (time is null || next.Time < time || (next.Time == time && string.CompareOrdinal(next.Source, source) < 0)))
        {
            entry = Take(next);
            return true;
        }

        entry = null!;
        return false;
    }

    /// <summary>Has it offered to a queue what comes from now on, if all there is has been taken.</summary>
    public bool TryJoin(LiveWatcher watcher) => _next is null && _log.TryJoin(this, watcher);

    public void Dispose() => _log.Leave(this);

    private async ValueTask PauseAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (++_steps % StepsPerTurn == 0)
        {
            await Task.Yield();
        }
    }

    private LogEntry Take(CollectedEntry next)
    {
        _next = null;
        var entry = next.ToEntry(_view, _log.Id);
        var dropped = TakeDropped();
        return dropped == 0 ? entry : entry with { Suppressed = dropped };
    }
}
