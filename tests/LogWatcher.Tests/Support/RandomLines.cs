using System.Text;

namespace LogWatcher.Tests.Support;

/// <summary>
/// Lines of all formats that tell their level in all the ways there are, and of what only looks so: keys given twice, nested
/// or escaped, names in any case, numbers, lines within lines, broken and cut ones.
/// </summary>
internal static class RandomLines
{
    private static readonly string[] Names =
    [
        "trace", "TRC", "verbose", "debug", "dbg", "DEBUG", "D", "fine", "info", "INFO", "Information", "inf", "I", "i", "notice",
        "warn", "WARN", "Warning", "wrn", "W", "error", "ERROR", "Error", "err", "eror", "E", "e", "fail", "severe", "fatal",
        "FATAL", "F", "crit", "critical", "alert", "emerg", "panic", "INFO+2", "INFO+4", "WARN+4", "debug-4", "e+4", "ERROR+0", "error-1", "dErRoR+4",
        "loud", "errors", "LOG", "D1", "D5", "DEBUG1", "A", "V", "ERR!", "http", "verb", "sill", "System", "stdout", "0", "3", "4", "6", "7", "9", "17", "20", "30", "40", "50", "55", "60", "003", "50.0", "-3", "null",
    ];

    private static readonly string[] Keys =
    [
        "level", "LEVEL", "Level", "lvl", "severity", "log.level", "@l", "loglevel", "log_level", "levelname", "level_name",
        "severityText", "severity_text", "severityNumber", "SEVERITY_NUMBER", "sev", "PRIORITY", "level2", "xlevel", "name", "log",
        "error_severity", "s", "S", "@t", "@m", "@mt", "stream",
    ];

    private static readonly string[] Texts =
    [
        "disk full", "error in E 12:3", "level=error", "INFO", "a [ERROR] b", "log", "{}", "it's 5", "GET / HTTP/1.1", "E1120", "<3>",
    ];

    public static byte[] Next(Random random)
    {
        var text = Text(random, depth: 0);
        var line = Encoding.UTF8.GetBytes(text.ReplaceLineEndings(" "));
        for (var changes = random.Next(5) == 0 ? random.Next(1, 4) : 0; changes > 0 && line.Length > 0; changes--)
        {
            line[random.Next(line.Length)] = (byte)random.Pick("\"\\{}:=, <>[]eE35\t\0\xff"u8.ToArray());
        }

        line = random.Next(12) == 0 ? line[..random.Next(line.Length + 1)] : line;
        return [.. line.Select(value => value == '\n' ? (byte)' ' : value)];
    }

    private static string Text(Random random, int depth) => random.Next(14) switch
    {
        < 4 => Json(random, depth),
        < 6 => Logfmt(random),
        6 or 7 when depth < 2 => Within(random, depth),
        8 => Clef(random),
        9 => Otlp(random),
        10 or 11 => OfProgram(random),
        _ => Head(random),
    };

    private static string Clef(Random random)
    {
        var level = random.Next(2) == 0 ? $",\"{random.Pick("@l", "@L", "level")}\":\"{random.Pick(Names)}\"" : "";
        return $"{{\"{Escape(random, "@t")}\"{Space(random)}:\"2026-11-20T10:00:00Z\",\"{random.Pick("@m", "@mt", "msg")}\":\"a {{b}}\"{level}}}";
    }

    private static string Otlp(Random random)
    {
        var records = Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
            $"{{\"{random.Pick("severityNumber", "severityText", "level")}\":{random.Pick("9", "17", "\"21\"", "\"error\"", "1")},\"body\":{{\"stringValue\":\"x\"}}}}");
        return $"{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"logRecords\":[{string.Join(",", records)}]}}]}}]}}";
    }

    /// <summary>What single programs write, as the formats know it.</summary>
    private static string OfProgram(Random random)
    {
        var letter = random.Pick("V", "D", "I", "W", "E", "F", "A", "X", "e");
        var text = random.Pick(Texts);
        return random.Next(14) switch
        {
            0 => $"{random.Next(100)}:{random.Pick("M", "S", "C", "X", "m")} 20 Nov 2026 10:00:00.123 {random.Pick(".", "-", "*", "#", "+")}{random.Pick(" " + text, "")}",
            1 => $"npm {random.Pick("ERR!", "error", "WARN", "warn", "info", "notice", "http", "verb", "verbose", "sill", "silly")}{random.Pick(" ", "|", "")}{text}",
            2 => $"2026-11-20 10:00:00.123 UTC [123] {random.Pick("", "bob@db ")}{random.Pick("LOG", "DEBUG1", "DEBUG5", "STATEMENT", "ERROR", "log")}:  {text}",
            3 => $"{letter}/tag{random.Pick("", " ")}( {random.Next(999)}): {text}",
            4 => $"11-20 10:00:00.123 {letter}/tag({random.Next(999)}): {text}",
            5 => $"<{random.Next(200)}>{random.Pick("", "Nov 20 10:00:00 host ", "1 2026-11-20T10:00:00Z h a - - - ")}app[12]: {text}",
            6 => $"Nov 20 10:00:00 {random.Pick("", "host ")}{random.Pick("daemon", "local0", "user")}.{random.Pick(Names)} app[1]: {text}",
            7 => $"10.0.0.1 - - [20/Nov/2026:10:00:00 +0000] \"GET /\"{random.Pick("", " ", "  ")}{random.Pick("200", "404", "503", "-")}{random.Pick(" ", "  ")}-",
            8 => $"2026-11-20T10:00:00.123+0000 {random.Pick("I", "D1", "D5", "W", "E", "F", "D")} {random.Pick("CONTROL ", "NETWORK ", "-       ")} [conn1] {text}",
            9 => $"{random.Pick("I", "W", "E", "F", "D")}261120 10:00:00.123456 1 1@server.go:12 {random.Pick("", "⋮ ")}[n1] 7  {text}",
            10 => $"[2026-11-20 10:00:00,123: {random.Pick(Names)}{random.Pick("/", "")}MainProcess] {text}",
            11 => $"2026-11-20T10:00:00.123Z 0 [System] [MY-010116] {text}",
            12 => $"[2026-11-20T10:00:00+00:00] {random.Pick("app", "a.b")}.{random.Pick(Names)}: {text}",
            _ => $"{random.Pick(Names)}:django.request:{text}",
        };
    }

    private static string Json(Random random, int depth)
    {
        var pairs = new List<string>();
        for (var count = random.Next(5); count >= 0; count--)
        {
            var key = random.Next(3) == 0 ? random.Pick("msg", "time", "status", "n", "@t", "log") : random.Pick(Keys);
            pairs.Add($"{Space(random)}\"{Escape(random, key)}\"{Space(random)}:{Space(random)}{Value(random, depth)}{Space(random)}");
        }

        return (random.Next(12) == 0 ? random.Pick(" ", "\t") : "") + "{" + string.Join(",", pairs) + "}"
            + (random.Next(20) == 0 ? random.Pick(" ", "x", "}", "\r") : "");
    }

    private static string Value(Random random, int depth) => random.Next(12) switch
    {
        < 6 => $"\"{Escape(random, random.Pick(Names))}\"",
        6 or 7 => random.Pick("3", "30", "50", "17", "503", "0", "003", "5e1", "null", "true", "-1"),
        8 => $"\"{Escape(random, random.Pick(Texts))}\"",
        9 => $"[\"{random.Pick(Names)}\",{{\"level\":\"{random.Pick(Names)}\"}}]",
        10 when depth < 2 => Json(random, depth + 1),
        _ => $"\"{Quoted(Text(random, 2))}\"",
    };

    private static string Logfmt(Random random)
    {
        var pairs = new List<string>();
        for (var count = random.Next(4); count >= 0; count--)
        {
            var value = random.Next(4) == 0 ? random.Pick(Texts) : random.Pick(Names);
            var isQuoted = random.Next(3) == 0;
            pairs.Add($"{random.Pick(random.Pick(Keys), "msg", "ts")}={(isQuoted ? $"\"{Escape(random, value)}\"" : value)}");
        }

        return string.Join(random.Pick(" ", "  ", "\t"), pairs);
    }

    /// <summary>A line in another: a container's, or CRI's.</summary>
    private static string Within(Random random, int depth)
    {
        var inner = (random.Next(4) == 0 ? random.Pick("\t", "\r") : "") + Text(random, depth + 1);
        return random.Next(3) == 0
            ? $"2026-11-20T10:00:00.123456789Z {random.Pick("stdout", "stderr")} F {inner}"
            : $"{{\"log\":\"{Content(random, inner)}\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T10:00:00Z\"}}";
    }

    private static string Head(Random random)
    {
        var name = random.Pick(Names);
        var time = random.Pick(
            "2026-11-20T10:00:00.123Z", "2026-11-20 10:00:00,123", "10:00:00", "Nov 20 10:00:00", "Nov 20, 2026 10:00:00 AM", "");
        return random.Next(12) switch
        {
            0 => $"{random.Pick("I", "W", "E", "F", "D", "X")}1120 10:00:00.123456       1 file.go:12] {random.Pick(Texts)}",
            1 => $"<{random.Next(200)}>1 2026-11-20T10:00:00Z host app 1 - - {random.Pick(Texts)}",
            2 => $"10.0.0.1 - bob [20/Nov/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" {random.Pick("200", "404", "503")} 12 \"-\" \"x\"",
            3 => $"{time}{random.Pick("", " ")}{name}{random.Pick("  ", "|", "\t", " | ")}{random.Pick(Texts)}",
            4 => $"{time} [main] {name}  com.acme.App - {random.Pick(Texts)}",
            5 => $"[{time} {name}] {random.Pick(Texts)}",
            6 => $"{time} [{random.Pick("", "core:")}{name}] {random.Pick(Texts)}",
            7 => $"[{name}] {random.Pick(Texts)}",
            8 => $"{name}: {random.Pick(Texts)}",
            9 => $"E, [{time} #12] {name} -- : {random.Pick(Texts)}",
            10 => $"{time} 12 34 {name} tag: {random.Pick(Texts)}",
            _ => random.Pick(Texts),
        };
    }

    private static string Space(Random random) => random.Next(8) == 0 ? random.Pick(" ", "\t", "  ", "\r") : "";

    /// <summary>Some characters as they may stand too: an escape of JSON's, or one that only logfmt knows.</summary>
    private static string Escape(Random random, string text)
    {
        if (text.Length == 0 || random.Next(10) != 0)
        {
            return text;
        }

        var at = random.Next(text.Length);
        return text[..at] + random.Pick($"\\u{(int)text[at]:x4}", $"\\u{(int)text[at]:X4}", $"\\{text[at]}", "\\u00e9") + text[(at + 1)..];
    }

    private static string Quoted(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\t", "\\t", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);

    /// <summary>The line of a container, in one of the ways that it may be written.</summary>
    private static string Content(Random random, string text)
    {
        text = Quoted(text);
        return random.Next(6) switch
        {
            0 => text.Replace("<", "\\u003c", StringComparison.Ordinal).Replace(">", "\\u003e", StringComparison.Ordinal),
            1 => text.Replace("/", "\\/", StringComparison.Ordinal),
            2 => text.Replace(" ", "\\u0020", StringComparison.Ordinal),
            3 => text.Replace("\\\"", "\\u0022", StringComparison.Ordinal),
            _ => text,
        };
    }
}
