using System.Buffers.Text;
using System.Text;

namespace LogWatcher.Logs;

/// <summary>The names that levels have in logs, and the one each has here.</summary>
internal static class LogLevels
{
    /// <summary>The level's own name, <c>TRACE</c> to <c>FATAL</c>; empty for <see cref="LogLevel.None"/>.</summary>
    public static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Info => "INFO",
        LogLevel.Warn => "WARN",
        LogLevel.Error => "ERROR",
        LogLevel.Fatal => "FATAL",
        _ => "",
    };

    /// <summary>The same name in UTF-8, for those who compare or write bytes.</summary>
    public static ReadOnlySpan<byte> Utf8Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE"u8,
        LogLevel.Debug => "DEBUG"u8,
        LogLevel.Info => "INFO"u8,
        LogLevel.Warn => "WARN"u8,
        LogLevel.Error => "ERROR"u8,
        LogLevel.Fatal => "FATAL"u8,
        _ => default,
    };

    /// <summary>
    /// Reads a level's name: in any case, whole or in one of its usual short forms (syslog, log4j, Serilog, zap, glog,
    /// the .NET console, Go's slog with its <c>INFO+2</c>). Numbers are not names: what one means depends on the format.
    /// </summary>
    /// <param name="text">The name alone, without brackets or white space.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, out LogLevel level)
    {
        level = Named(text);
        if (level != LogLevel.None)
        {
            return true;
        }

        var sign = text.IndexOfAny((byte)'+', (byte)'-');
        return sign > 0 && TryParseSlog(text[..sign], text[sign..], out level);
    }

    /// <summary>
    /// By the first letter to a handful of names: a line's level is looked up for every line that is read, and most
    /// words that are asked about are no level at all.
    /// </summary>
    private static LogLevel Named(ReadOnlySpan<byte> text)
    {
        // The longest name is "informational".
        if (text.Length is 0 or > 13)
        {
            return LogLevel.None;
        }

        return (text[0] | 0x20) switch
        {
            't' when Is(text, "trace"u8, "trc"u8, "trce"u8, "t"u8) => LogLevel.Trace,
            'v' when Is(text, "verbose"u8, "vrb"u8, "verb"u8, "v"u8) => LogLevel.Trace,
            'f' when Is(text, "finest"u8, "finer"u8) => LogLevel.Trace,
            'd' when Is(text, "debug"u8, "dbg"u8, "dbug"u8, "d"u8) => LogLevel.Debug,
            'f' when Is(text, "fine"u8) => LogLevel.Debug,
            'i' when Is(text, "info"u8, "inf"u8, "i"u8) || Is(text, "information"u8, "informational"u8) => LogLevel.Info,
            'n' when Is(text, "notice"u8, "note"u8) => LogLevel.Info,
            'w' when Is(text, "warn"u8, "warning"u8, "wrn"u8, "w"u8) => LogLevel.Warn,
            'e' when Is(text, "error"u8, "err"u8, "eror"u8, "e"u8) => LogLevel.Error,
            'f' when Is(text, "fail"u8) => LogLevel.Error,
            's' when Is(text, "severe"u8) => LogLevel.Error,
            'f' when Is(text, "fatal"u8, "ftl"u8, "f"u8) => LogLevel.Fatal,
            'c' when Is(text, "critical"u8, "crit"u8, "crt"u8, "c"u8) => LogLevel.Fatal,
            'a' when Is(text, "alert"u8) => LogLevel.Fatal,
            'e' when Is(text, "emerg"u8, "emergency"u8) => LogLevel.Fatal,
            'p' when Is(text, "panic"u8) => LogLevel.Fatal,
            'd' when Is(text, "dpanic"u8) => LogLevel.Fatal,
            _ => LogLevel.None,
        };
    }

    /// <summary>
    /// slog writes a level between two names as the lower one and the distance: DEBUG is -4, INFO 0, WARN 4, ERROR 8
    /// (https://pkg.go.dev/log/slog#Level.String), and its examples put TRACE at -8 and what is worse than ERROR at 12.
    /// </summary>
    private static bool TryParseSlog(ReadOnlySpan<byte> name, ReadOnlySpan<byte> distance, out LogLevel level)
    {
        level = LogLevel.None;
        if (!Utf8Parser.TryParse(distance, out int steps, out var consumed) || consumed != distance.Length)
        {
            return false;
        }

        var severity = Named(name) switch
        {
            LogLevel.Debug => -4L,
            LogLevel.Info => 0L,
            LogLevel.Warn => 4L,
            LogLevel.Error => 8L,
            _ => long.MaxValue,
        };
        if (severity == long.MaxValue)
        {
            return false;
        }

        level = (severity + steps) switch
        {
            < -4 => LogLevel.Trace,
            < 0 => LogLevel.Debug,
            < 4 => LogLevel.Info,
            < 8 => LogLevel.Warn,
            < 12 => LogLevel.Error,
            _ => LogLevel.Fatal,
        };
        return true;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(text, name);

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => Is(text, a) || Is(text, b);

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c) =>
        Is(text, a) || Is(text, b) || Is(text, c);

    private static bool Is(
        ReadOnlySpan<byte> text, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c, ReadOnlySpan<byte> d) =>
        Is(text, a) || Is(text, b) || Is(text, c) || Is(text, d);
}
