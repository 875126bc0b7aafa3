using LogWatcher.Logs.Collected;
using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs;

/// <summary>What one watch has been given of its history so far, and what of it comes before the last ones that are wanted.</summary>
/// <param name="query">What it asks for.</param>
/// <param name="collected">Its side of what is collected; null: it has nothing of that.</param>
/// <param name="drops">Is told what it loses.</param>
internal sealed class WatchDelivery(WatchQuery query, CollectedWatch? collected, WatchDrops? drops)
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
internal sealed class CountedIsGoneException : Exception;
