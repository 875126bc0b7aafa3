namespace LogWatcher.Logs.Formats;

/// <summary>
/// Recognises each line by the bytes at its start, with no settings (logs.md, "Formats"), and fills the view. A line of no
/// known format stays as the view begins: its message is the whole of it.
/// </summary>
/// <param name="time">Tells which year or day a time means that doesn't say it.</param>
internal sealed class LineFormats(TimeProvider time)
{
    private readonly EntryView _scratch = new();

    public void Parse(EntryView view)
    {
        view.Kind = view.Line.Length > 0 ? ParseLine(view) : LineKind.Plain;
        if (view.IsTruncated)
        {
            view.AddField("truncated"u8, "true"u8);
        }
    }

    /// <summary>What <see cref="Parse"/> would find the line to be.</summary>
    public LineKind KindOf(ReadOnlyMemory<byte> line, bool isTruncated)
    {
        _scratch.Begin(line, "", isTruncated);
        Parse(_scratch);
        return _scratch.Kind;
    }

    private LineKind ParseLine(EntryView view)
    {
        var first = view.Line[0];
        if (first is (byte)' ' or (byte)'\t' or (byte)'{')
        {
            // Only JSON is moved in; other lines that are go on with the entry before them.
            var start = view.Line.IndexOfAnyExcept((byte)' ', (byte)'\t');
            return start >= 0 && view.Line[start] == '{' && JsonFormat.TryParse(view, start, time) ? LineKind.Structured : LineKind.Plain;
        }

        var isWord = char.IsAsciiLetter((char)first);
        if ((isWord && GlogFormat.TryParse(view, time))
            || ((isWord || first == '[' || char.IsAsciiDigit((char)first)) && TextFormat.TryParse(view, time)))
        {
            return LineKind.TextHead;
        }

        return LogfmtFormat.TryParse(view, time) ? LineKind.Structured : LineKind.Plain;
    }
}
