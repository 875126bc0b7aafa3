using System.Text;
using System.Text.Unicode;

namespace LogWatcher.Logs;

/// <summary>
/// The message and the fields of an entry, each name once, in UTF-8 and in one piece of memory: thousands of entries may wait, and most are
/// only ever written as bytes. Immutable once it is made.
/// </summary>
internal sealed class EntryText
{
    /// <summary>Up to so many fields are compared with each other; above, a set finds those given twice.</summary>
    private const int MaxFieldsToCompare = 32;

    // Message, name, value, name, value, …: all of them, and where each ends.
    private readonly int[] _ends;
    private byte[] _utf8;
    private int _count;

    private EntryText(int lengthBytes, int fields)
    {
        _utf8 = new byte[lengthBytes];
        _ends = new int[1 + (2 * fields)];
    }

    public ReadOnlySpan<byte> Message => Part(0);

    public int FieldCount => _count / 2;

    public ReadOnlySpan<byte> FieldName(int index) => Part(1 + (2 * index));

    public ReadOnlySpan<byte> FieldValue(int index) => Part(2 + (2 * index));

    /// <summary>A message without fields.</summary>
    public static EntryText Of(string message)
    {
        var text = new EntryText(Encoding.UTF8.GetByteCount(message), fields: 0);
        text.Add(Encoding.UTF8.GetBytes(message));
        return text;
    }

    /// <summary>Copies what a view shows; bad UTF-8 becomes U+FFFD here.</summary>
    public static EntryText Of(EntryView view)
    {
        var lengthBytes = view.Message.Length;
        for (var index = 0; index < view.FieldCount; index++)
        {
            lengthBytes += view.FieldName(index).Length + view.FieldValue(index).Length;
        }

        var text = new EntryText(lengthBytes, view.FieldCount);
        text.Add(view.Message);
        for (var index = 0; index < view.FieldCount; index++)
        {
            text.Add(view.FieldName(index));
            text.Add(view.FieldValue(index));
        }

        return text.HasRepeatedName() ? text.WithoutRepeated() : text;
    }

    private ReadOnlySpan<byte> Part(int index)
    {
        var start = StartOf(index);
        return _utf8.AsSpan(start, _ends[index] - start);
    }

    private int StartOf(int part) => part == 0 ? 0 : _ends[part - 1];

    private void Add(ReadOnlySpan<byte> part)
    {
        if (!Utf8.IsValid(part))
        {
            part = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(part));

            // It has become longer, and there must be room for all that are still to come.
            Array.Resize(ref _utf8, _utf8.Length + part.Length);
        }

        var start = StartOf(_count);
        part.CopyTo(_utf8.AsSpan(start));
        _ends[_count++] = start + part.Length;
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
        var kept = LastOfEachName();
        var text = new EntryText(_utf8.Length, kept.Count);
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
