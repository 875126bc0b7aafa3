using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>A call's metadata as a JSON object: a string for a key with one value, an array for one with several.</summary>
internal static class MetadataJson
{
    public static void Write(JsonOutput output, Metadata metadata)
    {
        output.WriteByte((byte)'{');
        var isFirst = true;
        foreach (var key in metadata.ByKey)
        {
            output.WriteRaw(isFirst ? ""u8 : ", "u8);
            isFirst = false;
            output.WriteString(key.Key);
            output.WriteRaw(": "u8);
            WriteValues(output, [.. key]);
        }

        output.WriteByte((byte)'}');
    }

    private static void WriteValues(JsonOutput output, object[] values)
    {
        if (values.Length == 1)
        {
            WriteValue(output, values[0]);
            return;
        }

        output.WriteByte((byte)'[');
        for (var index = 0; index < values.Length; index++)
        {
            output.WriteRaw(index == 0 ? ""u8 : ", "u8);
            WriteValue(output, values[index]);
        }

        output.WriteByte((byte)']');
    }

    private static void WriteValue(JsonOutput output, object value) =>
        output.WriteString(value is byte[] bytes ? Convert.ToBase64String(bytes) : (string)value);
}
