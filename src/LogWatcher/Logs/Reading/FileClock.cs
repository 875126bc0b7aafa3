using System.Runtime.InteropServices;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// The clock by which the file system stamps its files, to compare with their stamps: the kernel's, at the tick that it is in,
/// whatever clock the rest goes by.
/// </summary>
internal static partial class FileClock
{
    private const int RealTimeCoarse = 5;

    /// <summary>In 100 ns since 1970, UTC. What is stamped from now on has this time or a later one.</summary>
    public static long Now => OperatingSystem.IsLinux() && GetTime(RealTimeCoarse, out var time) == 0
        ? (time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / 100)
        : (DateTime.UtcNow - DateTime.UnixEpoch).Ticks;

    /// <summary>What has been stamped so far has this time or an earlier one: some stamps are finer than a tick.</summary>
    public static long Latest => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
