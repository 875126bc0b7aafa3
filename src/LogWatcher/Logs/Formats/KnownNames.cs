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
    private const int MaxNameBytes = 20;

    /// <summary>More names than any of the lists below has: ranks stay below.</summary>
    public const int MaxNamesOfRole = 24;

    /// <summary>The last three names of times are those of whole seconds, beside which the rest of the time may stand.</summary>
    public const int FirstRankOfSeconds = 20;

    // CLEF's names stand first: an event's own properties may have any of the others.
    private static readonly string[] Times =
    [
        "@t", "@timestamp", "timestamp", "time", "ts", "datetime", "date", "t.$date", "asctime", "eventtime", "event_time",
        "logtime", "log_time", "timeunixnano", "observedtimeunixnano", "timemillis", "__realtime_timestamp", "time_iso8601",
        "receivetimestamp", "t", "instant.epochsecond", "timestamp.seconds", "timestampseconds",
    ];

    private static readonly string[] Levels =
    [
        "@l", "level", "lvl", "severity", "log.level", "loglevel", "log_level", "levelname", "level_name", "severitynumber",
        "severity_number", "severitytext", "severity_text", "error_severity", "sev", "priority", "s",
    ];

    private static readonly string[] Messages =
    [
        "@m", "@mt", "formattedmessage", "msg", "message", "short_message", "renderedmessage", "messagetemplate", "body",
        "body.stringvalue", "textpayload", "jsonpayload.message", "jsonpayload.msg", "text", "log", "event",
    ];

    private static readonly Known[][] ByLength = Index();

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
            ArgumentOutOfRangeException.ThrowIfGreaterThan(names.Length, MaxNamesOfRole);
            for (var rank = 0; rank < names.Length; rank++)
            {
                lists[names[rank].Length].Add(new Known(Encoding.ASCII.GetBytes(names[rank]), role, rank));
            }
        }
    }

    private readonly record struct Known(byte[] Name, FieldRole Role, int Rank);
}
