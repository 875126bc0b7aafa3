namespace LogWatcher.Lab;

/// <summary>
/// Makes a message of its records (protobuf.dev, "Encoding", "Last One Wins"): of a scalar the last one counts, messages of one
/// field are merged, a repeated field holds them all. Records of no field are left out.
/// </summary>
internal sealed class RecordMerger(ClientSchemas schemas)
{
    public MessageValue Merge(MessageSchema schema, List<WireRecord> records) => Merge(new MessageValue(schema), records);

    private MessageValue Merge(MessageValue message, List<WireRecord> records)
    {
        foreach (var record in records)
        {
            if (record.Field is { } field)
            {
                Add(message, message.Schema.IndexOf(field.Number), field, record.Payload!);
            }
        }

        return message;
    }

    private void Add(MessageValue message, int index, FieldSchema field, object payload)
    {
        if (field.Entry is { } entry)
        {
            var pair = Merge(entry, (List<WireRecord>)payload);
            message.EntriesAt(index)[pair[0] ?? DefaultOf(entry.Key)] = pair[1] ?? DefaultOf(entry.Value);
        }
        else if (payload is List<object> packed)
        {
            message.ListAt(index).AddRange(packed);
        }
        else if (field.IsRepeated)
        {
            message.ListAt(index).Add(payload is List<WireRecord> records ? Merge(schemas[field.MessageName!], records) : payload);
        }
        else
        {
            message[index] = payload is List<WireRecord> records
                ? Merge((MessageValue?)message[index] ?? new MessageValue(schemas[field.MessageName!]), records)
                : payload;
        }
    }

    private object DefaultOf(FieldSchema field) => field.Scalar?.Default ?? new MessageValue(schemas[field.MessageName!]);
}
