using System.Buffers.Text;
using System.Text;

namespace LogWatcher.Logs;

/// <summary>The names that levels have in logs, and the one each has here.</summary>
internal static class LogLevels
{
    /// <summary>By level, from TRACE on; first the name that is the usual one.</summary>
    private static readonly string[][] Spelled =
    [
        ["trace", "trc", "trce", "t", "verbose", "vrb", "verb", "v", "finest", "finer"],
        ["debug", "dbg", "dbug", "d", "fine"],
        ["info", "inf", "i", "information", "informational", "notice", "note"],
        ["warn", "warning", "wrn", "w"],
        ["error", "err", "eror", "e", "fail", "severe"],
        ["fatal", "ftl", "f", "critical", "crit", "crt", "c", "alert", "emerg", "emergency", "panic", "dpanic"],
    ];

    private static readonly Spelling[][] ByFirstLetter = Index();

    // Those that Go's slog measures distances from.
    private static readonly string[] OfSlog = ["debug", "info", "warn", "error"];

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

    /// <summary>All names of a level that <see cref="TryParse"/> knows, in lower case, but for those of slog with a distance.</summary>
    public static IReadOnlyList<string> NamesOf(LogLevel level) => Spelled[(int)level - (int)LogLevel.Trace];

    /// <summary>The names that may have a distance behind them (<c>INFO+2</c>), in lower case.</summary>
    public static ReadOnlySpan<string> NamesOfSlog => OfSlog;

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
        var letter = text.IsEmpty ? -1 : (text[0] | 0x20) - 'a';
        if ((uint)letter >= (uint)ByFirstLetter.Length)
        {
            return LogLevel.None;
        }

        foreach (var spelling in ByFirstLetter[letter])
        {
            if (AsciiName.Is(text, spelling.Name))
            {
                return spelling.Level;
            }
        }

        return LogLevel.None;
    }

    private static Spelling[][] Index()
    {
        var spellings = new Spelling['z' - 'a' + 1][];
        Array.Fill(spellings, []);
        for (var level = LogLevel.Trace; level <= LogLevel.Fatal; level++)
        {
            foreach (var name in NamesOf(level))
            {
                ref var ofLetter = ref spellings[name[0] - 'a'];
                ofLetter = [.. ofLetter, new Spelling(Encoding.ASCII.GetBytes(name), level)];
            }
        }

        return spellings;
    }

    /// <summary>
    /// slog writes a level between two names as the lower one and the distance: DEBUG is -4, INFO 0, WARN 4, ERROR 8
    /// (https://pkg.go.dev/log/slog#Level.String), of these names and no shorter ones; and its examples put TRACE at -8 and what is
    /// worse than ERROR at 12.
    /// </summary>
    private static bool TryParseSlog(ReadOnlySpan<byte> name, ReadOnlySpan<byte> distance, out LogLevel level)
    {
        level = LogLevel.None;
        if (!Utf8Parser.TryParse(distance, out int steps, out var consumed) || consumed != distance.Length)
        {
            return false;
        }

        long? severity =
            AsciiName.Is(name, "debug"u8) ? -4
            : AsciiName.Is(name, "info"u8) ? 0
            : AsciiName.Is(name, "warn"u8) ? 4
            : AsciiName.Is(name, "error"u8) ? 8
            : null;
        if (severity is null)
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

    private sealed record Spelling(byte[] Name, LogLevel Level);
}
