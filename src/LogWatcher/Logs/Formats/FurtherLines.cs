namespace LogWatcher.Logs.Formats;

/// <summary>
/// The lines behind the first of an entry over several: the message runs on to their end, joined by line feeds whatever the
/// file has between them. .NET's console logger writes nothing but the category into the first
/// (SimpleConsoleFormatter: <c>info: Acme.App[14]</c>), and the message moved in by six spaces below it.
/// </summary>
internal static class FurtherLines
{
    /// <summary>By so many the console logger moves lines in: as wide as <c>info: </c>.</summary>
    private const int IndentBytes = 6;

    private static ReadOnlySpan<byte> Indent => "      "u8;

    /// <summary>Adds them to the message of a view whose first line has been read.</summary>
    public static void Add(EntryView view)
    {
        var start = StartOfRest(view);
        var rest = view.Text[start..];
        var isCategory = rest.StartsWith(Indent) && TryReadCategory(view);
        var first = isCategory ? default : view.MessageRange;
        if (!isCategory && !rest.Contains((byte)'\r') && (first.Length == 0 || IsToLineEnd(view)))
        {
            var begin = first.Length == 0 ? start : first.Offset;
            view.SetMessage(begin, view.Text.Length - begin);
            return;
        }

        var into = view.Reserve(first.Length + rest.Length + 1);
        view.Get(first).CopyTo(into);
        var written = first.Length;
        var isFirst = first.Length == 0;
        foreach (var range in rest.Split((byte)'\n'))
        {
            var line = rest[range];
            line = line.EndsWith("\r"u8) ? line[..^1] : line;
            line = isCategory && line.StartsWith(Indent) ? line[IndentBytes..] : line;
            if (!isFirst)
            {
                into[written++] = (byte)'\n';
            }

            isFirst = false;
            line.CopyTo(into[written..]);
            written += line.Length;
        }

        view.SetMessage(view.Commit(written));
    }

    /// <summary>The place behind the first line's end.</summary>
    private static int StartOfRest(EntryView view)
    {
        var end = view.Text[view.Line.Length..].IndexOf((byte)'\n');
        return end < 0 ? view.Text.Length : view.Line.Length + end + 1;
    }

    private static bool IsToLineEnd(EntryView view)
    {
        var end = view.Line.Length;
        return view.MessageRange.Offset >= 0 && view.MessageRange.Offset + view.MessageRange.Length == end && view.Text[end] == '\n';
    }

    /// <summary>The category and the event's number in brackets, if they are all of the message; the number is let go.</summary>
    private static bool TryReadCategory(EntryView view)
    {
        var message = view.Message;
        var bracket = message.IndexOf((byte)'[');
        if (bracket <= 0 || message[^1] != ']' || bracket > message.Length - 3 || message[..bracket].Contains((byte)' ')
            || message[(bracket + 1)..^1].TrimStart((byte)'-').ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        view.AddField(view.Keep("logger"u8), view.MessageRange.Part(0, bracket));
        return true;
    }
}
