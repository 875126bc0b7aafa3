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

    /// <summary>All names in the lists below together: each is a bit in a set.</summary>
    public const int MaxNames = 64;

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

    /// <summary>The names that a level has in structured lines, in lower case; the parts of nested ones joined by <c>.</c>.</summary>
    public static IReadOnlyList<string> OfLevels => Levels;

    /// <summary>What a name is known for; of the role <see cref="FieldRole.Other"/> if it isn't.</summary>
    public static Known Find(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > MaxNameBytes)
        {
            return default;
        }

        // Most names are not known, and their first letters tell.
        var first = name[0] | AsciiName.CaseBit;
        foreach (ref readonly var known in ByLength[name.Length].AsSpan())
        {
            if (known.First == first && AsciiName.Is(name, known.Name))
            {
                return known;
            }
        }

        return default;
    }

    /// <summary>Whether a name, any case, is one of OTLP's severity numbers.</summary>
    public static bool IsOtlpNumber(ReadOnlySpan<byte> name) =>
        AsciiName.Is(name, "severitynumber"u8) || AsciiName.Is(name, "severity_number"u8);

    private static Known[][] Index()
    {
        var lists = new List<Known>[MaxNameBytes + 1];
        for (var length = 0; length < lists.Length; length++)
        {
            lists[length] = [];
        }

        var index = 0;
        Add(Times, FieldRole.Time);
        Add(Levels, FieldRole.Level);
        Add(Messages, FieldRole.Message);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, MaxNames);
        return Array.ConvertAll(lists, list => list.ToArray());

        void Add(string[] names, FieldRole role)
        {
            for (var rank = 0; rank < names.Length; rank++)
            {
                var name = Encoding.ASCII.GetBytes(names[rank]);
                lists[name.Length].Add(new Known(name, name[0] | AsciiName.CaseBit, role, rank, index++));
            }
        }
    }

    /// <summary>A known name.</summary>
    /// <param name="Name">In lower case.</param>
    /// <param name="First">Its first byte, in lower case.</param>
    /// <param name="Role">What a field of that name is.</param>
    /// <param name="Rank">Among the names of that role: the lower, the better it fits.</param>
    /// <param name="Index">Among all names.</param>
    internal readonly record struct Known(byte[] Name, int First, FieldRole Role, int Rank, int Index);
}
