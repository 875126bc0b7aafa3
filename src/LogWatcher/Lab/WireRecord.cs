namespace LogWatcher.Lab;

/// <summary>One record of a message's bytes: a tag with what it stands before.</summary>
/// <param name="Length">How many bytes a LEN says it has; null: it is no LEN.</param>
/// <param name="Field">The field that it is a value of; null: there is no schema, or none of that number and wire type in it.</param>
/// <param name="Payload">
/// A scalar's object, a <see cref="List{T}"/> of packed ones, or the <see cref="WireRecord"/>s of a message. Without a field:
/// VARINT a ulong, I64 a double, I32 a float, LEN text or hexadecimal digits. null: SGROUP and EGROUP have none.
/// </param>
internal sealed record WireRecord(int FieldNumber, WireType WireType, int? Length, FieldSchema? Field, object? Payload);
