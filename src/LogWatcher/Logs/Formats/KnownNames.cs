using System.Text;

namespace LogWatcher.Logs.Formats;

/// <summary>What a field of a structured line is by its name.</summary>
internal enum FieldRole : byte
{
    Other,
    Time,
    Level,
    Message,
}

/// <summary>
/// The usual names of time, level and message in structured lines, in any case. Where a line has several of a role, the one
/// that stands first here has it, and the others stay fields.
/// </summary>
internal static class KnownNames
{
    /// <summary>The longest name in the lists below, in bytes.</summary>
    public const int MaxNameBytes = 20;

    private static readonly string[] Times =
    [
        "@timestamp", "timestamp", "time", "ts", "@t", "datetime", "date", "t.$date", "asctime", "eventtime", "event_time",
        "logtime", "log_time", "timeunixnano", "observedtimeunixnano", "timemillis", "__realtime_timestamp", "t",
    ];

    private static readonly string[] Levels =
    [
        "level", "lvl", "severity", "log.level", "@l", "loglevel", "log_level", "levelname", "level_name", "severitytext",
        "severity_text", "severitynumber", "severity_number", "sev", "priority",
    ];

    private static readonly string[] Messages =
    [
        "msg", "message", "@m", "short_message", "renderedmessage", "@mt", "messagetemplate", "body", "body.stringvalue",
        "text", "log", "event",
    ];

    private static readonly Known[][] ByLength = Index();

    /// <summary>The names that a level has in structured lines, in lower case; the parts of nested ones joined by <c>.</c>.</summary>
    public static IReadOnlyList<string> OfLevels => Levels;

    /// <summary>The role of a name, and its rank in that role: the lower, the better it fits.</summary>
    public static FieldRole RoleOf(ReadOnlySpan<byte> name, out int rank)
    {
        rank = int.MaxValue;
        if (name.Length is 0 or > MaxNameBytes)
        {
            return FieldRole.Other;
        }

        foreach (var known in ByLength[name.Length])
        {
            if (Ascii.EqualsIgnoreCase(name, known.Name))
            {
                rank = known.Rank;
                return known.Role;
            }
        }

        return FieldRole.Other;
    }

    /// <summary>Whether a name, any case, is one of OTLP's severity numbers.</summary>
    public static bool IsOtlpNumber(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "severitynumber"u8) || Ascii.EqualsIgnoreCase(name, "severity_number"u8);

    private static Known[][] Index()
    {
        var lists = new List<Known>[MaxNameBytes + 1];
        for (var length = 0; length < lists.Length; length++)
        {
            lists[length] = [];
        }

        Add(Times, FieldRole.Time);
        Add(Levels, FieldRole.Level);
        Add(Messages, FieldRole.Message);
        return Array.ConvertAll(lists, list => list.ToArray());

        void Add(string[] names, FieldRole role)
        {
            for (var rank = 0; rank < names.Length; rank++)
            {
                lists[names[rank].Length].Add(new Known(Encoding.ASCII.GetBytes(names[rank]), role, rank));
            }
        }
    }

    private sealed record Known(byte[] Name, FieldRole Role, int Rank);
}
