namespace LogWatcher.Logs.Formats;

/// <summary>
/// Lines of Android's logcat in its brief and its time format (<c>logcat -v brief</c>, <c>-v time</c>):
/// <c>E/ActivityManager(  123): msg</c>, with a time before it or not. A letter for the level, the tag, the process.
/// </summary>
internal static class LogcatFormat
{
    /// <summary>Tags are short, 23 bytes once; the process stands in parentheses behind them.</summary>
    private const int MaxHeadBytes = 128;

    /// <summary>The time before it: <c>11-20 10:00:00.123 </c>.</summary>
    private const int TimeBytes = 19;

    /// <summary>Reads the line of a view; false, and the view as it was, if it is none of these.</summary>
    public static bool TryParse(EntryView view, TimeProvider clock)
    {
        var text = view.Line;
        LogTime? moment = null;
        var start = 0;
        if (char.IsAsciiDigit((char)text[0]))
        {
            if (text.Length <= TimeBytes + 1 || text[TimeBytes + 1] != '/' || text[2] != '-'
                || !TimeText.TryRead(text, clock, out var time, out var length) || length != TimeBytes - 1)
            {
                return false;
            }

            (moment, start) = (time, TimeBytes);
        }

        if (text.Length < start + 2 || text[start + 1] != '/')
        {
            return false;
        }

        var level = text[start] switch
        {
            (byte)'V' => LogLevel.Trace,
            (byte)'D' => LogLevel.Debug,
            (byte)'I' => LogLevel.Info,
            (byte)'W' => LogLevel.Warn,
            (byte)'E' => LogLevel.Error,
            (byte)'F' or (byte)'A' => LogLevel.Fatal,
            _ => LogLevel.None,
        };
        var head = text[..Math.Min(text.Length, start + MaxHeadBytes)];
        var end = head.IndexOf("):"u8);
        var opening = end < 0 ? -1 : head[..end].LastIndexOf((byte)'(');
        if (level == LogLevel.None || opening <= start + 2 || !TryTrimNumber(head, opening + 1, end, out var pid))
        {
            return false;
        }

        var tag = head[(start + 2)..opening].TrimEnd((byte)' ');
        var message = end + 2 < text.Length && text[end + 2] == ' ' ? end + 3 : end + 2;
        (view.Level, view.Time) = (level, moment);
        view.SetMessage(message, text.Length - message);
        view.AddField(view.Keep("logger"u8), new ByteRange(start + 2, tag.Length));
        view.AddField(view.Keep("pid"u8), pid);
        return true;
    }

    private static bool TryTrimNumber(ReadOnlySpan<byte> text, int start, int end, out ByteRange number)
    {
        while (start < end && text[start] == ' ')
        {
            start++;
        }

        number = new ByteRange(start, end - start);
        return start < end && !text[start..end].ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }
}
