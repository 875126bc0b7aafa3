using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>
/// Writes records as JSON, one by one in the order of the bytes; those of a message stand in the payload of its own. A group's
/// stand between its SGROUP and its EGROUP.
/// </summary>
internal static class RecordWriter
{
    public static void Write(JsonOutput output, List<WireRecord> records)
    {
        output.WriteByte((byte)'[');
        for (var index = 0; index < records.Count; index++)
        {
            output.WriteRaw(index == 0 ? ""u8 : ", "u8);
            WriteRecord(output, records[index]);
        }

        output.WriteByte((byte)']');
    }

    private static void WriteRecord(JsonOutput output, WireRecord record)
    {
        output.WriteRaw("{\"field_number\": "u8);
        output.WriteNumber((long)record.FieldNumber);
        output.WriteRaw(", \"wire_type\": "u8);
        output.WriteNumber((long)record.WireType);
        output.WriteRaw(", \"wire_type_name\": "u8);
        output.WriteString(record.WireType.Name());
        if (record.Length is { } length)
        {
            output.WriteRaw(", \"length\": "u8);
            output.WriteNumber((long)length);
        }

        output.WriteRaw(", \"payload\": "u8);
        WritePayload(output, record.Payload);
        output.WriteByte((byte)'}');
    }

    private static void WritePayload(JsonOutput output, object? payload)
    {
        switch (payload)
        {
            case null: output.WriteRaw("null"u8); break;
            case List<WireRecord> records: Write(output, records); break;
            case List<object> packed: WritePacked(output, packed); break;
            default: ScalarJson.WriteWithFraction(output, payload); break;
        }
    }

    private static void WritePacked(JsonOutput output, List<object> values)
    {
        output.WriteByte((byte)'[');
        for (var index = 0; index < values.Count; index++)
        {
            output.WriteRaw(index == 0 ? ""u8 : ", "u8);
            ScalarJson.WriteWithFraction(output, values[index]);
        }

        output.WriteByte((byte)']');
    }
}
