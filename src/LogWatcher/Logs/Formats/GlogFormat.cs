namespace LogWatcher.Logs.Formats;

/// <summary>
/// Lines of glog and klog: <c>E1120 10:00:00.123456       1 file.go:12] msg</c>. A letter for the level, month and day at
/// once, a time, the thread, the place in the source.
/// </summary>
internal static class GlogFormat
{
    /// <summary>The letter, month and day, a space, and <c>hh:mm:ss</c> with at least one digit of a fraction.</summary>
    private const int MinHeadBytes = 16;

    /// <summary>Up to the bracket that ends the head: the longest names of files have room.</summary>
    private const int MaxHeadBytes = 256;

    public static bool TryParse(EntryView view, TimeProvider clock)
    {
        var text = view.Line;
        if (text.Length < MinHeadBytes || text[5] != ' ' || text[..MinHeadBytes][1..5].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        var level = text[0] switch
        {
            (byte)'I' => LogLevel.Info,
            (byte)'W' => LogLevel.Warn,
            (byte)'E' => LogLevel.Error,
            (byte)'F' => LogLevel.Fatal,
            (byte)'D' => LogLevel.Debug,
            _ => LogLevel.None,
        };
        var end = text[..Math.Min(text.Length, MaxHeadBytes)].IndexOf("] "u8);
        end = end < 0 && text[^1] == ']' && text.Length <= MaxHeadBytes ? text.Length - 1 : end;
        var timeEnd = text[6..].IndexOf((byte)' ') + 6;
        if (level == LogLevel.None || end < 0 || timeEnd < MinHeadBytes || timeEnd > end)
        {
            return false;
        }

        // With a dash between them, month and day are a time without a year.
        Span<byte> time = stackalloc byte[32];
        if (timeEnd > time.Length)
        {
            return false;
        }

        text[1..3].CopyTo(time);
        time[2] = (byte)'-';
        text[3..timeEnd].CopyTo(time[3..]);
        if (!TimeText.TryRead(time[..timeEnd], clock, out var moment, out var length) || length != timeEnd)
        {
            return false;
        }

        view.Level = level;
        view.Time = moment;
        view.SetMessage(Math.Min(end + 2, text.Length), text.Length - Math.Min(end + 2, text.Length));
        AddPlace(view, timeEnd, end);
        return true;
    }

    private static void AddPlace(EntryView view, int start, int end)
    {
        var head = view.Line[start..end];
        var place = head.LastIndexOf((byte)' ') + 1;
        var thread = head[..Math.Max(place - 1, 0)];
        var padding = thread.Length - thread.TrimStart((byte)' ').Length;
        if (thread.Length > padding)
        {
            view.AddField(view.Keep("thread"u8), new ByteRange(start + padding, thread.Length - padding));
        }

        view.AddField(view.Keep("caller"u8), new ByteRange(start + place, head.Length - place));
    }
}
