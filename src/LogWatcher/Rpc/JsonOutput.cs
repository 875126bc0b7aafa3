using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
            var clean = IndexOfEscaped(text);
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
            var clean = IndexOfEscaped(utf8);
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

    /// <summary>
    /// Where the first byte stands that JSON requires an escape for, or -1. By hand, and twice: what SearchValues make of so many
    /// values, and all that is generic over numbers, is compiled by the JIT at every start, at first without optimization.
    /// </summary>
    private static int IndexOfEscaped(ReadOnlySpan<byte> utf8)
    {
        var at = 0;
        for (; at <= utf8.Length - Vector128<byte>.Count; at += Vector128<byte>.Count)
        {
            var bytes = Vector128.Create(utf8.Slice(at, Vector128<byte>.Count));
            var escaped = Vector128.LessThan(bytes, Vector128.Create((byte)' '))
                | Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\'));
            if (escaped != Vector128<byte>.Zero)
            {
                return at + BitOperations.TrailingZeroCount(escaped.ExtractMostSignificantBits());
            }
        }

        for (; at < utf8.Length; at++)
        {
            if (utf8[at] is < (byte)' ' or (byte)'"' or (byte)'\\')
            {
                return at;
            }
        }

        return -1;
    }

    private static int IndexOfEscaped(ReadOnlySpan<char> text)
    {
        var units = MemoryMarshal.Cast<char, ushort>(text);
        var at = 0;
        for (; at <= units.Length - Vector128<ushort>.Count; at += Vector128<ushort>.Count)
        {
            var vector = Vector128.Create(units.Slice(at, Vector128<ushort>.Count));
            var escaped = Vector128.LessThan(vector, Vector128.Create((ushort)' '))
                | Vector128.Equals(vector, Vector128.Create((ushort)'"')) | Vector128.Equals(vector, Vector128.Create((ushort)'\\'));
            if (escaped != Vector128<ushort>.Zero)
            {
                return at + BitOperations.TrailingZeroCount(escaped.ExtractMostSignificantBits());
            }
        }

        for (; at < text.Length; at++)
        {
            if (text[at] is < ' ' or '"' or '\\')
            {
                return at;
            }
        }

        return -1;
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
