namespace LogWatcher.Logs.Formats;

/// <summary>
/// A message template (https://messagetemplates.org) whose holes are filled with the event's properties: <c>{Name}</c>,
/// <c>{@Name}</c>, <c>{$Name}</c>, with an alignment or a format that is not looked at; <c>{{</c> and <c>}}</c> are braces.
/// Strings stand without quotes, objects as their JSON. A hole without a property stays as it is written.
/// </summary>
internal static class MessageTemplate
{
    /// <summary>What stands behind so many holes is not filled: each is looked for among all properties.</summary>
    public const int MaxHoles = 64;

    /// <summary>Two for each hole, and for braces as many again.</summary>
    private const int MaxPieces = 4 * MaxHoles;

    /// <summary>A few large properties named again and again must not make a message larger than a line may be.</summary>
    public const int MaxMessageBytes = 1024 * 1024;

    /// <summary>Makes a template a message; false if there is nothing in it to fill.</summary>
    /// <param name="view">The fields are the properties.</param>
    /// <param name="template">Where in the view it stands.</param>
    /// <param name="start">Where in the line the event's object begins.</param>
    /// <param name="message">The message, in the scratch buffer.</param>
    public static bool TryRender(EntryView view, ByteRange template, int start, out ByteRange message)
    {
        message = default;
        if (view.Get(template).IndexOfAny((byte)'{', (byte)'}') < 0)
        {
            return false;
        }

        Span<ByteRange> pieces = stackalloc ByteRange[MaxPieces];
        pieces = pieces[..TakeApart(view, template, start, pieces)];
        var total = 0L;
        foreach (var piece in pieces)
        {
            total += piece.Length;
        }

        if (total > MaxMessageBytes)
        {
            return false;
        }

        var into = view.Reserve((int)total);
        foreach (var piece in pieces)
        {
            view.Get(piece).CopyTo(into);
            into = into[piece.Length..];
        }

        message = view.Commit((int)total);
        return true;
    }

    /// <summary>The stretches of the template and of the properties that the message consists of.</summary>
    private static int TakeApart(EntryView view, ByteRange template, int start, Span<ByteRange> pieces)
    {
        var text = view.Get(template);
        var (count, holes, begun) = (0, 0, 0);
        for (var at = 0; at < text.Length && count < pieces.Length - 3 && holes < MaxHoles;)
        {
            var brace = text[at..].IndexOfAny((byte)'{', (byte)'}');
            if (brace < 0)
            {
                break;
            }

            at += brace;
            if (at + 1 < text.Length && text[at + 1] == text[at])
            {
                // Of two braces the first stays.
                pieces[count++] = template.Part(begun, at + 1 - begun);
                at += 2;
                begun = at;
                continue;
            }

            var length = text[at] == '{' ? text[(at + 1)..].IndexOfAny((byte)'{', (byte)'}') : -1;
            holes++;
            if (length > 0 && text[at + 1 + length] == '}' && TryFind(view, text.Slice(at + 1, length), start, out var value))
            {
                pieces[count++] = template.Part(begun, at - begun);
                pieces[count++] = value;
                at += length + 2;
                begun = at;
            }
            else
            {
                at++;
            }

            // To find it may have made the buffer anew.
            text = view.Get(template);
        }

        pieces[count++] = template.Part(begun, text.Length - begun);
        return count;
    }

    private static bool TryFind(EntryView view, ReadOnlySpan<byte> hole, int start, out ByteRange value)
    {
        var end = hole.IndexOfAny((byte)',', (byte)':');
        hole = end < 0 ? hole : hole[..end];
        hole = hole.Length > 0 && hole[0] is (byte)'@' or (byte)'$' ? hole[1..] : hole;
        var index = hole.Length > 0 ? view.IndexOfField(hole) : -1;
        if (index >= 0)
        {
            value = view.FieldValueRange(index);
            return true;
        }

        // What is an object has been taken apart, and what is null left out.
        value = default;
        return hole.Length > 0 && JsonScanner.TryFindValue(view, start, hole, out value);
    }
}
