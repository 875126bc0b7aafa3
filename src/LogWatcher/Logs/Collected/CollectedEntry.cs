using System.Text;
using System.Text.Json;
using LogWatcher.Logs.Formats;
using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Collected;

/// <summary>
/// An entry that a client has sent: what it says, and the line that stands for it where the whole line is searched or written.
/// </summary>
internal sealed class CollectedEntry
{
    private static readonly JsonWriterOptions LineOptions = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What the line's own fields are called where others have the usual names.</summary>
    private static readonly HashSet<string> OwnNames = new(["@t", "@timestamp", "@l", "@m"], StringComparer.OrdinalIgnoreCase);

    private readonly LogLevel _level;
    private readonly byte[] _message;
    private readonly (byte[] Name, byte[] Value)[] _fields;

    private CollectedEntry(string source, LogLevel level, LogTime time, string message, IReadOnlyCollection<KeyValuePair<string, string>> fields)
    {
        (Source, _level, Time) = (source, level, time);
        _message = Encoding.UTF8.GetBytes(message);
        _fields = [.. fields.Select(field => (Encoding.UTF8.GetBytes(field.Key), Encoding.UTF8.GetBytes(field.Value)))];
        Line = Render(message, fields);
    }

    /// <summary>Who sent it.</summary>
    public string Source { get; }

    public LogTime Time { get; }

    public LogLevel Level => _level;

    /// <summary>As JSON, without a line end: what a log file of such entries holds.</summary>
    public byte[] Line { get; }

    /// <summary>Its place among all that were collected, from 1. Set once, by the log.</summary>
    public long Number { get; set; }

    /// <summary>The one that was collected after it. For the log alone.</summary>
    public CollectedEntry? Next { get; set; }

    /// <summary>Makes an entry of what a client says.</summary>
    /// <param name="source">Who the client is.</param>
    /// <param name="level">Any name of a level; what is none becomes the field <c>level</c>.</param>
    /// <param name="message">Without one there is no entry.</param>
    /// <param name="time">RFC 3339; what is none becomes the field <c>time</c>.</param>
    /// <param name="fields">The rest.</param>
    /// <param name="now">When it has come, which is its time if it says none.</param>
    /// <returns>Null: it has no message.</returns>
    public static CollectedEntry? From(
        string source, string level, string message, string time, IEnumerable<KeyValuePair<string, string>> fields, LogTime now)
    {
        if (message.Length == 0)
        {
            return null;
        }

        var rest = new List<KeyValuePair<string, string>>();
        if (!LogTime.TryParseRfc3339(Encoding.UTF8.GetBytes(time), out var its))
        {
            its = now;
            AddText("time", time);
        }

        if (!LogLevels.TryParse(Encoding.UTF8.GetBytes(level), out var known))
        {
            known = LogLevel.None;
            AddText("level", level);
        }

        rest.AddRange(fields);
        return new CollectedEntry(source, known, its, message, rest);

        void AddText(string name, string text)
        {
            if (text.Length > 0)
            {
                rest.Add(new(name, text));
            }
        }
    }

    /// <summary>Fills a view with it.</summary>
    public void Fill(EntryView view)
    {
        view.Begin(Line, Source);
        view.Kind = LineKind.Structured;
        view.Level = _level;
        view.Time = Time;
        view.SetMessage(_message);
        foreach (var (name, value) in _fields)
        {
            view.AddField(name, value);
        }
    }

    /// <summary>The entry as a watch gets it.</summary>
    /// <param name="view">Is filled with it.</param>
    /// <param name="log">A hash of the log it was collected in: of this run of the node.</param>
    public LogEntry ToEntry(EntryView view, ulong log)
    {
        Fill(view);
        return LogEntry.From(view, new EntryPlace(Cursor.HashOf(Source), new FilePlace(log, new LinePosition(Number), default)));
    }

    /// <summary>
    /// A line that is read again as the same entry, with the client as a field: its fields stand beside the time, the level and the
    /// message. Those are called as usual, unless a field might be taken for one of them (<see cref="KnownNames"/>): then as in CLEF,
    /// whose names come before all others. What would still be taken for something else stands in <c>fields</c>.
    /// </summary>
    private byte[] Render(string message, IReadOnlyCollection<KeyValuePair<string, string>> fields)
    {
        var isUsual = fields.All(field => RoleOf(field.Key) == FieldRole.Other);
        using var line = new MemoryStream();
        using (var writer = new Utf8JsonWriter(line, LineOptions))
        {
            writer.WriteStartObject();

            // An event of CLEF that has no level is read as one of INFO.
            writer.WriteString(isUsual ? "time" : _level == LogLevel.None ? "@timestamp" : "@t", Time.ToString());
            if (_level != LogLevel.None)
            {
                writer.WriteString(isUsual ? "level" : "@l", LogLevels.Name(_level));
            }

            writer.WriteString(isUsual ? "msg" : "@m", message);
            writer.WriteString("client", Source);
            foreach (var (name, value) in fields.Where(field => !IsTaken(field.Key)))
            {
                writer.WriteString(name, value);
            }

            if (fields.Any(field => IsTaken(field.Key)))
            {
                writer.WriteStartObject("fields");
                foreach (var (name, value) in fields.Where(field => IsTaken(field.Key)))
                {
                    writer.WriteString(name, value);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return line.ToArray();
    }

    private bool IsTaken(string name) =>
        name is "client" or "fields" || name.StartsWith("fields.", StringComparison.Ordinal)
        || OwnNames.Contains(name) || (_level == LogLevel.None && RoleOf(name) == FieldRole.Level);

    private static FieldRole RoleOf(string name) => KnownNames.Find(Encoding.UTF8.GetBytes(name)).Role;
}
