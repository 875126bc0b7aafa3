using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace LogWatcher.Rpc;

/// <summary>
/// A growing UTF-8 buffer with JSON's primitives in the course's form: the caller writes <c>": "</c> and <c>", "</c> as they
/// stand, strings escape only what JSON requires. Utf8JsonWriter can do neither this spacing nor this escaping.
/// One thread at a time.
/// </summary>
internal sealed class JsonOutput : IBufferWriter<byte>
{
    // A character of UTF-16 takes at most three bytes of UTF-8.
    private const int MaxUtf8BytesPerChar = 3;

    private static readonly SearchValues<char> EscapedChars = SearchValues.Create(
        "\"\\\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f");

    private static readonly SearchValues<byte> EscapedBytes = SearchValues.Create(
        "\"\\\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"u8);

    private byte[] _buffer;
    private int _length;

    public JsonOutput(int capacityBytes = 256)
    {
        _buffer = new byte[capacityBytes];
    }

    /// <summary>Bytes written so far.</summary>
    public int Length => _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>The written bytes with their array, for handing them to a stream without a copy.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _length);

    /// <summary>Forgets everything behind <paramref name="length"/> bytes: the way back out of half a line.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length);
        _length = length;
    }

    /// <summary>Empties the buffer, and lets go of one that has grown past <paramref name="keepBytes"/>.</summary>
    public void Clear(int keepBytes = int.MaxValue)
    {
        _length = 0;
        if (_buffer.Length > keepBytes)
        {
            _buffer = new byte[keepBytes];
        }
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_buffer.Length - _length));
        _length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_length);
    }

    /// <summary>Bytes as they are: punctuation, a name with its quotes, JSON that is already in form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteRaw(ReadOnlySpan<byte> utf8)
    {
        Reserve(utf8.Length);
        utf8.CopyTo(_buffer.AsSpan(_length));
        _length += utf8.Length;
    }

    public void WriteByte(byte value)
    {
        Reserve(1);
        _buffer[_length++] = value;
    }

    public void WriteNumber(long value)
    {
        const int LongestInt64 = 20;
        Reserve(LongestInt64);
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_length), out var written);
        _length += written;
    }

    public void WriteNumber(ulong value)
    {
        const int LongestUInt64 = 20;
        Reserve(LongestUInt64);
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_length), out var written);
        _length += written;
    }

    /// <summary>The shortest digits that read back as the same number. NaN and the infinities are no JSON numbers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not finite.</exception>
    public void WriteNumber(double value)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(double.IsFinite(value), false);
        WriteFormatted(value);
    }

    /// <inheritdoc cref="WriteNumber(double)"/>
    public void WriteNumber(float value)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(float.IsFinite(value), false);
        WriteFormatted(value);
    }

    /// <summary>A JSON string with its quotes. A lone surrogate becomes U+FFFD: it has no UTF-8.</summary>
    public void WriteString(ReadOnlySpan<char> text)
    {
        WriteByte((byte)'"');
        while (true)
        {
            var clean = text.IndexOfAny(EscapedChars);
            var run = clean < 0 ? text : text[..clean];
            Reserve(run.Length * MaxUtf8BytesPerChar);
            _length += Encoding.UTF8.GetBytes(run, _buffer.AsSpan(_length));
            if (clean < 0)
            {
                break;
            }

            WriteEscaped((byte)text[clean]);
            text = text[(clean + 1)..];
        }

        WriteByte((byte)'"');
    }

    /// <summary>A JSON string with its quotes, from valid UTF-8.</summary>
    public void WriteString(ReadOnlySpan<byte> utf8)
    {
        WriteByte((byte)'"');
        while (true)
        {
            var clean = utf8.IndexOfAny(EscapedBytes);
            if (clean < 0)
            {
                WriteRaw(utf8);
                break;
            }

            WriteRaw(utf8[..clean]);
            WriteEscaped(utf8[clean]);
            utf8 = utf8[(clean + 1)..];
        }

        WriteByte((byte)'"');
    }

    private void WriteEscaped(byte value)
    {
        switch (value)
        {
            case (byte)'"': WriteRaw("\\\""u8); break;
            case (byte)'\\': WriteRaw("\\\\"u8); break;
            case (byte)'\b': WriteRaw("\\b"u8); break;
            case (byte)'\f': WriteRaw("\\f"u8); break;
            case (byte)'\n': WriteRaw("\\n"u8); break;
            case (byte)'\r': WriteRaw("\\r"u8); break;
            case (byte)'\t': WriteRaw("\\t"u8); break;
            default:
                WriteRaw("\\u00"u8);
                WriteByte(HexDigit(value >> 4));
                WriteByte(HexDigit(value & 0xf));
                break;
        }
    }

    private static byte HexDigit(int nibble) => (byte)(nibble < 10 ? '0' + nibble : 'a' + nibble - 10);

    private void WriteFormatted<T>(T value)
        where T : IUtf8SpanFormattable
    {
        const int LongestDouble = 32;
        Reserve(LongestDouble);
        value.TryFormat(_buffer.AsSpan(_length), out var written, "R", CultureInfo.InvariantCulture);
        _length += written;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Grow(bytes);
        }
    }

    private void Grow(int bytes)
    {
        Array.Resize(ref _buffer, checked((int)Math.Min(Math.Max((long)_buffer.Length * 2, (long)_length + bytes), Array.MaxLength)));
    }
}
