namespace LogWatcher.Lab;

/// <summary>One field of a schema: of a scalar type, of a message's, or a map.</summary>
/// <param name="Scalar">Its scalar type; null: it is a message's field, or a map.</param>
/// <param name="MessageName">The message it is of, which may not be defined yet; null: it is a scalar's field, or a map.</param>
/// <param name="Entry">What a map's entries are on the wire, a message each: <c>key</c> is 1, <c>value</c> is 2; null: it is no map.</param>
internal sealed record FieldSchema(string Name, int Number, bool IsRepeated, ScalarType? Scalar, string? MessageName, MessageSchema? Entry)
{
    /// <summary>Whether more than one of its records say something of its value.</summary>
    public bool HoldsSeveral => IsRepeated || Entry is not null;

    /// <summary>The wire type of one value of it.</summary>
    public WireType WireType => Scalar?.WireType ?? WireType.Len;

    /// <summary>The message that has to be defined before the field can be used; null: none.</summary>
    public string? NeededMessage => Entry is null ? MessageName : Entry.Value.MessageName;
}
