namespace LogWatcher.Lab;

/// <summary>
/// Writes a message's bytes as proto3 does: fields in the order of their numbers, a map's entries in their own, numbers of a
/// repeated field packed. No field has explicit presence, so a scalar with its default value is left out, also in a map's entry;
/// a message that is set is written even if it is empty. That is what Google.Protobuf for C# writes, byte for byte, but for minus
/// zero, which is a value here as in protobuf's other languages.
/// </summary>
internal static class MessageEncoder
{
    public static void Write(WireWriter writer, MessageValue message)
    {
        foreach (var (field, value) in message.Set)
        {
            switch (value)
            {
                case OrderedDictionary<object, object> entries: WriteEntries(writer, field, entries); break;
                case List<object> list: WriteList(writer, field, list); break;
                default: WriteUnlessDefault(writer, field, value); break;
            }
        }
    }

    private static void WriteEntries(WireWriter writer, FieldSchema field, OrderedDictionary<object, object> entries)
    {
        foreach (var (key, value) in entries)
        {
            writer.WriteTag(field.Number, WireType.Len);
            var start = writer.BeginLengthDelimited();
            WriteUnlessDefault(writer, field.Entry!.Key, key);
            WriteUnlessDefault(writer, field.Entry.Value, value);
            writer.EndLengthDelimited(start);
        }
    }

    private static void WriteList(WireWriter writer, FieldSchema field, List<object> list)
    {
        if (field.Scalar is { IsPacked: true } scalar && list.Count > 0)
        {
            writer.WriteTag(field.Number, WireType.Len);
            var start = writer.BeginLengthDelimited();
            list.ForEach(value => scalar.Write(writer, value));
            writer.EndLengthDelimited(start);
            return;
        }

        list.ForEach(value => WriteValue(writer, field, value));
    }

    private static void WriteUnlessDefault(WireWriter writer, FieldSchema field, object value)
    {
        if (field.Scalar?.IsDefault(value) != true)
        {
            WriteValue(writer, field, value);
        }
    }

    private static void WriteValue(WireWriter writer, FieldSchema field, object value)
    {
        writer.WriteTag(field.Number, field.WireType);
        if (field.Scalar is { } scalar)
        {
            scalar.Write(writer, value);
            return;
        }

        var start = writer.BeginLengthDelimited();
        Write(writer, (MessageValue)value);
        writer.EndLengthDelimited(start);
    }
}
