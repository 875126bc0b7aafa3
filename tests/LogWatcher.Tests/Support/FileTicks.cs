using LogWatcher.Logs.Reading;

namespace LogWatcher.Tests.Support;

/// <summary>The stamps of files tell what came first, but no finer than the ticks of the kernel's clock, some milliseconds.</summary>
internal static class FileTicks
{
    /// <summary>Returns once what is written gets a later stamp than what was written before.</summary>
    public static void Next()
    {
        var last = FileClock.Now;
        while (FileClock.Now <= last + TimeSpan.TicksPerMillisecond)
        {
            Thread.Yield();
        }
    }
}
