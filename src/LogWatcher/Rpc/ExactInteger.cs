namespace LogWatcher.Rpc;

/// <summary>
/// Reads JSON numbers (RFC 8259, section 6) as integers without ever going through floating point: proto3 JSON takes
/// <c>5</c>, <c>5.0</c> and <c>50e-1</c> for the same integer, at any size.
/// </summary>
internal static class ExactInteger
{
    // Behind this many digits an exponent only says "far out of range"; no text on a line is long enough to make up for it.
    private const int MaxExponent = 100_000_000;

    // 18 digits always fit a ulong, so the loop over them needs no check.
    private const int MaxUncheckedDigits = 18;

    /// <returns>False if the text is no JSON number, is not whole, or its magnitude is over 2^64-1.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out bool negative, out ulong magnitude)
    {
        magnitude = 0;
        negative = !text.IsEmpty && text[0] == '-';
        var digits = negative ? text[1..] : text;
        if (digits.IsEmpty || (digits[0] == '0' && digits.Length > 1))
        {
            return TryParseScaled(digits, out magnitude);
        }

        if (digits.Length > MaxUncheckedDigits)
        {
            return TryParseScaled(digits, out magnitude);
        }

        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return TryParseScaled(digits, out magnitude);
            }

            magnitude = (magnitude * 10) + (uint)(digit - '0');
        }

        return true;
    }

    /// <summary>Whether the text is a number as JSON writes it, whole or not.</summary>
    public static bool IsJsonNumber(ReadOnlySpan<byte> text) =>
        TrySplit(!text.IsEmpty && text[0] == '-' ? text[1..] : text, out _, out _, out _);

    private static bool TryParseScaled(ReadOnlySpan<byte> unsigned, out ulong magnitude)
    {
        magnitude = 0;
        if (!TrySplit(unsigned, out var whole, out var fraction, out var exponent))
        {
            return false;
        }

        // The point moves right by the exponent: what then stands before it counts, what stands behind it must be zeros.
        var point = whole.Length + (long)exponent;
        for (var i = 0; i < whole.Length + fraction.Length; i++)
        {
            var digit = (uint)((i < whole.Length ? whole[i] : fraction[i - whole.Length]) - '0');
            if (i >= point ? digit != 0 : !TryAppend(ref magnitude, digit))
            {
                return false;
            }
        }

        for (long i = whole.Length + fraction.Length; i < point && magnitude != 0; i++)
        {
            if (!TryAppend(ref magnitude, 0))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryAppend(ref ulong magnitude, uint digit)
    {
        var next = ((UInt128)magnitude * 10) + digit;
        magnitude = (ulong)next;
        return next <= ulong.MaxValue;
    }

    private static bool TrySplit(ReadOnlySpan<byte> unsigned, out ReadOnlySpan<byte> whole, out ReadOnlySpan<byte> fraction, out int exponent)
    {
        fraction = default;
        exponent = 0;
        whole = TakeDigits(ref unsigned);
        if (whole.IsEmpty || (whole[0] == '0' && whole.Length > 1))
        {
            return false;
        }

        if (!unsigned.IsEmpty && unsigned[0] == '.')
        {
            unsigned = unsigned[1..];
            fraction = TakeDigits(ref unsigned);
            if (fraction.IsEmpty)
            {
                return false;
            }
        }

        return unsigned.IsEmpty || TryParseExponent(unsigned, out exponent);
    }

    private static bool TryParseExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        if (text[0] is not ((byte)'e' or (byte)'E'))
        {
            return false;
        }

        text = text[1..];
        var negative = !text.IsEmpty && text[0] == '-';
        text = !text.IsEmpty && text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        var digits = TakeDigits(ref text);
        foreach (var digit in digits)
        {
            exponent = Math.Min((exponent * 10) + digit - '0', MaxExponent);
        }

        exponent = negative ? -exponent : exponent;
        return !digits.IsEmpty && text.IsEmpty;
    }

    private static ReadOnlySpan<byte> TakeDigits(scoped ref ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var digits = end < 0 ? text : text[..end];
        text = text[digits.Length..];
        return digits;
    }
}
