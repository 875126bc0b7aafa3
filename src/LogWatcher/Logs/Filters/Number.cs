using System.Buffers.Text;

namespace LogWatcher.Logs.Filters;

/// <summary>
/// A decimal number, compared exactly: ids of 64 bits that a <see cref="double"/> would hold for the same are told
/// apart, and <c>500</c>, <c>500.0</c> and <c>5e2</c> are one number.
/// </summary>
internal readonly record struct Number : IComparable<Number>
{
    /// <summary>As many digits as a <see cref="UInt128"/> holds whatever they are; what has more is text.</summary>
    public const int MaxSignificantDigits = 38;

    /// <summary>Of the exponent as it is written; every double fits, and the sums below can't overflow.</summary>
    private const int MaxExponent = 99_999;

    private readonly UInt128 _significand;
    private readonly int _exponent;
    private readonly int _digits;
    private readonly bool _isNegative;

    private Number(bool isNegative, UInt128 significand, int digits, int exponent)
    {
        // Only one form of each number, so that equality is that of the fields: no trailing zeros, and no sign on zero.
        while (significand != 0 && significand % 10 == 0)
        {
            significand /= 10;
            digits--;
            exponent++;
        }

        _isNegative = isNegative && significand != 0;
        _significand = significand;
        _exponent = significand == 0 ? 0 : exponent;
        _digits = digits;
    }

    /// <summary>
    /// The digits without leading and trailing zeros and without a point: <c>503</c> for 5030 and for 0.503. However a
    /// number is written, these stand in it in a row but for one point.
    /// </summary>
    public string SignificantDigits => _significand.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>
    /// Reads the whole of <paramref name="text"/>: a sign, digits with or without a point (<c>.5</c> too, <c>5.</c> not),
    /// and an exponent. False too for what has more than <see cref="MaxSignificantDigits"/>.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Number number)
    {
        number = default;
        var rest = text;
        var isNegative = !rest.IsEmpty && rest[0] == '-';
        if (!rest.IsEmpty && rest[0] is (byte)'-' or (byte)'+')
        {
            rest = rest[1..];
        }

        var significand = UInt128.Zero;
        var digits = 0;
        var whole = TakeDigits(ref rest);
        var fraction = ReadOnlySpan<byte>.Empty;
        var hasFraction = !rest.IsEmpty && rest[0] == '.';
        if (hasFraction)
        {
            rest = rest[1..];
            fraction = TakeDigits(ref rest);
            if (fraction.IsEmpty)
            {
                return false;
            }

            fraction = fraction.TrimEnd((byte)'0');
        }

        if ((whole.IsEmpty && !hasFraction)
            || !TryExponent(rest, out var exponent)
            || !TryAppend(whole, ref significand, ref digits)
            || !TryAppend(fraction, ref significand, ref digits))
        {
            return false;
        }

        number = new Number(isNegative, significand, digits, exponent - fraction.Length);
        return true;
    }

    public int CompareTo(Number other)
    {
        if (_isNegative != other._isNegative)
        {
            return _isNegative ? -1 : 1;
        }

        var magnitude = CompareMagnitude(other);
        return _isNegative ? -magnitude : magnitude;
    }

    private int CompareMagnitude(Number other)
    {
        if (_significand == 0 || other._significand == 0)
        {
            return _significand.CompareTo(other._significand);
        }

        // Where the first digit stands decides; only numbers of one length are compared digit by digit, both stretched
        // to the same number of digits, which is at most the limit.
        var length = (_digits + _exponent).CompareTo(other._digits + other._exponent);
        if (length != 0)
        {
            return length;
        }

        var digits = Math.Max(_digits, other._digits);
        return Stretch(_significand, digits - _digits).CompareTo(Stretch(other._significand, digits - other._digits));
    }

    private static UInt128 Stretch(UInt128 significand, int zeros)
    {
        for (; zeros > 0; zeros--)
        {
            significand *= 10;
        }

        return significand;
    }

    private static ReadOnlySpan<byte> TakeDigits(scoped ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var digits = end < 0 ? rest : rest[..end];
        rest = rest[digits.Length..];
        return digits;
    }

    private static bool TryAppend(ReadOnlySpan<byte> text, ref UInt128 significand, ref int digits)
    {
        foreach (var digit in text)
        {
            if (digits == 0 && digit == '0')
            {
                continue;
            }

            if (++digits > MaxSignificantDigits)
            {
                return false;
            }

            significand = significand * 10 + (uint)(digit - '0');
        }

        return true;
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        if (text.IsEmpty)
        {
            return true;
        }

        return (text[0] | 0x20) == 'e'
            && Utf8Parser.TryParse(text[1..], out exponent, out var consumed)
            && consumed == text.Length - 1
            && exponent is >= -MaxExponent and <= MaxExponent;
    }
}
