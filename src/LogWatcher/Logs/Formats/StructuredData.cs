using System.Buffers;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// The structured data of syslog (RFC 5424, 6.3): <c>[id name="value" …][id …]</c> or <c>-</c>. Each parameter is a field
/// <c>id.name</c>; an element without any is an empty one of its own name.
/// </summary>
internal static class StructuredData
{
    private static readonly SearchValues<byte> IdStops = SearchValues.Create(" ]=\""u8);
    private static readonly SearchValues<byte> ValueStops = SearchValues.Create("\\\"]"u8);

    /// <summary>Reads what begins at a place of the line, and moves the place behind it; false if it is none.</summary>
    public static bool TryRead(EntryView view, ref int at)
    {
        var text = view.Line;
        if (at < text.Length && text[at] == '-')
        {
            at++;
            return at == text.Length || text[at] == ' ';
        }

        if (at == text.Length || text[at] != '[')
        {
            return view.IsTruncated && at == text.Length;
        }

        while (at < text.Length && text[at] == '[')
        {
            if (!TryReadElement(view, ref at))
            {
                // Of a line that is cut off, the elements that are there count.
                at = text.Length;
                return view.IsTruncated;
            }
        }

        return at == text.Length || text[at] == ' ';
    }

    private static bool TryReadElement(EntryView view, ref int at)
    {
        var text = view.Line;
        at++;
        if (!TryReadName(text, ref at, out var id))
        {
            return false;
        }

        if (at < text.Length && text[at] == ']')
        {
            view.AddField(id, default);
            at++;
            return true;
        }

        while (at < text.Length && text[at] == ' ')
        {
            at++;
            if (!TryReadName(text, ref at, out var name) || !text[at..].StartsWith("=\""u8))
            {
                return false;
            }

            at += 2;
            if (!TryReadValue(view, ref at, out var value))
            {
                return false;
            }

            view.AddField(view.Join(id, name), value);
        }

        return at < text.Length && text[at++] == ']';
    }

    private static bool TryReadName(ReadOnlySpan<byte> text, ref int at, out ByteRange name)
    {
        var length = text[at..].IndexOfAny(IdStops);
        name = new ByteRange(at, Math.Max(length, 0));
        at += name.Length;
        return name.Length > 0;
    }

    /// <summary>A value up to its quote. A backslash before a quote, a backslash or a bracket is an escape, any other is itself.</summary>
    private static bool TryReadValue(EntryView view, ref int at, out ByteRange value)
    {
        var text = view.Line;
        var (start, closing, escapes) = (at, at, 0);
        while (true)
        {
            var stop = text[closing..].IndexOfAny(ValueStops);
            if (stop < 0 || text[closing + stop] == ']')
            {
                // A bracket must be escaped, too: one that is not is that of an element whose quotes don't match.
                value = default;
                return false;
            }

            closing += stop;
            if (text[closing] == '"')
            {
                break;
            }

            escapes++;
            closing += closing + 1 < text.Length && text[closing + 1] is (byte)'"' or (byte)'\\' or (byte)']' ? 2 : 1;
        }

        value = escapes == 0 ? new ByteRange(start, closing - start) : Unescape(view, new ByteRange(start, closing - start));
        at = closing + 1;
        return true;
    }

    private static ByteRange Unescape(EntryView view, ByteRange escaped)
    {
        var into = view.Reserve(escaped.Length);
        var from = view.Get(escaped);
        var written = 0;
        for (var at = 0; at < from.Length; at++)
        {
            var isEscape = from[at] == '\\' && at + 1 < from.Length && from[at + 1] is (byte)'"' or (byte)'\\' or (byte)']';
            at += isEscape ? 1 : 0;
            into[written++] = from[at];
        }

        return view.Commit(written);
    }
}
