using System.Text;
using System.Text.Unicode;

namespace LogWatcher.Lab;

/// <summary>Takes a message's bytes apart, with a schema or without. One message.</summary>
/// <param name="schemas">The messages that the schema's fields may be of.</param>
internal sealed class MessageDecoder(ClientSchemas schemas)
{
    /// <summary>
    /// Records of one message, those of its messages included. A record may be two bytes, and is some 90 in the answer: without a
    /// bound, a line of 4 MiB would be answered with one of 90.
    /// </summary>
    public const int MaxRecords = 100_000;

    private int _records;

    /// <exception cref="WireFormatException">The bytes are no message.</exception>
    public List<WireRecord> Decode(ReadOnlySpan<byte> bytes, MessageSchema? schema)
    {
        var reader = new WireReader(bytes);
        return ReadMessage(ref reader, schema, depth: 1);
    }

    private List<WireRecord> ReadMessage(ref WireReader reader, MessageSchema? schema, int depth)
    {
        RequireDepth(depth, reader.Offset);
        var records = new List<WireRecord>();
        var groups = new Stack<(int FieldNumber, int Offset)>();
        while (!reader.IsAtEnd)
        {
            var start = reader.Offset;
            var (number, type) = reader.ReadTag();
            if (++_records > MaxRecords)
            {
                throw new WireFormatException(start, $"more than {MaxRecords} records are not taken apart");
            }

            if (type == WireType.SGroup)
            {
                groups.Push((number, start));
                RequireDepth(depth + groups.Count, start);
            }
            else if (type == WireType.EGroup)
            {
                EndGroup(groups, number, start);
            }

            records.Add(type is WireType.SGroup or WireType.EGroup
                ? new WireRecord(number, type, Length: null, Field: null, Payload: null)
                : ReadRecord(ref reader, number, type, groups.Count == 0 ? schema : null, depth));
        }

        return groups.TryPeek(out var open)
            ? throw new WireFormatException(open.Offset, $"the group of field {open.FieldNumber} is not ended")
            : records;
    }

    private static void EndGroup(Stack<(int FieldNumber, int Offset)> groups, int number, int offset)
    {
        if (!groups.TryPop(out var open))
        {
            throw new WireFormatException(offset, $"no group of field {number} has begun that could end");
        }

        if (open.FieldNumber != number)
        {
            throw new WireFormatException(
                offset, $"the end of a group of field {number}, and it is that of field {open.FieldNumber}, begun at {open.Offset}, that is open");
        }
    }

    private WireRecord ReadRecord(ref WireReader reader, int number, WireType type, MessageSchema? schema, int depth)
    {
        var index = schema?.IndexOf(number) ?? -1;
        var field = index < 0 ? null : schema!.Fields[index];
        var isPacked = type == WireType.Len && field is { IsRepeated: true, Scalar.IsPacked: true };
        if (field is null || (type != field.WireType && !isPacked))
        {
            // A record of another wire type than its field's is as unknown as one of no field.
            return ReadUnknown(ref reader, number, type);
        }

        var ahead = reader;
        int? length = type == WireType.Len ? ahead.ReadLengthDelimited().Left : null;
        var payload = isPacked ? ReadPacked(ref reader, field.Scalar!)
            : field.Scalar is { } scalar ? scalar.Read(ref reader)
            : ReadInner(ref reader, field.Entry ?? schemas[field.MessageName!], depth + 1);
        return new WireRecord(number, type, length, field, payload);
    }

    private List<WireRecord> ReadInner(ref WireReader reader, MessageSchema schema, int depth)
    {
        var inner = reader.ReadLengthDelimited();
        return ReadMessage(ref inner, schema, depth);
    }

    private static List<object> ReadPacked(ref WireReader reader, ScalarType scalar)
    {
        var values = new List<object>();
        var packed = reader.ReadLengthDelimited();
        while (!packed.IsAtEnd)
        {
            values.Add(scalar.Read(ref packed));
        }

        return values;
    }

    private static WireRecord ReadUnknown(ref WireReader reader, int number, WireType type)
    {
        if (type == WireType.Len)
        {
            var bytes = reader.ReadLengthDelimited().ReadToEnd();
            var payload = IsPlainText(bytes) ? Encoding.UTF8.GetString(bytes) : Convert.ToHexStringLower(bytes);
            return new WireRecord(number, type, bytes.Length, Field: null, payload);
        }

        // Each its own object: without the cast all three would be made doubles.
        var value = type switch
        {
            WireType.I64 => (object)BitConverter.UInt64BitsToDouble(reader.ReadI64()),
            WireType.I32 => BitConverter.UInt32BitsToSingle(reader.ReadI32()),
            _ => reader.ReadVarint(),
        };
        return new WireRecord(number, type, Length: null, Field: null, value);
    }

    /// <summary>Whether the bytes look like text: UTF-8 without controls (U+0000 to U+001F, U+007F to U+009F).</summary>
    private static bool IsPlainText(ReadOnlySpan<byte> bytes)
    {
        if (!Utf8.IsValid(bytes))
        {
            return false;
        }

        for (var index = 0; index < bytes.Length; index++)
        {
            // U+0080 to U+009F are 0xC2 and a byte up to 0x9F, which in no other character of two bytes follows 0xC2.
            if (bytes[index] is < 0x20 or 0x7f || (bytes[index] == 0xC2 && bytes[index + 1] <= 0x9F))
            {
                return false;
            }
        }

        return true;
    }

    private static void RequireDepth(int depth, int offset)
    {
        if (depth > MessageValue.MaxDepth)
        {
            throw new WireFormatException(offset, $"messages nest at most {MessageValue.MaxDepth} deep, groups and a map's entries counted");
        }
    }
}
