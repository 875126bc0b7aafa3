using LogWatcher.Logs.Collected;
using LogWatcher.Logs.Live;

namespace LogWatcher.Logs;

/// <summary>
/// What a watch has lost because its reader was slow, and told on no entry: what is dropped after the last entry that was
/// delivered, or still waited for its reader at an end that is not the watch's own. Any thread.
/// </summary>
internal sealed class WatchDrops
{
    private LiveWatcher? _watcher;
    private CollectedWatch? _collected;
    private long _told;
    private long _toldAt;

    /// <summary>How many matches were dropped and not told.</summary>
    /// <param name="delivered">
    /// How many entries of the watch have got to whom they are for: one that was taken and did not get there told nothing.
    /// </param>
    public long Untold(long delivered) =>
        (Volatile.Read(ref _watcher)?.Untold(delivered) ?? 0)
        + (Volatile.Read(ref _collected)?.Untold ?? 0)
        + (delivered < Volatile.Read(ref _toldAt) ? _told : 0);

    /// <summary>An entry of the watch's history that is about to be delivered tells of some.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="number">The how-manieth it is that is delivered.</param>
    public void ToldBy(LogEntry entry, long number)
    {
        if (entry.Suppressed > 0)
        {
            _told = entry.Suppressed;
            Volatile.Write(ref _toldAt, number);
        }
    }

    /// <summary>The watch has begun.</summary>
    public void Of(LiveWatcher? watcher, CollectedWatch? collected)
    {
        Volatile.Write(ref _watcher, watcher);
        Volatile.Write(ref _collected, collected);
    }
}
