namespace LogWatcher.Logs.Formats;

/// <summary>
/// Lines of Redis and Valkey (server.c, serverLogRaw): <c>1:M 20 Nov 2026 10:00:00.123 * Ready</c>. The process, its role, a
/// time, a sign for the level.
/// </summary>
internal static class RedisFormat
{
    /// <summary>Numbers of processes are shorter.</summary>
    private const int MaxPidBytes = 10;

    /// <summary>No time that any program writes is longer. A search by level looks for the sign so far behind the process.</summary>
    public const int MaxTimeBytes = 80;

    /// <summary>Reads the line of a view; false, and the view as it was, if it is none of these.</summary>
    public static bool TryParse(EntryView view, TimeProvider clock)
    {
        var text = view.Line;
        var colon = text[..Math.Min(text.Length, MaxPidBytes + 1)].IndexOf((byte)':');
        if (colon <= 0 || text.Length < colon + 3 || text[colon + 2] != ' '
            || text[colon + 1] is not ((byte)'M' or (byte)'S' or (byte)'C' or (byte)'X')
            || text[..colon].ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || !TimeText.TryRead(text[(colon + 3)..], clock, out var time, out var length) || length > MaxTimeBytes)
        {
            return false;
        }

        var sign = colon + 3 + length;
        if (!text[sign..].StartsWith(" "u8) || text.Length < sign + 2 || (text.Length > sign + 2 && text[sign + 2] != ' '))
        {
            return false;
        }

        // Its levels are debug, verbose, notice and warning; verbose says more than notice, and less than debug.
        var level = text[sign + 1] switch
        {
            (byte)'.' or (byte)'-' => LogLevel.Debug,
            (byte)'*' => LogLevel.Info,
            (byte)'#' => LogLevel.Warn,
            _ => LogLevel.None,
        };
        if (level == LogLevel.None)
        {
            return false;
        }

        var message = Math.Min(sign + 3, text.Length);
        (view.Level, view.Time) = (level, time);
        view.SetMessage(message, text.Length - message);
        view.AddField(view.Keep("pid"u8), new ByteRange(0, colon));
        view.AddField(view.Keep("role"u8), new ByteRange(colon + 1, 1));
        return true;
    }
}
