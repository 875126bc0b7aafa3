using LogWatcher.Logs.Live;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Collected;

/// <summary>
/// The entries that clients have sent, in memory, within a bound: the oldest go first. Watches read them like the history of files,
/// each at its own pace, and are then offered what comes. Any thread.
/// </summary>
/// <param name="maxEntries">Entries that are kept; at least 1.</param>
/// <param name="file">Where each is written before it is taken; null: nowhere.</param>
internal sealed class CollectedLog(int maxEntries = CollectedLog.DefaultMaxEntries, CollectedFile? file = null)
{
    public const int DefaultMaxEntries = 100_000;

    /// <summary>The lines of all entries that are kept, in bytes: long ones would fill the memory long before their number is too large.</summary>
    public const long MaxBytes = 256L << 20;

    /// <summary>Sources of which it is known what has gone. Of others it is taken for gone with the last of those that were forgotten.</summary>
    private const int MaxKnownSources = 10_000;

    private const ulong IdMask = (1UL << 48) - 1;

    private readonly Lock _gate = new();
    private readonly List<CollectedWatch> _watches = [];
    private readonly EntryView _view = new();
    private readonly Dictionary<uint, long> _lastGone = [];
    private CollectedEntry? _oldest;
    private CollectedEntry? _newest;
    private long _count;
    private long _bytes;
    private long _forgottenTo;

    /// <summary>Tells this run's entries from those of others, in cursors.</summary>
    public ulong Id { get; } = (ulong)Random.Shared.NextInt64() & IdMask;

    /// <summary>The number of the newest entry; 0: none has ever come.</summary>
    public long LastNumber
    {
        get
        {
            lock (_gate)
            {
                return _newest?.Number ?? 0;
            }
        }
    }

    /// <summary>Takes an entry, and gives it to those who watch.</summary>
    /// <exception cref="IOException">It can't be written to the file, and was not taken.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public void Add(CollectedEntry entry)
    {
        lock (_gate)
        {
            file?.Append(entry.Line);
            entry.Number = (_newest?.Number ?? 0) + 1;
            if (_newest is null)
            {
                _oldest = entry;
            }
            else
            {
                _newest.Next = entry;
            }

            _newest = entry;
            _count++;
            _bytes += entry.Line.Length;
            while (_count > maxEntries || (_bytes > MaxBytes && _count > 1))
            {
                DropOldest();
            }

            Offer(entry);
        }
    }

    /// <summary>Begins a watch; it ends by being disposed of.</summary>
    /// <param name="query">What it is for.</param>
    /// <param name="selection">Its sources.</param>
    /// <param name="after">Its cursors of this log.</param>
    /// <exception cref="CursorGoneException">What came behind a cursor is no longer there.</exception>
    public CollectedWatch Watch(WatchQuery query, SourceSelection selection, IEnumerable<Cursor> after)
    {
        lock (_gate)
        {
            var places = new Dictionary<uint, long>();
            foreach (var cursor in after)
            {
                var number = cursor.Place.Position.Offset;
                if (number < (_lastGone.TryGetValue(cursor.SourceHash, out var gone) ? gone : _forgottenTo) || number > (_newest?.Number ?? 0))
                {
                    throw new CursorGoneException("the collected entries behind a cursor are gone: newer ones have taken their place");
                }

                places[cursor.SourceHash] = Math.Max(number, places.GetValueOrDefault(cursor.SourceHash));
            }

            var watch = new CollectedWatch(this, query, selection, places, query.Follow ? long.MaxValue : _newest?.Number ?? 0);
            _watches.Add(watch);
            return watch;
        }
    }

    /// <summary>The next entry that a watch wants, which is its own from here on; null: there is none yet.</summary>
    internal CollectedEntry? Next(CollectedWatch watch)
    {
        lock (_gate)
        {
            var next = FindNext(watch);
            watch.Last = next ?? watch.Last;
            return next;
        }
    }

    /// <summary>How many there are now that a watch wants and has not got.</summary>
    internal long Count(CollectedWatch watch)
    {
        lock (_gate)
        {
            var (start, count) = (watch.Last, 0L);
            for (; FindNext(watch) is { } next; watch.Last = next)
            {
                count++;
            }

            watch.Last = start;
            return count;
        }
    }

    /// <summary>From here on the watch is offered what comes, if it has read all there is.</summary>
    /// <returns>False: it hasn't.</returns>
    internal bool TryJoin(CollectedWatch watch, LiveWatcher watcher)
    {
        lock (_gate)
        {
            if (FindNext(watch) is not null)
            {
                return false;
            }

            watch.Live = watcher;
            watcher.AddLost(watch.TakeDropped());
            return true;
        }
    }

    internal void Leave(CollectedWatch watch)
    {
        lock (_gate)
        {
            _watches.Remove(watch);
        }
    }

    private CollectedEntry? FindNext(CollectedWatch watch)
    {
        for (; ; )
        {
            // What it has looked at last may have gone, and with it the way to the one behind.
            var next = watch.Last is { } last && _oldest is not null && last.Number >= _oldest.Number ? last.Next : _oldest;
            if (next is null || next.Number <= (watch.Last?.Number ?? 0) || next.Number > watch.End)
            {
                return null;
            }

            if (watch.Wants(next, _view))
            {
                return next;
            }

            watch.Last = next;
        }
    }

    private void DropOldest()
    {
        var oldest = _oldest!;
        foreach (var watch in _watches)
        {
            if (watch.Live is null && oldest.Number > (watch.Last?.Number ?? 0) && oldest.Number <= watch.End && watch.Wants(oldest, _view))
            {
                watch.CountDropped();
            }
        }

        var source = Cursor.HashOf(oldest.Source);
        if (_lastGone.Count >= MaxKnownSources && !_lastGone.ContainsKey(source))
        {
            var first = _lastGone.MinBy(gone => gone.Value);
            _forgottenTo = Math.Max(_forgottenTo, first.Value);
            _lastGone.Remove(first.Key);
        }

        _lastGone[source] = oldest.Number;
        _oldest = oldest.Next;

        // Whoever is still at it must not hold all that came later.
        oldest.Next = null;
        _count--;
        _bytes -= oldest.Line.Length;
    }

    private void Offer(CollectedEntry entry)
    {
        LogEntry? made = null;
        foreach (var watch in _watches)
        {
            if (watch.Live is { } watcher && watch.Wants(entry, _view))
            {
                made ??= entry.ToEntry(_view, Id);
                watcher.Offer(made, entry.Line.Length, entry.Time);
            }
        }
    }
}
