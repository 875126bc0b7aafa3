using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Live;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Collected;

/// <summary>
/// What one watch has of the collected entries: those that are there, in order, which it takes at its own pace, and then, if it
/// follows, what is offered to its queue. What goes before it was taken is counted, and told on the next. One thread at a time
/// takes; the rest is under the log's lock.
/// </summary>
internal sealed class CollectedWatch : IDisposable
{
    private readonly CollectedLog _log;
    private readonly SourceSelection _selection;
    private readonly TimeRange _range;
    private readonly Dictionary<uint, long> _after;

    // One of its own: the feed of files asks the query's on another thread, and a filter is asked by one at a time.
    private readonly Filter _filter;
    private readonly EntryView _view = new();
    private CollectedEntry? _next;
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
        _filter = Filter.Parse(query.Filter.Text);
    }

    /// <summary>Where it is offered what comes; null: it has not read all there is.</summary>
    public LiveWatcher? Live { get; set; }

    /// <summary>The number of the last entry that it gets.</summary>
    public long End { get; }

    /// <summary>The last one that it has looked at, or has got; null: none. For the log alone.</summary>
    public CollectedEntry? Last { get; set; }

    /// <summary>How many that it wanted have gone, and were told on no entry.</summary>
    public long Untold => Interlocked.Read(ref _dropped);

    /// <summary>Whether it wants an entry. For the log alone.</summary>
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

    public void CountDropped() => Interlocked.Increment(ref _dropped);

    /// <summary>How many that it wanted have gone since the last time, which the caller tells.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);

    /// <summary>How many there are that it wants, now.</summary>
    public long Count() => _log.Count(this) + (_next is null ? 0 : 1);

    /// <summary>Takes the next entry if it stands before another, or before the end of all if none is given.</summary>
    /// <param name="time">The time of the other; null: it has none, and comes after all that have.</param>
    /// <param name="source">Its source, which tells where times are equal.</param>
    public bool TryTakeBefore(LogTime? time, string source, out LogEntry entry)
    {
        _next ??= _log.Next(this);
        if (_next is { } next && (time is null || next.Time < time || (next.Time == time && string.CompareOrdinal(next.Source, source) < 0)))
        {
            entry = Take(next);
            return true;
        }

        entry = null!;
        return false;
    }

    /// <summary>Takes the next entry.</summary>
    public bool TryTake(out LogEntry entry) => TryTakeBefore(time: null, "", out entry);

    /// <summary>Has it offered to a queue what comes from now on, if all there is has been taken.</summary>
    public bool TryJoin(LiveWatcher watcher) => _next is null && _log.TryJoin(this, watcher);

    public void Dispose() => _log.Leave(this);

    private LogEntry Take(CollectedEntry next)
    {
        _next = null;
        var entry = next.ToEntry(_view, _log.Id);
        var dropped = TakeDropped();
        return dropped == 0 ? entry : entry with { Suppressed = dropped };
    }
}
