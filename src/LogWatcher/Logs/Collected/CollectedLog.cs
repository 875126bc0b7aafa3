using LogWatcher.Logs.Live;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Collected;

/// <summary>
/// The entries that clients have sent, in memory, within a bound: the oldest go first. Watches read them like the history of files,
/// each at its own pace and in short steps, and are then offered what comes. Any thread.
/// </summary>
/// <param name="maxEntries">Entries that are kept; at least 1.</param>
/// <param name="file">Where each is written before it is taken; null: nowhere.</param>
internal sealed class CollectedLog(int maxEntries = CollectedLog.DefaultMaxEntries, CollectedFile? file = null)
{
    public const int DefaultMaxEntries = 100_000;

    /// <summary>The lines of all entries that are kept, in bytes: long ones would fill the memory long before their number is too large.</summary>
    public const long MaxBytes = 256L << 20;

    /// <summary>
    /// Entries that a watch takes a look at in one step, of which it asks its filter after it has given up the lock: of all that are
    /// kept it would take most of a second, in which nothing could be collected.
    /// </summary>
    public const int MaxStep = 256;

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
                    throw new CursorGoneException(cursor, source: null, "newer collected entries have taken its place");
                }

                places[cursor.SourceHash] = Math.Max(number, places.GetValueOrDefault(cursor.SourceHash));
            }

            var watch = new CollectedWatch(this, query, selection, places, query.Follow ? long.MaxValue : _newest?.Number ?? 0);
            _watches.Add(watch);
            return watch;
        }
    }

    /// <summary>The entries behind what a watch has looked at, without asking whether it wants them: it has got none of them yet.</summary>
    /// <param name="watch">Looks for them.</param>
    /// <param name="max">How many at most; <see cref="MaxStep"/> at most.</param>
    /// <param name="entries">Gets them, in order, instead of what is in it; none: there are no more yet.</param>
    internal void Look(CollectedWatch watch, int max, List<CollectedEntry> entries)
    {
        lock (_gate)
        {
            Look(watch.Last, watch.End, max, entries);
        }
    }

    /// <summary>
    /// A watch wants none of those before an entry: that one is its own from here on, if it wants it and it has not gone, and been
    /// counted as dropped, since it was looked at.
    /// </summary>
    internal bool TryTake(CollectedWatch watch, CollectedEntry entry, bool isWanted)
    {
        lock (_gate)
        {
            watch.Last = entry;
            return isWanted && entry.Number >= _oldest!.Number;
        }
    }

    /// <summary>Begins to count what a watch wants of what is there now and it has not got.</summary>
    internal void BeginCount(CollectedWatch watch)
    {
        lock (_gate)
        {
            (watch.Counted, watch.CountEnd, watch.GoneUncounted) = (watch.Last, Math.Min(watch.End, _newest?.Number ?? 0), 0);
        }
    }

    /// <summary>The next entries to be counted; those that go before they were looked at are added to <see cref="CollectedWatch.GoneUncounted"/>.</summary>
    /// <param name="watch">Counts them.</param>
    /// <param name="entries">Gets them instead of what is in it; none: these were all.</param>
    internal void LookToCount(CollectedWatch watch, List<CollectedEntry> entries)
    {
        lock (_gate)
        {
            Look(watch.Counted, watch.CountEnd, MaxStep, entries);
            watch.Counted = entries.Count > 0 ? entries[^1] : watch.Counted;
        }
    }

    /// <summary>From here on the watch is offered what comes, if it has read all there is.</summary>
    /// <returns>False: it hasn't.</returns>
    internal bool TryJoin(CollectedWatch watch, LiveWatcher watcher)
    {
        lock (_gate)
        {
            // What has come since it last looked is seldom much, and with none of it allowed it might never catch up.
            for (var step = 0; NextOf(watch.Last, watch.End) is { } next; step++)
            {
                if (step == MaxStep || watch.Wants(next, _view))
                {
                    return false;
                }

                watch.Last = next;
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

    private void Look(CollectedEntry? last, long end, int max, List<CollectedEntry> entries)
    {
        entries.Clear();
        while (entries.Count < max && NextOf(last, end) is { } next)
        {
            entries.Add(next);
            last = next;
        }
    }

    /// <summary>The entry behind one, which may have gone; null: there is none yet, or it is behind the end.</summary>
    private CollectedEntry? NextOf(CollectedEntry? last, long end)
    {
        // With the one that has gone went the way to the one behind it.
        var next = last is not null && _oldest is not null && last.Number >= _oldest.Number ? last.Next : _oldest;
        return next is not null && next.Number > (last?.Number ?? 0) && next.Number <= end ? next : null;
    }

    private void DropOldest()
    {
        var oldest = _oldest!;
        foreach (var watch in _watches)
        {
            if (watch.Live is null && oldest.Number > (watch.Last?.Number ?? 0) && oldest.Number <= watch.End && watch.Wants(oldest, _view))
            {
                watch.CountDropped(oldest);
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
                watcher.Offer(made, made.Text.LengthBytes, entry.Time);
            }
        }
    }
}
