using System.Buffers;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// Lines of <c>key=value</c> pairs (https://brandur.org/logfmt; logrus, Go's slog, kit/log): values bare or in double quotes
/// with <c>\</c> before what would end them; a key without a value is a field that is empty. Bare words behind a bare message
/// belong to it, as careless writers leave the quotes off.
/// </summary>
internal static class LogfmtFormat
{
    private static readonly SearchValues<byte> KeyStops = SearchValues.Create("= \t\""u8);
    private static readonly SearchValues<byte> ValueStops = SearchValues.Create(" \t"u8);

    /// <summary>Reads the line of a view; false, and the view as it was, if it is no logfmt.</summary>
    public static bool TryParse(EntryView view, TimeProvider clock)
    {
        var text = view.Line;
        var roles = new FieldRoles(view, clock);
        var (pairs, words) = (0, 0);
        var openMessage = -1;
        for (var at = SkipSpace(text, 0); at < text.Length; at = SkipSpace(text, at))
        {
            var keyLength = text[at..].IndexOfAny(KeyStops);
            var key = new ByteRange(at, keyLength < 0 ? text.Length - at : keyLength);
            at += key.Length;
            if (key.Length == 0 || at == text.Length || text[at] != '=')
            {
                // The first word decides: a line that doesn't begin with a pair is text.
                var end = EndOfWord(text, at);
                if (pairs == 0)
                {
                    break;
                }

                if (openMessage >= 0)
                {
                    var begun = view.FieldValueRange(openMessage);
                    view.SetFieldValue(openMessage, new ByteRange(begun.Offset, end - begun.Offset));
                }
                else
                {
                    words++;
                    view.AddField(new ByteRange(key.Offset, end - key.Offset), default);
                }

                at = end;
                continue;
            }

            if (!IsKey(text.Slice(key.Offset, key.Length)) || !TryReadValue(view, ref at, out var value, out var isBare))
            {
                view.Reset();
                return false;
            }

            pairs++;
            var isMessage = KnownNames.Find(text.Slice(key.Offset, key.Length)).Role == FieldRole.Message;
            openMessage = isMessage && isBare ? view.FieldCount : -1;
            roles.Add(key, value, isText: true);
        }

        // One pair alone, or pairs among words, may be anything: then only a known name tells.
        if (pairs == 0 || (!roles.HasAny && (pairs == 1 || words > 0)))
        {
            view.Reset();
            return false;
        }

        roles.Settle();
        return true;
    }

    private static bool TryReadValue(EntryView view, ref int at, out ByteRange value, out bool isBare)
    {
        var text = view.Line;
        at++;
        isBare = at == text.Length || text[at] != '"';
        if (isBare)
        {
            var end = EndOfWord(text, at);
            value = new ByteRange(at, end - at);
            at = end;
            return true;
        }

        var closing = at + 1;
        var isEscaped = false;
        while (closing < text.Length && text[closing] != '"')
        {
            isEscaped |= text[closing] == '\\';
            closing += text[closing] == '\\' ? 2 : 1;
        }

        if (closing >= text.Length)
        {
            value = default;
            return TryReadCutOff(view, ref at, out value);
        }

        value = new ByteRange(at + 1, closing - at - 1);
        at = closing + 1;
        if (isEscaped)
        {
            value = Unescape(view, value);
        }

        // What follows a closing quote at once is no logfmt.
        return at == text.Length || text[at] is (byte)' ' or (byte)'\t';
    }

    /// <summary>A quoted value that the bound of a line cuts off is taken as far as it goes.</summary>
    private static bool TryReadCutOff(EntryView view, ref int at, out ByteRange value)
    {
        var length = view.Line.Length;
        value = new ByteRange(at + 1, length - at - 1);
        at = length;
        return view.IsTruncated;
    }

    private static ByteRange Unescape(EntryView view, ByteRange quoted)
    {
        var into = view.Reserve(quoted.Length);
        var from = view.Get(quoted);
        var written = 0;
        for (var at = 0; at < from.Length; at++)
        {
            if (from[at] == '\\' && at + 1 < from.Length)
            {
                at++;
                into[written++] = from[at] switch
                {
                    (byte)'n' => (byte)'\n',
                    (byte)'t' => (byte)'\t',
                    (byte)'r' => (byte)'\r',
                    var plain => plain,
                };
            }
            else
            {
                into[written++] = from[at];
            }
        }

        return view.Commit(written);
    }

    private static bool IsKey(ReadOnlySpan<byte> key)
    {
        foreach (var character in key)
        {
            if (!char.IsAsciiLetterOrDigit((char)character) && character is not ((byte)'_' or (byte)'-' or (byte)'.' or (byte)'@'
                or (byte)'/' or (byte)':' or (byte)'$') && character < 0x80)
            {
                return false;
            }
        }

        return char.IsAsciiLetter((char)key[0]) || key[0] is (byte)'_' or (byte)'@' || key[0] >= 0x80;
    }

    private static int EndOfWord(ReadOnlySpan<byte> text, int at)
    {
        var length = text[at..].IndexOfAny(ValueStops);
        return length < 0 ? text.Length : at + length;
    }

    private static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }

        return at;
    }
}
