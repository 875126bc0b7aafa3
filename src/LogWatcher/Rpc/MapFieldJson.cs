using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;

namespace LogWatcher.Rpc;

/// <summary>A map, written in the order its entries were put in.</summary>
internal sealed class MapFieldJson<TMessage, TKey, TKeyJson, TValue, TJson> : FieldJson<TMessage>
    where TMessage : class, IMessage<TMessage>
    where TKey : notnull
    where TKeyJson : struct, IKeyJson<TKey>
    where TJson : struct, IValueJson<TValue>
{
    private readonly Func<TMessage, MapField<TKey, TValue>> _get;

    public MapFieldJson(FieldDescriptor descriptor)
        : base(descriptor.Name, descriptor.JsonName)
    {
        _get = Getter<MapField<TKey, TValue>>(descriptor.PropertyName);
    }

    public override bool ReadsNull => false;

    public override void Clear(TMessage message) => _get(message).Clear();

    public override void Read(ref JsonInput reader, TMessage message)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw MessageFormatException.Unexpected(ref reader, "an object");
        }

        var entries = _get(message);
        if (entries.Count > 0)
        {
            entries.Clear();
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = default(TKeyJson).ReadKey(ref reader);
            reader.Read();
            entries[key] = ReadValue(ref reader, key);
        }
    }

    public override bool Write(JsonOutput output, TMessage message, bool isFirst)
    {
        if (_get(message).Count == 0)
        {
            return false;
        }

        WriteName(output, isFirst);
        WriteValue(output, message);
        return true;
    }

    public override void WriteValue(JsonOutput output, TMessage message)
    {
        output.WriteByte((byte)'{');
        var isFirst = true;
        foreach (var (key, value) in _get(message))
        {
            if (!isFirst)
            {
                output.WriteRaw(", "u8);
            }

            isFirst = false;
            default(TKeyJson).WriteKey(output, key);
            output.WriteRaw(": "u8);
            default(TJson).Write(output, value);
        }

        output.WriteByte((byte)'}');
    }

    private static TValue ReadValue(ref JsonInput reader, TKey key)
    {
        try
        {
            return default(TJson).Read(ref reader);
        }
        catch (MessageFormatException e) when (e.Within(Step(key)))
        {
            throw;
        }
    }

    private static string Step(TKey key)
    {
        var output = new JsonOutput();
        default(TKeyJson).WriteKey(output, key);
        return $"[\"{MessageFormatException.Quote(output.Written[1..^1])}\"]";
    }
}
