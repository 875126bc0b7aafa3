using System.Buffers.Binary;

namespace LogWatcher.Lab;

/// <summary>
/// Reads protobuf's bytes (protobuf.dev, "Encoding"). All offsets are those of the outermost message, in whatever message the
/// reader stands. What begins at an offset and is wrong is told by that offset.
/// <code>
/// message = (tag value)*      tag = varint of (field number &lt;&lt; 3 | wire type)
/// </code>
/// </summary>
internal ref struct WireReader
{
    /// <summary>The highest field number: a tag has 32 bits, three of them the wire type's.</summary>
    public const int MaxFieldNumber = (1 << 29) - 1;

    private const int WireTypeBits = 3;
    private const int BitsPerVarintByte = 7;

    // Ten bytes of seven bits hold 64; of the tenth but one bit is left.
    private const int MaxVarintBytes = 10;
    private const byte MaxTenthByte = 1;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _end;

    public WireReader(ReadOnlySpan<byte> bytes)
        : this(bytes, 0, bytes.Length)
    {
    }

    private WireReader(ReadOnlySpan<byte> bytes, int start, int end)
    {
        _bytes = bytes;
        _end = end;
        Offset = start;
    }

    /// <summary>So many bytes of the outermost message stand before the next one.</summary>
    public int Offset { get; private set; }

    public readonly bool IsAtEnd => Offset == _end;

    /// <summary>How many bytes are left.</summary>
    public readonly int Left => _end - Offset;

    /// <exception cref="WireFormatException">No tag: cut off, overlong, a field number or wire type that there is not.</exception>
    public (int FieldNumber, WireType Type) ReadTag()
    {
        var start = Offset;
        var tag = ReadVarint();
        var number = tag >> WireTypeBits;
        var type = (int)(tag & ((1 << WireTypeBits) - 1));
        return number is 0 or > MaxFieldNumber
            ? throw new WireFormatException(start, $"the field number {number} is not from 1 to {MaxFieldNumber}")
            : Enum.IsDefined((WireType)type)
                ? ((int)number, (WireType)type)
                : throw new WireFormatException(start, $"there is no wire type {type} (field {number}): it is 0 to 5");
    }

    /// <exception cref="WireFormatException">It is cut off, longer than ten bytes, or more than 64 bits.</exception>
    public ulong ReadVarint()
    {
        var start = Offset;
        var value = 0UL;
        for (var index = 0; index < MaxVarintBytes; index++)
        {
            if (IsAtEnd)
            {
                throw new WireFormatException(start, index == 0 ? "a varint is missing" : $"the varint is cut off after {Bytes(index)}");
            }

            var next = _bytes[Offset++];
            value |= (ulong)(next & 0x7f) << (index * BitsPerVarintByte);
            if (next < 0x80)
            {
                return index == MaxVarintBytes - 1 && next > MaxTenthByte
                    ? throw new WireFormatException(start, "the varint does not fit 64 bits")
                    : value;
            }
        }

        throw new WireFormatException(start, $"the varint is longer than {MaxVarintBytes} bytes");
    }

    /// <exception cref="WireFormatException">It is cut off.</exception>
    public uint ReadI32() => BinaryPrimitives.ReadUInt32LittleEndian(TakeBytes(sizeof(uint), "an I32"));

    /// <exception cref="WireFormatException">It is cut off.</exception>
    public ulong ReadI64() => BinaryPrimitives.ReadUInt64LittleEndian(TakeBytes(sizeof(ulong), "an I64"));

    /// <summary>Reads a length, and goes behind the bytes it speaks of.</summary>
    /// <returns>A reader of those bytes.</returns>
    /// <exception cref="WireFormatException">The length is no varint, or more than what is left of the message.</exception>
    public WireReader ReadLengthDelimited()
    {
        var start = Offset;
        var length = ReadVarint();
        if (length > (ulong)Left)
        {
            throw new WireFormatException(start, $"the length {length} goes past the end: {BytesAre(Left)} left");
        }

        var inner = new WireReader(_bytes, Offset, Offset + (int)length);
        Offset += (int)length;
        return inner;
    }

    /// <summary>All bytes that are left.</summary>
    public ReadOnlySpan<byte> ReadToEnd()
    {
        var rest = _bytes[Offset.._end];
        Offset = _end;
        return rest;
    }

    private ReadOnlySpan<byte> TakeBytes(int count, string what)
    {
        if (Left < count)
        {
            throw new WireFormatException(Offset, $"{what} is {count} bytes, and {BytesAre(Left)} left");
        }

        var taken = _bytes.Slice(Offset, count);
        Offset += count;
        return taken;
    }

    private static string Bytes(int count) => count == 1 ? "1 byte" : $"{count} bytes";

    private static string BytesAre(int count) => Bytes(count) + (count == 1 ? " is" : " are");
}
