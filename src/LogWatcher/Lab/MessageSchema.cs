using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>What a client has said a message is. It does not change; to define its name again makes another.</summary>
internal sealed class MessageSchema
{
    private const int EntryKeyNumber = 1;
    private const int EntryValueNumber = 2;

    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<int, int> _byNumber;

    /// <param name="fields">No two of one name or number, which whoever reads the schema has seen to.</param>
    public MessageSchema(string name, IEnumerable<FieldSchema> fields)
    {
        Name = name;
        Fields = [.. fields.OrderBy(field => field.Number)];
        _byNumber = Fields.Select((field, index) => (field.Number, index)).ToDictionary();
        for (var index = 0; index < Fields.Count; index++)
        {
            _byName.Add(Fields[index].Name, index);
        }

        // proto3's JSON takes a field under its lowerCamelCase name as well; where another field is called so, it is meant.
        for (var index = 0; index < Fields.Count; index++)
        {
            _byName.TryAdd(LowerCamelCase.Of(Fields[index].Name), index);
        }
    }

    public string Name { get; }

    /// <summary>In the order of their numbers, in which they are written.</summary>
    public IReadOnlyList<FieldSchema> Fields { get; }

    /// <summary>The message that each entry of a map is on the wire (protobuf.dev, "Encoding", "Maps").</summary>
    public static MessageSchema OfEntry(ScalarType key, FieldSchema value) => new(
        "entry", [new FieldSchema("key", EntryKeyNumber, false, key, null, null), value with { Name = "value", Number = EntryValueNumber }]);

    /// <summary>An entry's key.</summary>
    public FieldSchema Key => Fields[0];

    /// <summary>An entry's value.</summary>
    public FieldSchema Value => Fields[1];

    /// <summary>Which of <see cref="Fields"/> has that name, or that name in lowerCamelCase; -1: none.</summary>
    public int IndexOf(string name) => _byName.TryGetValue(name, out var index) ? index : -1;

    /// <summary>Which of <see cref="Fields"/> has that number; -1: none.</summary>
    public int IndexOf(int number) => _byNumber.TryGetValue(number, out var index) ? index : -1;
}
