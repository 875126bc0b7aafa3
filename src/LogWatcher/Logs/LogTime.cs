using System.Runtime.CompilerServices;
using System.Text;

namespace LogWatcher.Logs;

/// <summary>
/// A moment in UTC, to the nanosecond: what RFC 3339 can say (years 1 to 9999), which is more than
/// <see cref="DateTimeOffset"/> keeps (100 ns).
/// </summary>
/// <param name="UnixSeconds">Seconds since 1970-01-01T00:00:00Z; negative before.</param>
/// <param name="Nanoseconds">0 to 999,999,999, counted forward from the second.</param>
internal readonly record struct LogTime(long UnixSeconds, int Nanoseconds) : IComparable<LogTime>
{
    /// <summary>The most bytes <see cref="WriteRfc3339"/> writes: <c>2026-11-20T10:00:00.123456789Z</c>.</summary>
    public const int MaxRfc3339Bytes = 30;

    /// <summary>More digits than these are read and dropped: a nanosecond is what this type keeps.</summary>
    private const int FractionDigits = 9;

    private const int SecondsPerDay = 86_400;

    /// <summary>Days from 0001-01-01, where <see cref="DateOnly"/> counts from, to 1970-01-01.</summary>
    private const int UnixEpochDays = 719_162;

    /// <summary>The last second that RFC 3339 can say: 9999-12-31T23:59:59Z.</summary>
    private const long MaxUnixSeconds = (3_652_059L - UnixEpochDays) * SecondsPerDay - 1;

    private const long MinUnixSeconds = -(long)UnixEpochDays * SecondsPerDay;

    private const int NanosecondsPerSecond = 1_000_000_000;

    public static bool operator <(LogTime left, LogTime right) => left.CompareTo(right) < 0;

    public static bool operator >(LogTime left, LogTime right) => left.CompareTo(right) > 0;

    public static bool operator <=(LogTime left, LogTime right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LogTime left, LogTime right) => left.CompareTo(right) >= 0;

    /// <summary>
    /// Reads a <c>date-time</c> of RFC 3339, section 5.6, the whole of <paramref name="text"/>: <c>T</c> and <c>Z</c> in
    /// either case, a space for the <c>T</c>, a leap second as the first second of the next minute, and any number of
    /// fraction digits, of which nine are kept.
    /// </summary>
    public static bool TryParseRfc3339(ReadOnlySpan<byte> text, out LogTime time)
    {
        time = default;

        // The shortest is 2026-11-20T10:00:00Z.
        if (text.Length < 20
            || !TryDate(text, out var days)
            || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ')
            || !TryTimeOfDay(text[11..19], out var secondOfDay))
        {
            return false;
        }

        var rest = text[19..];
        if (!TryFraction(ref rest, out var nanoseconds) || !TryOffset(rest, out var offsetSeconds))
        {
            return false;
        }

        var unixSeconds = days * (long)SecondsPerDay + secondOfDay - offsetSeconds;
        if (unixSeconds is < MinUnixSeconds or > MaxUnixSeconds)
        {
            return false;
        }

        time = new LogTime(unixSeconds, nanoseconds);
        return true;
    }

    /// <summary>
    /// Reads the form that most programs write, <c>2026-11-20T10:00:00.123Z</c>, in one pass: up to nine digits of a fraction, or none.
    /// False for anything else, which may be a time all the same.
    /// </summary>
    public static bool TryParseUsual(ReadOnlySpan<byte> text, out LogTime time)
    {
        time = default;
        if (text.Length is < 20 or > MaxRfc3339Bytes || text[^1] != 'Z' || text[4] != '-' || text[7] != '-' || text[10] != 'T'
            || text[13] != ':' || text[16] != ':')
        {
            return false;
        }

        var (century, month, day) = (ReadTwoDigits(text, 0), ReadTwoDigits(text, 5), ReadTwoDigits(text, 8));
        var (hour, minute, second) = (ReadTwoDigits(text, 11), ReadTwoDigits(text, 14), ReadTwoDigits(text, 17));
        var yearOfCentury = ReadTwoDigits(text, 2);
        var year = (century * 100) + yearOfCentury;
        if ((century | yearOfCentury | month | day | hour | minute | second) < 0
            || year == 0 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59
            || !TryUsualFraction(text[19..^1], out var nanoseconds))
        {
            return false;
        }

        var days = new DateOnly(year, month, day).DayNumber - UnixEpochDays;
        time = new LogTime((days * (long)SecondsPerDay) + (hour * 3600) + (minute * 60) + second, nanoseconds);
        return true;
    }

    /// <summary>The same moment of the system's own kind.</summary>
    public static LogTime From(DateTimeOffset moment)
    {
        var seconds = moment.ToUnixTimeSeconds();
        var ticks = (moment - DateTimeOffset.UnixEpoch).Ticks - (seconds * TimeSpan.TicksPerSecond);
        return new LogTime(seconds, (int)(ticks * TimeSpan.NanosecondsPerTick));
    }

    /// <summary>The moment so much earlier; it may lie before all that RFC 3339 can say, and compares all the same.</summary>
    public LogTime Minus(long nanoseconds)
    {
        var left = Nanoseconds - (nanoseconds % NanosecondsPerSecond);
        var seconds = UnixSeconds - (nanoseconds / NanosecondsPerSecond);
        return left < 0 ? new LogTime(seconds - 1, (int)left + NanosecondsPerSecond)
            : left >= NanosecondsPerSecond ? new LogTime(seconds + 1, (int)left - NanosecondsPerSecond)
            : new LogTime(seconds, (int)left);
    }

    /// <summary>Milliseconds since 1970-01-01T00:00:00Z, rounded down.</summary>
    public long ToUnixMilliseconds() => (UnixSeconds * 1_000) + (Nanoseconds / 1_000_000);

    public int CompareTo(LogTime other)
    {
        var seconds = UnixSeconds.CompareTo(other.UnixSeconds);
        return seconds != 0 ? seconds : Nanoseconds.CompareTo(other.Nanoseconds);
    }

    /// <summary>
    /// Writes <c>2026-11-20T10:00:00.123Z</c>: RFC 3339 in UTC, the fraction without trailing zeros and left out when
    /// there is none.
    /// </summary>
    /// <param name="destination">At least <see cref="MaxRfc3339Bytes"/> long.</param>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The moment lies outside the years 1 to 9999.</exception>
    public int WriteRfc3339(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(UnixSeconds, MinUnixSeconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(UnixSeconds, MaxUnixSeconds);
        var (day, secondOfDay) = Math.DivRem(UnixSeconds - MinUnixSeconds, SecondsPerDay);
        var (year, month, dayOfMonth) = DateOnly.FromDayNumber((int)day);
        WriteTwoDigits(destination, 0, year / 100);
        WriteTwoDigits(destination, 2, year % 100);
        destination[4] = (byte)'-';
        WriteTwoDigits(destination, 5, month);
        destination[7] = (byte)'-';
        WriteTwoDigits(destination, 8, dayOfMonth);
        destination[10] = (byte)'T';
        WriteTwoDigits(destination, 11, (int)secondOfDay / 3600);
        destination[13] = (byte)':';
        WriteTwoDigits(destination, 14, (int)secondOfDay / 60 % 60);
        destination[16] = (byte)':';
        WriteTwoDigits(destination, 17, (int)secondOfDay % 60);
        var length = 19;
        if (Nanoseconds != 0)
        {
            destination[length++] = (byte)'.';
            var unit = NanosecondsPerSecond;
            for (var left = Nanoseconds; left != 0; left %= unit)
            {
                unit /= 10;
                destination[length++] = (byte)('0' + (left / unit));
            }
        }

        destination[length] = (byte)'Z';
        return length + 1;
    }

    public override string ToString()
    {
        Span<byte> utf8 = stackalloc byte[MaxRfc3339Bytes];
        return Encoding.ASCII.GetString(utf8[..WriteRfc3339(utf8)]);
    }

    /// <summary><c>YYYY-MM-DD</c> as days since 1970-01-01.</summary>
    private static bool TryDate(ReadOnlySpan<byte> text, out int days)
    {
        days = 0;
        if (!TryDigits(text[..4], out var year) || text[4] != '-'
            || !TryDigits(text[5..7], out var month) || text[7] != '-'
            || !TryDigits(text[8..10], out var day)
            || year == 0 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        days = new DateOnly(year, month, day).DayNumber - UnixEpochDays;
        return true;
    }

    /// <summary><c>hh:mm:ss</c>; the second may be 60 (RFC 3339, section 5.7).</summary>
    private static bool TryTimeOfDay(ReadOnlySpan<byte> text, out int secondOfDay)
    {
        secondOfDay = 0;
        if (!TryDigits(text[..2], out var hour) || text[2] != ':'
            || !TryDigits(text[3..5], out var minute) || text[5] != ':'
            || !TryDigits(text[6..8], out var second)
            || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        secondOfDay = hour * 3600 + minute * 60 + second;
        return true;
    }

    private static bool TryFraction(ref ReadOnlySpan<byte> rest, out int nanoseconds)
    {
        nanoseconds = 0;
        if (rest.IsEmpty || rest[0] != '.')
        {
            return true;
        }

        var end = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (end <= 0)
        {
            return false;
        }

        for (var digit = 0; digit < FractionDigits; digit++)
        {
            nanoseconds = nanoseconds * 10 + (digit < end ? rest[1 + digit] - '0' : 0);
        }

        rest = rest[(1 + end)..];
        return true;
    }

    private static bool TryUsualFraction(ReadOnlySpan<byte> text, out int nanoseconds)
    {
        nanoseconds = 0;
        if (text.IsEmpty)
        {
            return true;
        }

        if (text.Length == 1 || text[0] != '.')
        {
            return false;
        }

        var unit = NanosecondsPerSecond / 10;
        foreach (var digit in text[1..])
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            nanoseconds += (digit - '0') * unit;
            unit /= 10;
        }

        return true;
    }

    /// <summary>A number of two digits; below 0 if there are others than digits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ReadTwoDigits(ReadOnlySpan<byte> text, int at)
    {
        var (tens, ones) = ((uint)text[at] - '0', (uint)text[at + 1] - '0');
        return tens <= 9 && ones <= 9 ? (int)((tens * 10) + ones) : -1;
    }

    /// <summary><c>Z</c> or <c>±hh:mm</c>; <c>-00:00</c> (section 4.3: the local offset is not known) is UTC.</summary>
    private static bool TryOffset(ReadOnlySpan<byte> text, out int seconds)
    {
        seconds = 0;
        if (text.Length == 1)
        {
            return (text[0] | 0x20) == 'z';
        }

        if (text.Length != 6 || text[0] is not ((byte)'+' or (byte)'-') || text[3] != ':'
            || !TryDigits(text[1..3], out var hours) || !TryDigits(text[4..6], out var minutes)
            || hours > 23 || minutes > 59)
        {
            return false;
        }

        seconds = (hours * 3600 + minutes * 60) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            value = value * 10 + digit - '0';
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteTwoDigits(Span<byte> destination, int at, int value)
    {
        destination[at] = (byte)('0' + (value / 10));
        destination[at + 1] = (byte)('0' + (value % 10));
    }
}
