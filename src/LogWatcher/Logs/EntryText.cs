using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace LogWatcher.Logs;

/// <summary>
/// The message and the fields of an entry, each name once, in UTF-8 and in one piece of memory: thousands of entries may wait, and most are
/// only ever written as bytes. Immutable once it is made, but for one that is reused.
/// </summary>
internal sealed class EntryText
{
    /// <summary>Up to so many fields are compared with each other; above, a set finds those given twice.</summary>
    private const int MaxFieldsToCompare = 32;

    /// <summary>A copy in one piece may be so many times as long as the parts in it: thousands of entries may wait.</summary>
    private const int MaxBytesPerUsedByte = 2;

    /// <summary>Room that one huge entry has made larger than so many bytes is not used again.</summary>
    public const int MaxReusedBytes = 64 * 1024;

    // Message, name, value, name, value, …: where each stands in the bytes.
    private ByteRange[] _parts;
    private byte[] _utf8;
    private int _length;
    private int _count;

    /// <param name="utf8">All that the parts stand in, or room for them to be added.</param>
    /// <param name="fields">How many there will be.</param>
    private EntryText(byte[] utf8, int fields)
    {
        _utf8 = utf8;
        _parts = new ByteRange[1 + (2 * fields)];
    }

    /// <summary>How much memory the parts take together.</summary>
    public int LengthBytes => _utf8.Length;

    public ReadOnlySpan<byte> Message => Part(0);

    public int FieldCount => _count / 2;

    public ReadOnlySpan<byte> FieldName(int index) => Part(1 + (2 * index));

    public ReadOnlySpan<byte> FieldValue(int index) => Part(2 + (2 * index));

    /// <summary>An empty one, to be made others of.</summary>
    public static EntryText ForReuse() => new([], fields: 0);

    /// <summary>A message without fields.</summary>
    public static EntryText Of(string message)
    {
        var utf8 = Encoding.UTF8.GetBytes(message);
        var text = new EntryText(utf8, fields: 0);
        text._parts[text._count++] = new ByteRange(0, utf8.Length);
        return text;
    }

    /// <summary>Copies what a view shows; bad UTF-8 becomes U+FFFD here.</summary>
    /// <param name="view">What is copied.</param>
    /// <param name="reused">Made the copy, if it can be; null: a new one is made.</param>
    public static EntryText Of(EntryView view, EntryText? reused = null)
    {
        var text = TryCopyWhole(view, reused) ?? CopyParts(view);
        return text.HasRepeatedName() ? text.WithoutRepeated() : text;
    }

    /// <summary>
    /// Copies the stretch of the line that all parts stand in, and what is unescaped of them, as they are: mostly that is little more
    /// than the parts themselves, and one look tells whether all of it is UTF-8. Null if it isn't, or is much more, or if a part cuts a
    /// character: two halves that stand side by side make a whole one.
    /// </summary>
    private static EntryText? TryCopyWhole(EntryView view, EntryText? reused)
    {
        var (start, end) = (int.MaxValue, 0);
        var used = 0;
        var isAnyCut = false;
        Extend(view.MessageRange);
        for (var index = 0; index < view.FieldCount; index++)
        {
            Extend(view.FieldNameRange(index));
            Extend(view.FieldValueRange(index));
        }

        var line = end > 0 ? view.Text[start..end] : default;
        var scratch = view.Scratch;
        if (isAnyCut || line.Length + scratch.Length > (long)used * MaxBytesPerUsedByte
            || !Utf8.IsValid(line) || (!scratch.IsEmpty && !Utf8.IsValid(scratch)))
        {
            return null;
        }

        // A number, since a local function cannot reach a span.
        var lineLength = line.Length;
        var text = reused is null
            ? new EntryText(GC.AllocateUninitializedArray<byte>(lineLength + scratch.Length), view.FieldCount)
            : reused.WithRoom(lineLength + scratch.Length, view.FieldCount);
        line.CopyTo(text._utf8);
        scratch.CopyTo(text._utf8.AsSpan(lineLength));
        Place(view.MessageRange);
        for (var index = 0; index < view.FieldCount; index++)
        {
            Place(view.FieldNameRange(index));
            Place(view.FieldValueRange(index));
        }

        return text;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        void Extend(ByteRange part)
        {
            used += part.Length;
            isAnyCut |= part.Length > 0 && CutsCharacter(view, part);
            if (part.Offset >= 0 && part.Length > 0)
            {
                start = Math.Min(start, part.Offset);
                end = Math.Max(end, part.Offset + part.Length);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        void Place(ByteRange part) => text._parts[text._count++] =
            part.Length == 0 ? default : part with { Offset = part.Offset >= 0 ? part.Offset - start : lineLength + ~part.Offset };
    }

    /// <summary>Whether a part begins or ends within what may be a character of UTF-8.</summary>
    private static bool CutsCharacter(EntryView view, ByteRange part)
    {
        var bytes = part.Offset >= 0 ? view.Text : view.Scratch;
        var start = part.Offset >= 0 ? part.Offset : ~part.Offset;
        var end = start + part.Length;
        return IsContinuation(bytes[start]) || (end < bytes.Length && IsContinuation(bytes[end]));
    }

    private static bool IsContinuation(byte value) => (value & 0xc0) == 0x80;

    private static EntryText CopyParts(EntryView view)
    {
        var lengthBytes = view.Message.Length;
        for (var index = 0; index < view.FieldCount; index++)
        {
            lengthBytes += view.FieldName(index).Length + view.FieldValue(index).Length;
        }

        var text = new EntryText(new byte[lengthBytes], view.FieldCount);
        text.Add(view.Message);
        for (var index = 0; index < view.FieldCount; index++)
        {
            text.Add(view.FieldName(index));
            text.Add(view.FieldValue(index));
        }

        return text;
    }

    /// <summary>This one, emptied.</summary>
    private EntryText WithRoom(int bytes, int fields)
    {
        if (_utf8.Length < bytes || _utf8.Length > MaxReusedBytes)
        {
            _utf8 = GC.AllocateUninitializedArray<byte>(bytes > MaxReusedBytes ? bytes : (int)BitOperations.RoundUpToPowerOf2((uint)bytes));
        }

        var parts = 1 + (2 * fields);
        if (_parts.Length < parts || _parts.Length > MaxReusedBytes / Unsafe.SizeOf<ByteRange>())
        {
            _parts = new ByteRange[parts];
        }

        _count = 0;
        return this;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Part(int index) => _utf8.AsSpan(_parts[index].Offset, _parts[index].Length);

    private void Add(ReadOnlySpan<byte> part)
    {
        if (!Utf8.IsValid(part))
        {
            part = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(part));

            // It has become longer, and there must be room for all that are still to come.
            Array.Resize(ref _utf8, _utf8.Length + part.Length);
        }

        part.CopyTo(_utf8.AsSpan(_length));
        _parts[_count++] = new ByteRange(_length, part.Length);
        _length += part.Length;
    }

    private bool HasRepeatedName()
    {
        var count = FieldCount;
        if (count > MaxFieldsToCompare)
        {
            return LastOfEachName().Count < count;
        }

        for (var index = 1; index < count; index++)
        {
            for (var other = 0; other < index; other++)
            {
                if (FieldName(index).SequenceEqual(FieldName(other)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Of a key given twice the last one counts, and stands where it stood.</summary>
    private EntryText WithoutRepeated()
    {
        // All of them together may be more than the bytes they stand in, of which some may be part of several.
        var kept = LastOfEachName();
        var lengthBytes = Message.Length;
        foreach (var index in kept)
        {
            lengthBytes += FieldName(index).Length + FieldValue(index).Length;
        }

        var text = new EntryText(new byte[lengthBytes], kept.Count);
        text.Add(Message);
        for (var place = kept.Count - 1; place >= 0; place--)
        {
            text.Add(FieldName(kept[place]));
            text.Add(FieldValue(kept[place]));
        }

        return text;
    }

    /// <returns>Indexes of fields, the highest first.</returns>
    private List<int> LastOfEachName()
    {
        var seen = new HashSet<string>(FieldCount, StringComparer.Ordinal);
        var last = new List<int>(FieldCount);
        for (var index = FieldCount - 1; index >= 0; index--)
        {
            if (seen.Add(Encoding.UTF8.GetString(FieldName(index))))
            {
                last.Add(index);
            }
        }

        return last;
    }
}
