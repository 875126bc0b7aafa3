namespace LogWatcher.Logs.Formats;

/// <summary>
/// Recognises each line by the bytes at its start, with no settings (logs.md, "Formats"), and fills the view. A line of no
/// known format stays as the view begins: its message is the whole of it.
/// </summary>
/// <param name="time">Tells which year or day a time means that doesn't say it.</param>
internal sealed class LineFormats(TimeProvider time)
{
    public void Parse(EntryView view)
    {
        view.Kind = view.Line.Length > 0 && TryParse(view)
            ? view.Line[0] is (byte)'{' ? LineKind.Structured : LineKind.TextHead
            : LineKind.Plain;
        if (view.IsTruncated)
        {
            view.AddField("truncated"u8, "true"u8);
        }
    }

    private bool TryParse(EntryView view)
    {
        var first = view.Line[0];
        if (first is (byte)' ' or (byte)'\t')
        {
            // Only JSON is moved in; other lines that are go on with the entry before them.
            var start = view.Line.IndexOfAnyExcept((byte)' ', (byte)'\t');
            return start >= 0 && view.Line[start] == '{' && JsonFormat.TryParse(view, start, time);
        }

        return first switch
        {
            (byte)'{' => JsonFormat.TryParse(view, 0, time),
            (byte)'[' => TextFormat.TryParse(view, time),
            _ when char.IsAsciiDigit((char)first) => TextFormat.TryParse(view, time),
            _ when char.IsAsciiLetter((char)first) =>
                GlogFormat.TryParse(view, time) || TextFormat.TryParse(view, time) || LogfmtFormat.TryParse(view, time),
            _ => LogfmtFormat.TryParse(view, time),
        };
    }
}
