namespace LogWatcher.Logs.Filters;

/// <summary>The number before a unit, <c>1.5</c> of <c>1.5s</c>: what durations and sizes are made of.</summary>
internal readonly record struct Measure
{
    /// <summary>Digits behind these change no nanosecond of a day and no byte of a gigabyte that a reader would miss.</summary>
    private const int MaxFractionDigits = 18;

    private readonly ulong _whole;
    private readonly ulong _fraction;
    private readonly ulong _fractionScale;

    private Measure(ulong whole, ulong fraction, ulong fractionScale)
    {
        _whole = whole;
        _fraction = fraction;
        _fractionScale = fractionScale;
    }

    /// <summary>Takes digits, with or without a point and more digits, from the head of <paramref name="rest"/>.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> rest, out Measure measure)
    {
        measure = default;
        var whole = 0UL;
        var index = 0;
        for (; index < rest.Length && char.IsAsciiDigit((char)rest[index]); index++)
        {
            if (whole > (ulong.MaxValue - 9) / 10)
            {
                return false;
            }

            whole = whole * 10 + (uint)(rest[index] - '0');
        }

        var wholeDigits = index;
        var fraction = 0UL;
        var scale = 1UL;
        var fractionDigits = 0;
        if (index < rest.Length && rest[index] == '.')
        {
            for (index++; index < rest.Length && char.IsAsciiDigit((char)rest[index]); index++)
            {
                if (++fractionDigits <= MaxFractionDigits)
                {
                    fraction = fraction * 10 + (uint)(rest[index] - '0');
                    scale *= 10;
                }
            }

            if (fractionDigits == 0)
            {
                return false;
            }
        }

        rest = rest[index..];
        measure = new Measure(whole, fraction, scale);
        return wholeDigits + fractionDigits > 0;
    }

    /// <summary>So many of a unit, in what the unit is counted in; less than one of that is dropped.</summary>
    public UInt128 Times(ulong unit) => (UInt128)_whole * unit + (UInt128)_fraction * unit / _fractionScale;
}
