using System.Collections;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace LogWatcher.Rpc;

internal sealed class RepeatedFieldJson<TMessage, TValue, TJson> : FieldJson<TMessage>
    where TMessage : class, IMessage<TMessage>
    where TJson : struct, IValueJson<TValue>
{
    private readonly TJson _json;
    private readonly Func<TMessage, IList> _get;

    public RepeatedFieldJson(FieldDescriptor descriptor, TJson json)
        : base(descriptor.Name, descriptor.JsonName)
    {
        var accessor = descriptor.Accessor;
        _json = json;
        _get = message => (IList)accessor.GetValue(message);
    }

    public RepeatedFieldJson(string name, Func<TMessage, IList> get)
        : base(name, LowerCamelCase.Of(name))
    {
        _get = get;
    }

    public override bool ReadsNull => false;

    public override void Clear(TMessage message) => _get(message).Clear();

    public override void Read(ref JsonInput reader, TMessage message)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw MessageFormatException.Unexpected(ref reader, "an array");
        }

        var values = _get(message);
        values.Clear();
        try
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                values.Add(_json.Read(ref reader));
            }
        }
        catch (MessageFormatException e) when (e.Within($"[{values.Count}]"))
        {
            throw;
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
        var values = _get(message);
        output.WriteByte((byte)'[');
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0)
            {
                output.WriteRaw(", "u8);
            }

            _json.Write(output, (TValue)values[i]!);
        }

        output.WriteByte((byte)']');
    }
}
