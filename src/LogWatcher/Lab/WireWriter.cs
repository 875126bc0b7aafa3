using System.Buffers.Binary;

namespace LogWatcher.Lab;

/// <summary>Writes protobuf's bytes (protobuf.dev, "Encoding") into a growing buffer.</summary>
internal sealed class WireWriter
{
    private const int WireTypeBits = 3;
    private const int BitsPerVarintByte = 7;
    private const int MaxVarintBytes = 10;

    private byte[] _buffer = new byte[256];
    private int _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void WriteTag(int fieldNumber, WireType type) => WriteVarint(((ulong)(uint)fieldNumber << WireTypeBits) | (uint)type);

    public void WriteVarint(ulong value)
    {
        Reserve(MaxVarintBytes);
        _length += WriteVarint(_buffer.AsSpan(_length), value);
    }

    public void WriteI32(uint value)
    {
        Reserve(sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_length), value);
        _length += sizeof(uint);
    }

    public void WriteI64(ulong value)
    {
        Reserve(sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(_length), value);
        _length += sizeof(ulong);
    }

    /// <summary>A length and the bytes it speaks of.</summary>
    public void WriteLengthDelimited(ReadOnlySpan<byte> bytes)
    {
        WriteVarint((ulong)bytes.Length);
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Begins something whose length stands before it and is not known yet.</summary>
    /// <returns>What <see cref="EndLengthDelimited"/> is to be told.</returns>
    public int BeginLengthDelimited() => _length;

    /// <summary>Puts the length before what was written since, which moves back for it: messages are small and not deep.</summary>
    public void EndLengthDelimited(int start)
    {
        Span<byte> prefix = stackalloc byte[MaxVarintBytes];
        prefix = prefix[..WriteVarint(prefix, (ulong)(_length - start))];
        Reserve(prefix.Length);
        _buffer.AsSpan(start, _length - start).CopyTo(_buffer.AsSpan(start + prefix.Length));
        prefix.CopyTo(_buffer.AsSpan(start));
        _length += prefix.Length;
    }

    private static int WriteVarint(Span<byte> to, ulong value)
    {
        var length = 0;
        for (; value >= 0x80; value >>= BitsPerVarintByte)
        {
            to[length++] = (byte)(value | 0x80);
        }

        to[length++] = (byte)value;
        return length;
    }

    private void Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Array.Resize(ref _buffer, checked((int)Math.Min(Math.Max((long)_buffer.Length * 2, (long)_length + bytes), Array.MaxLength)));
        }
    }
}
