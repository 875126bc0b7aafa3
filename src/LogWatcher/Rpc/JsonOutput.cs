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
        Reserve(utf8.Length + 2);
        _buffer[_length++] = (byte)'"';
        while (true)
        {
            var clean = CopyClean(utf8, _buffer.AsSpan(_length));
            _length += clean;
            if (clean == utf8.Length)
            {
                break;
            }

            WriteEscaped(utf8[clean]);
            utf8 = utf8[(clean + 1)..];
            Reserve(utf8.Length + 1);
        }

        _buffer[_length++] = (byte)'"';
    }

    /// <summary>
    /// Copies what stands before the first byte that JSON requires an escape for, in one pass: most strings have none, and are a vector
    /// or less. By hand, and inlined into its one caller: what SearchValues make of so many values, and all that is generic over numbers,
    /// is compiled by the JIT at every start.
    /// </summary>
    /// <param name="utf8">The text.</param>
    /// <param name="destination">At least as long; what is behind the bytes copied may be written to.</param>
    /// <returns>How many bytes were copied.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CopyClean(ReadOnlySpan<byte> utf8, Span<byte> destination)
    {
        ref var from = ref MemoryMarshal.GetReference(utf8);
        ref var to = ref MemoryMarshal.GetReference(destination[..utf8.Length]);
        var at = 0;
        if (utf8.Length >= Vector128<byte>.Count)
        {
            // The last vector overlaps the one before: bytes that are known to be clean are written again as they are.
            for (var last = utf8.Length - Vector128<byte>.Count; ; at = Math.Min(at + Vector128<byte>.Count, last))
            {
                var bytes = Vector128.LoadUnsafe(ref from, (nuint)at);
                bytes.StoreUnsafe(ref to, (nuint)at);
                var escaped = Escaped(bytes);
                if (escaped != Vector128<byte>.Zero)
                {
                    return at + BitOperations.TrailingZeroCount(escaped.ExtractMostSignificantBits());
                }

                if (at == last)
                {
                    return utf8.Length;
                }
            }
        }

        if (utf8.Length >= sizeof(ulong))
        {
            var first = Unsafe.ReadUnaligned<ulong>(ref from);
            var last = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, utf8.Length - sizeof(ulong)));
            if (Escaped(Vector128.Create(first, last).AsByte()) == Vector128<byte>.Zero)
            {
                Unsafe.WriteUnaligned(ref to, first);
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, utf8.Length - sizeof(ulong)), last);
                return utf8.Length;
            }
        }
        else if (utf8.Length >= sizeof(uint))
        {
            var first = Unsafe.ReadUnaligned<uint>(ref from);
            var last = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref from, utf8.Length - sizeof(uint)));
            if (Escaped(Vector128.Create(first, last, first, last).AsByte()) == Vector128<byte>.Zero)
            {
                Unsafe.WriteUnaligned(ref to, first);
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, utf8.Length - sizeof(uint)), last);
                return utf8.Length;
            }
        }

        for (; at < utf8.Length && utf8[at] is not (< (byte)' ' or (byte)'"' or (byte)'\\'); at++)
        {
            destination[at] = utf8[at];
        }

        return at;
    }

    /// <summary>Ones in the bytes that JSON requires an escape for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Escaped(Vector128<byte> bytes) =>
        Vector128.LessThan(bytes, Vector128.Create((byte)' '))
        | Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\'));

    /// <summary>Where the first character stands that JSON requires an escape for, or -1.</summary>
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
