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

    /// <summary>How many matches were dropped and not told.</summary>
    /// <param name="delivered">
    /// How many entries of the watch have got to whom they are for: one that was taken and did not get there told nothing.
    /// </param>
    public long Untold(long delivered) =>
        (Volatile.Read(ref _watcher)?.Untold(delivered) ?? 0) + (Volatile.Read(ref _collected)?.Untold ?? 0);

    /// <summary>The watch has begun.</summary>
    public void Of(LiveWatcher? watcher, CollectedWatch? collected)
    {
        Volatile.Write(ref _watcher, watcher);
        Volatile.Write(ref _collected, collected);
    }
}
