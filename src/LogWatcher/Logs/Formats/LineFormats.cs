namespace LogWatcher.Logs.Formats;

/// <summary>
/// Recognises each line by the bytes at its start, with no settings (logs.md, "Formats"), and fills the view. A line of no
/// known format stays as the view begins: its message is the whole of it. One thread at a time.
/// </summary>
/// <param name="time">Tells which year or day a time means that doesn't say it.</param>
internal sealed class LineFormats(TimeProvider time)
{
    // What a container has written, and a line that is only asked about: kept, so that no line costs a new view.
    private readonly EntryView _content = new();
    private readonly EntryView _asked = new();

    /// <summary>Finds kind, level, time, message and fields of an entry that has just begun.</summary>
    public void Parse(EntryView view)
    {
        view.Kind = Recognise(view);
        if (view.HoldsContent)
        {
            ReadContent(view);
        }
        else if (view.Kind == LineKind.TextHead && view.Text.Length > view.Line.Length)
        {
            FurtherLines.Add(view);
        }

        if (view.IsTruncated)
        {
            view.AddField("truncated"u8, "true"u8);
        }
    }

    /// <summary>The kind that <see cref="Parse"/> finds for an entry with this first line. Nothing is allocated.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="isTruncated">It goes on behind what is given.</param>
    public LineKind KindOf(ReadOnlyMemory<byte> line, bool isTruncated)
    {
        // The lines of a stack trace are most of what is asked about, and most of those are moved in.
        if (line.IsEmpty || (line.Span[0] is (byte)' ' or (byte)'\t' && !IsJsonMovedIn(line.Span, out _)))
        {
            return LineKind.Plain;
        }

        _asked.Begin(line, "", isTruncated);
        return Recognise(_asked);
    }

    private LineKind Recognise(EntryView view)
    {
        if (view.Line.IsEmpty)
        {
            return LineKind.Plain;
        }

        var first = view.Line[0];
        return first switch
        {
            (byte)'{' => Structured(JsonFormat.TryParse(view, 0, time)),

            // Only JSON is moved in; other lines that are go on with the entry before them.
            (byte)' ' or (byte)'\t' => Structured(IsJsonMovedIn(view.Line, out var start) && JsonFormat.TryParse(view, start, time)),
            (byte)'[' => Text(TextFormat.TryParse(view, time)),
            (byte)'<' => Structured(SyslogFormat.TryParse(view, time)),
            (byte)'-' or (byte)':' => Structured(AccessFormat.TryParse(view, time)),
            _ when char.IsAsciiDigit((char)first) => RecogniseDigits(view),
            _ when char.IsAsciiLetter((char)first) => RecogniseLetters(view),
            _ => Structured(LogfmtFormat.TryParse(view, time)),
        };
    }

    /// <summary>A time, an address, or the number of a process.</summary>
    private LineKind RecogniseDigits(EntryView view)
    {
        var line = view.Line;
        if (line.Length > 10 && (line[4] is (byte)'-' or (byte)'/' || (line[2] == ':' && line[5] == ':')))
        {
            // Most begin with a date or a time, and only containers and daemons have a T between the two and words behind.
            return line[10] == 'T' && (CriFormat.TryParse(view, time) || SyslogFormat.TryParseFile(view, time))
                ? LineKind.Structured
                : Text(TextFormat.TryParse(view, time));
        }

        return AccessFormat.TryParse(view, time)
            ? LineKind.Structured
            : Text(RedisFormat.TryParse(view, time) || LogcatFormat.TryParse(view, time) || TextFormat.TryParse(view, time));
    }

    /// <summary>A level, the name of a month, a host, or a key.</summary>
    private LineKind RecogniseLetters(EntryView view)
    {
        if (GlogFormat.TryParse(view, time) || LogcatFormat.TryParse(view, time))
        {
            return LineKind.TextHead;
        }

        if (SyslogFormat.TryParseFile(view, time))
        {
            return LineKind.Structured;
        }

        return TextFormat.TryParse(view, time)
            ? LineKind.TextHead
            : Structured(LogfmtFormat.TryParse(view, time) || AccessFormat.TryParse(view, time));
    }

    /// <summary>One level deep only: what a container has written may be another container's line, and no more than that.</summary>
    private void ReadContent(EntryView view)
    {
        view.BeginContent(_content);
        var kind = Recognise(_content);
        if (_content.Text.Length > _content.Line.Length)
        {
            if (kind == LineKind.TextHead)
            {
                FurtherLines.Add(_content);
            }
            else
            {
                // A structured line is whole in itself; with more behind it, it is but a part of the text.
                _content.Reset();
            }
        }

        view.TakeOver(_content);
    }

    private static bool IsJsonMovedIn(ReadOnlySpan<byte> line, out int start)
    {
        start = line.IndexOfAnyExcept((byte)' ', (byte)'\t');
        return start >= 0 && line[start] == '{';
    }

    private static LineKind Structured(bool isRead) => isRead ? LineKind.Structured : LineKind.Plain;

    private static LineKind Text(bool isRead) => isRead ? LineKind.TextHead : LineKind.Plain;
}
