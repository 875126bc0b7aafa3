namespace LogWatcher.Logs.Formats;

/// <summary>
/// Lines of Android's logcat in its brief, its time and its usual format (<c>logcat -v brief</c>, <c>-v time</c>, <c>-v threadtime</c>):
/// <c>E/ActivityManager(  123): msg</c>, with a time before it or not, and <c>11-20 10:00:00.123  123  456 E ActivityManager: msg</c>. A
/// letter for the level, the tag, the process, the thread.
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
            if (text.Length <= TimeBytes + 1 || text[TimeBytes - 1] != ' ' || text[2] != '-'
                || !TimeText.TryRead(text, clock, out var time, out var length) || length != TimeBytes - 1)
            {
                return false;
            }

            if (text[TimeBytes + 1] != '/')
            {
                return TryParseThread(view, time);
            }

            (moment, start) = (time, TimeBytes);
        }

        if (text.Length < start + 2 || text[start + 1] != '/')
        {
            return false;
        }

        var level = text[start] == 'A' ? LogLevel.Fatal : LevelOf(text[start]);
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

    /// <summary>Behind the time stand the process, the thread, in some a user before them, the level, and the tag before a colon.</summary>
    private static bool TryParseThread(EntryView view, LogTime time)
    {
        var text = view.Line;
        var head = text[..Math.Min(text.Length, TimeBytes + MaxHeadBytes)];
        var at = TimeBytes - 1;
        ByteRange pid = default;
        ByteRange thread = default;
        for (var numbers = 0; ; numbers++)
        {
            var spaces = head[at..].IndexOfAnyExcept((byte)' ');
            if (spaces <= 0)
            {
                return false;
            }

            at += spaces;
            var digits = head[at..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits == 0 && numbers is 2 or 3)
            {
                break;
            }

            if (digits <= 0)
            {
                return false;
            }

            (pid, thread) = (thread, new ByteRange(at, digits));
            at += digits;
        }

        var level = LevelOf(head[at]);
        var tag = at + 2;
        var end = tag < head.Length && head[at + 1] == ' ' ? head[tag..].IndexOf((byte)':') : -1;
        if (level == LogLevel.None || end <= 0 || (tag + end + 1 < text.Length && text[tag + end + 1] != ' '))
        {
            return false;
        }

        var message = Math.Min(tag + end + 2, text.Length);
        (view.Level, view.Time) = (level, time);
        view.SetMessage(message, text.Length - message);
        view.AddField(view.Keep("logger"u8), new ByteRange(tag, head.Slice(tag, end).TrimEnd((byte)' ').Length));
        view.AddField(view.Keep("pid"u8), pid);
        view.AddField(view.Keep("thread"u8), thread);
        return true;
    }

    private static LogLevel LevelOf(byte letter) => letter switch
    {
        (byte)'V' => LogLevel.Trace,
        (byte)'D' => LogLevel.Debug,
        (byte)'I' => LogLevel.Info,
        (byte)'W' => LogLevel.Warn,
        (byte)'E' => LogLevel.Error,
        (byte)'F' => LogLevel.Fatal,
        _ => LogLevel.None,
    };

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
