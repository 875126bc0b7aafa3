using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace LogWatcher.Logs.Filters;

/// <summary>Where in an entry a path leads.</summary>
internal enum FieldPlace
{
    Field,
    Level,
    Message,
    Time,
    Source,
}

/// <summary>
/// What a comparison names: <c>level</c>, <c>msg</c>, <c>time</c> and <c>source</c> are the entry's own, anything else is
/// one of its fields, and what has <c>fields.</c> before it in any case: a line may have a field of such a name, too. Names are compared
/// as they are, case and all.
/// </summary>
internal sealed class FieldPath
{
    /// <summary>Most sources' names fit here; the others are transcoded in a rented buffer.</summary>
    private const int StackBytes = 512;

    /// <summary>
    /// Fields whose values formats and the reader make up rather than copy from the line. Whoever adds such a field to a
    /// format adds its name here, or filters on it lose entries.
    /// </summary>
    private static readonly FrozenSet<string> MadeFields =
        FrozenSet.Create(StringComparer.Ordinal, "truncated", "partial", "facility", "severity", "priority", "suppressed", "cursor");

    private const string Prefix = "fields.";

    private readonly byte[] _name;
    private readonly byte[] _nameInFields;

    public FieldPath(string text)
    {
        Text = text;
        _name = Encoding.UTF8.GetBytes(text);
        _nameInFields = text.StartsWith(Prefix, StringComparison.Ordinal) ? _name[Prefix.Length..] : [];
        Place = text switch
        {
            "level" => FieldPlace.Level,
            "msg" => FieldPlace.Message,
            "time" => FieldPlace.Time,
            "source" => FieldPlace.Source,
            _ => FieldPlace.Field,
        };
    }

    public string Text { get; }

    public FieldPlace Place { get; }

    /// <summary>Whether the value may be other bytes than the line has, so that nothing about the line follows from it.</summary>
    public bool IsMade => Place is FieldPlace.Level or FieldPlace.Time or FieldPlace.Source || MadeFields.Contains(_nameInFields.Length > 0 ? Text[Prefix.Length..] : Text);

    /// <summary>Whether the entry has it. Of its own, what is empty is missing; a field with an empty value is there.</summary>
    public bool IsIn(EntryView entry) => Place switch
    {
        FieldPlace.Level => entry.Level != LogLevel.None,
        FieldPlace.Message => !entry.Message.IsEmpty,
        FieldPlace.Time => entry.Time is not null,
        FieldPlace.Source => entry.Source.Length > 0,
        _ => TryGetField(entry, out _),
    };

    /// <summary>Whether the entry has it and <paramref name="test"/> says <paramref name="expected"/> of its text.</summary>
    public bool Holds(EntryView entry, ValueTest test, bool expected)
    {
        switch (Place)
        {
            case FieldPlace.Level:
                return entry.Level != LogLevel.None && test.Holds(LogLevels.Utf8Name(entry.Level)) == expected;
            case FieldPlace.Message:
                return !entry.Message.IsEmpty && test.Holds(entry.Message) == expected;
            case FieldPlace.Time when entry.Time is { } time:
                Span<byte> utf8 = stackalloc byte[LogTime.MaxRfc3339Bytes];
                return test.Holds(utf8[..time.WriteRfc3339(utf8)]) == expected;
            case FieldPlace.Source when entry.Source.Length > 0:
                return HoldsSource(entry.Source, test) == expected;
            case FieldPlace.Field:
                return TryGetField(entry, out var value) && test.Holds(value) == expected;
            default:
                return false;
        }
    }

    /// <summary>A key may itself be called <c>fields</c>.</summary>
    private bool TryGetField(EntryView entry, out ReadOnlySpan<byte> value) =>
        entry.TryGetField(_name, out value) || (_nameInFields.Length > 0 && entry.TryGetField(_nameInFields, out value));

    private static bool HoldsSource(string source, ValueTest test)
    {
        var maxBytes = Encoding.UTF8.GetMaxByteCount(source.Length);
        var rented = maxBytes > StackBytes ? ArrayPool<byte>.Shared.Rent(maxBytes) : null;
        var utf8 = rented is null ? stackalloc byte[StackBytes] : rented;
        var holds = test.Holds(utf8[..Encoding.UTF8.GetBytes(source, utf8)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return holds;
    }
}
