using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>Writes a message as JSON in the form of all others: names as in the schema, in the order of the numbers, what is empty left out.</summary>
internal static class DataWriter
{
    public static void Write(JsonOutput output, MessageValue message)
    {
        output.WriteByte((byte)'{');
        var isFirst = true;
        foreach (var (field, value) in message.Set)
        {
            if (IsEmpty(field, value))
            {
                continue;
            }

            Separate(output, ref isFirst);
            output.WriteString(field.Name);
            output.WriteRaw(": "u8);
            WriteField(output, field, value);
        }

        output.WriteByte((byte)'}');
    }

    private static bool IsEmpty(FieldSchema field, object value) => value switch
    {
        List<object> list => list.Count == 0,
        MessageValue or OrderedDictionary<object, object> => false,
        _ => field.Scalar!.IsDefault(value),
    };

    private static void WriteField(JsonOutput output, FieldSchema field, object value)
    {
        switch (value)
        {
            case List<object> list: WriteList(output, list); break;
            case OrderedDictionary<object, object> entries: WriteEntries(output, field.Entry!.Key.Scalar!, entries); break;
            default: WriteValue(output, value); break;
        }
    }

    private static void WriteList(JsonOutput output, List<object> list)
    {
        output.WriteByte((byte)'[');
        var isFirst = true;
        foreach (var value in list)
        {
            Separate(output, ref isFirst);
            WriteValue(output, value);
        }

        output.WriteByte((byte)']');
    }

    private static void WriteEntries(JsonOutput output, ScalarType keyType, OrderedDictionary<object, object> entries)
    {
        output.WriteByte((byte)'{');
        var isFirst = true;
        foreach (var (key, value) in entries)
        {
            Separate(output, ref isFirst);
            keyType.WriteJsonKey(output, key);
            output.WriteRaw(": "u8);
            WriteValue(output, value);
        }

        output.WriteByte((byte)'}');
    }

    private static void WriteValue(JsonOutput output, object value)
    {
        if (value is MessageValue message)
        {
            Write(output, message);
        }
        else
        {
            ScalarJson.Write(output, value);
        }
    }

    private static void Separate(JsonOutput output, ref bool isFirst)
    {
        output.WriteRaw(isFirst ? ""u8 : ", "u8);
        isFirst = false;
    }
}
