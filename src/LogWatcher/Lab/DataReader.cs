using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>
/// Reads a message from JSON, as proto3's mapping has it (protobuf.dev, "ProtoJSON Format"), except that a name which the message
/// does not have is a mistake: who explores wants to be told.
/// </summary>
internal sealed class DataReader(ClientSchemas schemas)
{
    // So many of a message's fields are named to whoever has named none of them.
    private const int MaxNamesTold = 20;

    /// <param name="reader">Its next token is the value's first.</param>
    /// <exception cref="MessageFormatException">The value is no such message; its path begins inside of it.</exception>
    public MessageValue Read(ref JsonInput reader, MessageSchema schema)
    {
        reader.Read();
        return ReadMessage(ref reader, schema, depth: 1);
    }

    private MessageValue ReadMessage(ref JsonInput reader, MessageSchema schema, int depth)
    {
        RequireObject(ref reader, depth);
        var message = new MessageValue(schema);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = StringJson.ReadText(ref reader);
            try
            {
                var index = schema.IndexOf(name);
                if (index < 0)
                {
                    throw UnknownField(schema);
                }

                reader.Read();
                ReadField(ref reader, message, index, depth);
            }
            catch (MessageFormatException e) when (e.Within(Quote(name)))
            {
                throw;
            }
        }

        return message;
    }

    private void ReadField(ref JsonInput reader, MessageValue message, int index, int depth)
    {
        var field = message.Schema.Fields[index];

        // Of a key given twice the last counts, also if it says that there is nothing.
        message[index] = null;
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (field.Entry is not null)
        {
            ReadEntries(ref reader, field.Entry, message.EntriesAt(index), depth + 1);
        }
        else if (field.IsRepeated)
        {
            ReadList(ref reader, field, message.ListAt(index), depth);
        }
        else
        {
            message[index] = ReadValue(ref reader, field, depth);
        }
    }

    private void ReadList(ref JsonInput reader, FieldSchema field, List<object> list, int depth)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw MessageFormatException.Unexpected(ref reader, "an array");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            try
            {
                list.Add(ReadValue(ref reader, field, depth));
            }
            catch (MessageFormatException e) when (e.Within($"[{list.Count}]"))
            {
                throw;
            }
        }
    }

    private void ReadEntries(ref JsonInput reader, MessageSchema entry, OrderedDictionary<object, object> entries, int depth)
    {
        RequireObject(ref reader, depth);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = StringJson.ReadText(ref reader);
            try
            {
                var key = entry.Key.Scalar!.ReadJsonKey(ref reader);
                reader.Read();
                entries[key] = ReadValue(ref reader, entry.Value, depth);
            }
            catch (MessageFormatException e) when (e.Within($"[\"{Quote(name)}\"]"))
            {
                throw;
            }
        }
    }

    private object ReadValue(ref JsonInput reader, FieldSchema field, int depth) =>
        field.Scalar is { } scalar ? scalar.ReadJson(ref reader) : ReadMessage(ref reader, schemas[field.MessageName!], depth + 1);

    private static MessageFormatException UnknownField(MessageSchema schema)
    {
        var names = string.Join(", ", schema.Fields.Take(MaxNamesTold).Select(field => field.Name));
        return new MessageFormatException(
            $"{schema.Name} has no such field; it has: {(names.Length == 0 ? "none" : names)}{(schema.Fields.Count > MaxNamesTold ? ", …" : "")}");
    }

    private static void RequireObject(ref JsonInput reader, int depth)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw MessageFormatException.Unexpected(ref reader, "an object");
        }

        if (depth > MessageValue.MaxDepth)
        {
            throw new MessageFormatException($"messages nest at most {MessageValue.MaxDepth} deep, a map's entries counted");
        }
    }

    private static string Quote(string name) => MessageFormatException.Quote(System.Text.Encoding.UTF8.GetBytes(name));
}
