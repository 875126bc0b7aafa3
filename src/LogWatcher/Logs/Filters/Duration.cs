namespace LogWatcher.Logs.Filters;

/// <summary>A length of time as logs and people write it: <c>250ms</c>, <c>1.5s</c>, <c>1h30m</c>, <c>1d</c>.</summary>
/// <param name="Nanoseconds">Up to 292 years either way; less than one is dropped.</param>
internal readonly record struct Duration(long Nanoseconds) : IComparable<Duration>
{
    private const ulong Microsecond = 1_000;
    private const ulong Millisecond = 1_000 * Microsecond;
    private const ulong Second = 1_000 * Millisecond;
    private const ulong Minute = 60 * Second;
    private const ulong Hour = 60 * Minute;
    private const ulong Day = 24 * Hour;
    private const ulong Week = 7 * Day;

    /// <summary>
    /// Reads the whole of <paramref name="text"/>: numbers, each with its unit (<c>ns us µs ms s m h d w</c>), as Go's
    /// time.ParseDuration does; besides, days, weeks, and one space before the unit (<c>250 ms</c>).
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Duration duration)
    {
        duration = default;
        var rest = text;
        var isNegative = !rest.IsEmpty && rest[0] == '-';
        if (!rest.IsEmpty && rest[0] is (byte)'-' or (byte)'+')
        {
            rest = rest[1..];
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        var total = UInt128.Zero;
        while (!rest.IsEmpty)
        {
            if (!Measure.TryTake(ref rest, out var measure) || !TryTakeUnit(ref rest, out var unit))
            {
                return false;
            }

            total += measure.Times(unit);
            if (total > long.MaxValue)
            {
                return false;
            }
        }

        duration = new Duration(isNegative ? -(long)total : (long)total);
        return true;
    }

    public int CompareTo(Duration other) => Nanoseconds.CompareTo(other.Nanoseconds);

    private static bool TryTakeUnit(ref ReadOnlySpan<byte> rest, out ulong nanoseconds)
    {
        if (rest.Length > 1 && rest[0] == ' ')
        {
            rest = rest[1..];
        }

        var end = rest.IndexOfAnyInRange((byte)'0', (byte)'9');
        var point = rest.IndexOf((byte)'.');
        end = end < 0 ? rest.Length : point >= 0 && point < end ? point : end;
        nanoseconds = rest[..end] switch
        {
            [(byte)'n', (byte)'s'] => 1,
            [(byte)'u', (byte)'s'] => Microsecond,

            // The micro sign U+00B5, which Go writes, and the Greek letter U+03BC, which NFKC makes of it.
            [0xC2, 0xB5, (byte)'s'] or [0xCE, 0xBC, (byte)'s'] => Microsecond,
            [(byte)'m', (byte)'s'] => Millisecond,
            [(byte)'s'] => Second,
            [(byte)'m'] => Minute,
            [(byte)'h'] => Hour,
            [(byte)'d'] => Day,
            [(byte)'w'] => Week,
            _ => 0,
        };
        rest = rest[end..];
        return nanoseconds != 0;
    }
}
