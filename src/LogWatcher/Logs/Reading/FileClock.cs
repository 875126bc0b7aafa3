namespace LogWatcher.Logs.Reading;

/// <summary>
/// The clock by which the file system stamps its files, to compare with their stamps: the system's own, whatever clock the rest
/// goes by.
/// </summary>
internal static class FileClock
{
    /// <summary>Stamps may be that far behind: many file systems take the time of the last tick of the kernel's.</summary>
    public const long SlackTicks = 20 * TimeSpan.TicksPerMillisecond;

    /// <summary>In 100 ns since 1970, UTC.</summary>
    public static long Now => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks;
}
