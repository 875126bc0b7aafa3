namespace LogWatcher.Logs.Filters;

/// <summary>An amount of bytes as logs and people write it: <c>10KiB</c>, <c>5MB</c>, <c>1.5 GiB</c>, <c>512B</c>.</summary>
/// <param name="Bytes">Not negative; a part of a byte is dropped.</param>
internal readonly record struct ByteSize(long Bytes) : IComparable<ByteSize>
{
    /// <summary>
    /// Reads the whole of <paramref name="text"/>: a number, at most one space, and a unit in any case. <c>kB</c> to
    /// <c>EB</c> are powers of 1,000 and <c>KiB</c> to <c>EiB</c> of 1,024 (IEC 80000-13). A letter alone is no unit:
    /// <c>5m</c> is five minutes.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ByteSize size)
    {
        size = default;
        var rest = text;
        if (!Measure.TryTake(ref rest, out var measure))
        {
            return false;
        }

        if (rest.Length > 1 && rest[0] == ' ')
        {
            rest = rest[1..];
        }

        if (!TryUnit(rest, out var unit))
        {
            return false;
        }

        var total = measure.Times(unit);
        if (total > long.MaxValue)
        {
            return false;
        }

        size = new ByteSize((long)total);
        return true;
    }

    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    private static bool TryUnit(ReadOnlySpan<byte> text, out ulong bytes)
    {
        bytes = 1;
        if (text.Length is < 1 or > 3 || (text[^1] | 0x20) != 'b')
        {
            return false;
        }

        if (text.Length == 1)
        {
            return true;
        }

        var isBinary = text.Length == 3;
        var power = "kmgtpe"u8.IndexOf((byte)(text[0] | 0x20)) + 1;
        if (power == 0 || (isBinary && (text[1] | 0x20) != 'i'))
        {
            return false;
        }

        for (; power > 0; power--)
        {
            bytes *= isBinary ? 1024UL : 1000UL;
        }

        return true;
    }
}
