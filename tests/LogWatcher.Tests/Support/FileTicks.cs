using LogWatcher.Logs.Reading;

namespace LogWatcher.Tests.Support;

/// <summary>
/// The stamps of files tell what came first, but no finer than the ticks of the kernel's clock, some milliseconds; where somebody has
/// looked in between, the kernel may make them finer.
/// </summary>
internal static class FileTicks
{
    /// <summary>Returns once what is written gets a later stamp than what was written before.</summary>
    public static void Next()
    {
        var last = FileClock.Latest;
        while (FileClock.Now <= last + TimeSpan.TicksPerMillisecond)
        {
            Thread.Yield();
        }
    }

    /// <summary>Returns once the names in a folder have been the same for so long that its stamp tells it.</summary>
    public static void Settle(string folder)
    {
        FileStatus.TryGet(folder, out var status);
        while (FileClock.Now <= status.Changed + (100 * TimeSpan.TicksPerMillisecond))
        {
            Thread.Sleep(1);
        }
    }
}
