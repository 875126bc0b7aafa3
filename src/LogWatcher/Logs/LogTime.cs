namespace LogWatcher.Logs;

/// <summary>
/// A moment in UTC, to the nanosecond: what RFC 3339 can say (years 1 to 9999), which is more than
/// <see cref="DateTimeOffset"/> keeps (100 ns).
/// </summary>
/// <param name="UnixSeconds">Seconds since 1970-01-01T00:00:00Z; negative before.</param>
/// <param name="Nanoseconds">0 to 999,999,999, counted forward from the second.</param>
internal readonly record struct LogTime(long UnixSeconds, int Nanoseconds) : IComparable<LogTime>
{
    public int CompareTo(LogTime other)
    {
        var seconds = UnixSeconds.CompareTo(other.UnixSeconds);
        return seconds != 0 ? seconds : Nanoseconds.CompareTo(other.Nanoseconds);
    }

    public static bool operator <(LogTime left, LogTime right) => left.CompareTo(right) < 0;

    public static bool operator >(LogTime left, LogTime right) => left.CompareTo(right) > 0;

    public static bool operator <=(LogTime left, LogTime right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LogTime left, LogTime right) => left.CompareTo(right) >= 0;
}
