using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace LogWatcher.Logs.Filters;

/// <summary>
/// A quick way past what nearly all lines of a file have, a key <c>level</c> with a usual name as its value: eight bytes each, which
/// are compared at once. In JSON <c>"level":</c> and <c>"INFO"</c>, in logfmt <c>level=</c> and <c>info </c>; the value in any case.
/// Immutable.
/// </summary>
internal sealed class UsualLevels
{
    /// <summary>The key of nearly all files.</summary>
    private const string Name = "level";

    /// <summary>Of the key with what stands around it, and of the value.</summary>
    private const int MaxBytes = sizeof(ulong);

    private readonly ulong _key;
    private readonly ulong _keyMask;
    private readonly int _keyLength;
    private readonly int _markAt;
    private readonly ulong _anyCase;

    // The values, and which bytes of them count.
    private readonly Vector256<ulong> _texts;
    private readonly Vector256<ulong> _masks;
    private readonly Vector256<ulong> _moreTexts;
    private readonly Vector256<ulong> _moreMasks;

    /// <param name="before">What stands before the key.</param>
    /// <param name="sign">What stands behind it.</param>
    /// <param name="open">What stands before the value.</param>
    /// <param name="behind">What stands behind it.</param>
    /// <param name="levels">The levels.</param>
    public UsualLevels(string before, string sign, string open, string behind, IReadOnlyCollection<LogLevel> levels)
    {
        var key = before + Name + sign;
        var mark = LevelKeys.Marks.First(mark => Name.Contains(mark, StringComparison.Ordinal));
        _markAt = before.Length + Name.IndexOf(mark, StringComparison.Ordinal);
        (_key, _keyMask) = Packed(key);
        _keyLength = key.Length;

        // The bit that letters differ in by their case; what stands behind the value has it anyway.
        _anyCase = Vector64.Create((byte)AsciiName.CaseBit).AsUInt64().ToScalar() << (8 * open.Length);

        // What is left over stands nowhere: no UTF-8 has such bytes.
        Span<ulong> texts = stackalloc ulong[2 * Vector256<ulong>.Count];
        Span<ulong> masks = stackalloc ulong[texts.Length];
        texts.Fill(ulong.MaxValue);
        masks.Fill(ulong.MaxValue);
        var index = 0;
        foreach (var level in levels)
        {
            var (text, mask) = Packed(open + LogLevels.Name(level) + behind);
            (texts[index], masks[index]) = ((text | _anyCase) & mask, mask);
            index++;
        }

        (_texts, _masks) = (Vector256.Create<ulong>(texts), Vector256.Create<ulong>(masks));
        (_moreTexts, _moreMasks) = (Vector256.Create<ulong>(texts[Vector256<ulong>.Count..]), Vector256.Create<ulong>(masks[Vector256<ulong>.Count..]));
    }

    /// <summary>
    /// Takes out the hits at which the key stands with one of the levels as its value. Levels come in no order that could be guessed,
    /// so that all are compared with at each hit, and nothing hangs on what comes of it but where the next is kept.
    /// </summary>
    /// <param name="buffer">Where the hits are.</param>
    /// <param name="hits">Gets those that are left, in their order.</param>
    /// <returns>How many are left.</returns>
    public int TakeOut(ReadOnlySpan<byte> buffer, Span<int> hits)
    {
        var last = buffer.Length - (2 * MaxBytes);
        if (last < 0)
        {
            return hits.Length;
        }

        var (texts, masks, moreTexts, moreMasks) = (_texts, _masks, _moreTexts, _moreMasks);
        var (key, keyMask, keyLength, markAt, anyCase) = (_key, _keyMask, _keyLength, _markAt, _anyCase);
        ref var origin = ref MemoryMarshal.GetReference(buffer);
        ref var place = ref MemoryMarshal.GetReference(hits);
        var kept = 0;
        for (var index = 0; index < hits.Length; index++)
        {
            var hit = Unsafe.Add(ref place, index);
            var start = hit - markAt;
            var isInside = (uint)start <= (uint)last;
            ref var bytes = ref Unsafe.Add(ref origin, isInside ? start : 0);
            var isKey = ((Read(ref bytes) ^ key) & keyMask) == 0;
            var value = Vector256.Create(Read(ref Unsafe.Add(ref bytes, keyLength)) | anyCase);
            var fits = Vector256.Equals((value & masks) ^ texts, Vector256<ulong>.Zero) | Vector256.Equals((value & moreMasks) ^ moreTexts, Vector256<ulong>.Zero);
            Unsafe.Add(ref place, kept) = hit;
            kept += isInside & isKey & (fits != Vector256<ulong>.Zero) ? 0 : 1;
        }

        return kept;
    }

    /// <summary>Eight bytes, the first of them the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read(ref byte first)
    {
        var bytes = Unsafe.ReadUnaligned<ulong>(ref first);
        return BitConverter.IsLittleEndian ? bytes : BinaryPrimitives.ReverseEndianness(bytes);
    }

    private static (ulong Text, ulong Mask) Packed(string text)
    {
        Span<byte> bytes = stackalloc byte[MaxBytes];
        bytes.Clear();
        var length = Encoding.ASCII.GetBytes(text, bytes);
        return (BinaryPrimitives.ReadUInt64LittleEndian(bytes), ulong.MaxValue >> (8 * (MaxBytes - length)));
    }
}
