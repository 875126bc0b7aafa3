namespace LogWatcher.Logs.Formats;

/// <summary>
/// Lines of glog and klog: <c>E1120 10:00:00.123456       1 file.go:12] msg</c>. A letter for the level, month and day at
/// once, in newer ones of glog the year before them (<c>E20261120 …</c>), a time, the thread, the place in the source. CockroachDB has
/// the year without its century, and its own end of the head (util/log, crdb-v1 and crdb-v2:
/// <c>I261120 10:00:00.123456 1 1@server.go:12 ⋮ [n1] 7  msg</c>).
/// </summary>
internal static class GlogFormat
{
    /// <summary>The letter, month and day, a space, and <c>hh:mm:ss</c> with at least one digit of a fraction.</summary>
    private const int MinHeadBytes = 16;

    /// <summary>Up to the bracket that ends the head: the longest names of files have room.</summary>
    private const int MaxHeadBytes = 256;

    /// <summary>CockroachDB marks what is unsafe to show, and this sign says that it does.</summary>
    private static ReadOnlySpan<byte> Redactable => "⋮ "u8;

    /// <summary>Reads the line of a view; false, and the view as it was, if it is none of these.</summary>
    public static bool TryParse(EntryView view, TimeProvider clock)
    {
        var text = view.Line;
        if (text.Length < MinHeadBytes)
        {
            return false;
        }

        var digits = text[5] == ' ' ? 4 : text[7] == ' ' ? 6 : text[9] == ' ' ? 8 : 0;
        if (digits == 0 || text.Slice(1, digits).ContainsAnyExceptInRange((byte)'0', (byte)'9'))
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
        var timeEnd = text[(digits + 2)..].IndexOf((byte)' ') + digits + 2;
        if (level == LogLevel.None || timeEnd < MinHeadBytes || !TryReadTime(text[..timeEnd], digits, clock, out var time))
        {
            return false;
        }

        var (end, message) = digits == 6 ? EndOfCockroach(text, timeEnd) : EndOfGlog(text);
        if (end < timeEnd)
        {
            return false;
        }

        view.Level = level;
        view.Time = time;
        message = Math.Min(message, text.Length);
        view.SetMessage(message, text.Length - message);
        AddPlace(view, timeEnd, end);
        return true;
    }

    private static (int End, int Message) EndOfGlog(ReadOnlySpan<byte> text)
    {
        var end = text[..Math.Min(text.Length, MaxHeadBytes)].IndexOf("] "u8);
        end = end < 0 && text[^1] == ']' && text.Length <= MaxHeadBytes ? text.Length - 1 : end;
        return (end, end + 2);
    }

    /// <summary>Behind the time stand a number and the place, each with a space behind it.</summary>
    private static (int End, int Message) EndOfCockroach(ReadOnlySpan<byte> text, int timeEnd)
    {
        var head = text[..Math.Min(text.Length, MaxHeadBytes)];
        var place = timeEnd + 1;
        var length = head[place..].IndexOf((byte)' ');
        if (length <= 0 || head.Slice(place, length).ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return default;
        }

        place += length + 1;
        length = head[place..].IndexOf((byte)' ');
        if (length <= 0 || !head.Slice(place, length).Contains((byte)':'))
        {
            return default;
        }

        var message = place + length + 1;
        message += text[message..].StartsWith(Redactable) ? Redactable.Length : 0;
        message += message < text.Length && text[message] == ' ' ? 1 : 0;
        return (place + length, message);
    }

    /// <summary>With dashes in it, and the century before a year of two digits, the head is a time in the usual way.</summary>
    private static bool TryReadTime(ReadOnlySpan<byte> head, int digits, TimeProvider clock, out LogTime time)
    {
        Span<byte> text = stackalloc byte[36];
        time = default;
        if (head.Length + 4 > text.Length)
        {
            return false;
        }

        var written = 0;
        if (digits > 4)
        {
            "20"u8.CopyTo(text);
            head[1..(digits - 3)].CopyTo(text[(digits == 6 ? 2 : 0)..]);
            text[4] = (byte)'-';
            written = 5;
        }

        head.Slice(digits - 3, 2).CopyTo(text[written..]);
        text[written + 2] = (byte)'-';
        head[(digits - 1)..].CopyTo(text[(written + 3)..]);
        var end = written + 3 + head.Length - digits + 1;
        return TimeText.TryRead(text[..end], clock, out time, out var length) && length == end;
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
