using System.Collections;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace LogWatcher.Rpc;

/// <summary>A map, written in the order its entries were put in.</summary>
internal sealed class MapFieldJson<TMessage>(FieldDescriptor descriptor) : FieldJson<TMessage>(descriptor.Name, descriptor.JsonName)
    where TMessage : class, IMessage<TMessage>
{
    private readonly BoxedJson _key = FieldPlan.Boxed(descriptor.MessageType.FindFieldByNumber(1));
    private readonly BoxedJson _value = FieldPlan.Boxed(descriptor.MessageType.FindFieldByNumber(2));
    private readonly IFieldAccessor _accessor = descriptor.Accessor;

    public override bool ReadsNull => false;

    public override void Clear(TMessage message) => Entries(message).Clear();

    public override void Read(ref JsonInput reader, TMessage message)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw MessageFormatException.Unexpected(ref reader, "an object");
        }

        var entries = Entries(message);
        if (entries.Count > 0)
        {
            entries.Clear();
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = _key.ReadKey(ref reader);
            reader.Read();
            entries[key] = ReadValue(ref reader, key);
        }
    }

    public override bool Write(JsonOutput output, TMessage message, bool isFirst)
    {
        if (Entries(message).Count == 0)
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
        foreach (DictionaryEntry entry in Entries(message))
        {
            if (!isFirst)
            {
                output.WriteRaw(", "u8);
            }

            isFirst = false;
            _key.WriteKey(output, entry.Key);
            output.WriteRaw(": "u8);
            _value.Write(output, entry.Value!);
        }

        output.WriteByte((byte)'}');
    }

    private IDictionary Entries(TMessage message) => (IDictionary)_accessor.GetValue(message);

    private object ReadValue(ref JsonInput reader, object key)
    {
        try
        {
            return _value.Read(ref reader);
        }
        catch (MessageFormatException e) when (e.Within(Step(key)))
        {
            throw;
        }
    }

    private string Step(object key)
    {
        var output = new JsonOutput();
        _key.WriteKey(output, key);
        return $"[\"{MessageFormatException.Quote(output.Written[1..^1])}\"]";
    }
}
