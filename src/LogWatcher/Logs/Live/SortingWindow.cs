using System.Diagnostics.CodeAnalysis;

namespace LogWatcher.Logs.Live;

/// <summary>
/// Holds live entries for a while, so that those that come meanwhile can stand before them (<c>window_ms</c>). The one that
/// came first leaves when it has been held for the window's length, and with it all that stand before it; so each is held that
/// long at most. Equal times stand as they came. An entry whose place was before the one that left last is late: it leaves at
/// once, and is then the one that left last. So what follows it in a file that is behind, or on a clock that was set back, is
/// held and sorted again, and not all handed on as it comes. One that stands at no time has no place among the others: it leaves
/// when it has been held, and moves nobody. Under its watcher's lock.
/// </summary>
/// <param name="length">How long an entry is held.</param>
/// <param name="time">The clock.</param>
internal sealed class SortingWindow(TimeSpan length, TimeProvider time)
{
    private readonly LinkedList<Held> _byArrival = new();

    // Those of them that stand at a time.
    private readonly SortedSet<Held> _byTime = new(Comparer<Held>.Create(Compare));
    private long _arrivals;
    private LogTime? _lastLeft;

    /// <summary>How many are held.</summary>
    public int Count => _byArrival.Count;

    /// <summary>How long until the next one leaves; null: none is held.</summary>
    public TimeSpan? UntilDue => _byArrival.First is { } first ? length - time.GetElapsedTime(first.Value.ArrivedAt) : null;

    /// <summary>Takes an entry in.</summary>
    /// <param name="at">The time at which it stands; null: at none.</param>
    /// <returns>False: it is late, and was not taken.</returns>
    public bool TryHold(WaitingEntry entry, LogTime? at)
    {
        if (at < _lastLeft)
        {
            _lastLeft = at;
            return false;
        }

        var held = new Held(entry, at, _arrivals++, time.GetTimestamp());
        held.Node = _byArrival.AddLast(held);
        if (at is not null)
        {
            _byTime.Add(held);
        }

        return true;
    }

    /// <summary>Takes the next one out, if its time has come.</summary>
    public bool TryTakeDue(out WaitingEntry entry)
    {
        if (UntilDue is { } left && left <= TimeSpan.Zero)
        {
            return TryTake(out entry);
        }

        entry = default;
        return false;
    }

    /// <summary>Takes the next one out, though its time has not come.</summary>
    public bool TryTake(out WaitingEntry entry)
    {
        if (!TryRemoveNext(out var first))
        {
            entry = default;
            return false;
        }

        _lastLeft = first.At ?? _lastLeft;
        entry = first.Entry;
        return true;
    }

    /// <summary>Throws the next one away.</summary>
    public bool TryDrop(out WaitingEntry entry)
    {
        var isThere = TryRemoveNext(out var first);
        entry = isThere ? first!.Entry : default;
        return isThere;
    }

    private static int Compare(Held? left, Held? right)
    {
        var byTime = left!.At!.Value.CompareTo(right!.At!.Value);
        return byTime != 0 ? byTime : left.Number.CompareTo(right.Number);
    }

    private bool TryRemoveNext([NotNullWhen(true)] out Held? first)
    {
        first = _byArrival.First?.Value;
        if (first is null)
        {
            return false;
        }

        if (first.At is not null)
        {
            first = _byTime.Min!;
            _byTime.Remove(first);
        }

        _byArrival.Remove(first.Node!);
        return true;
    }

    private sealed record Held(WaitingEntry Entry, LogTime? At, long Number, long ArrivedAt)
    {
        public LinkedListNode<Held>? Node { get; set; }
    }
}
