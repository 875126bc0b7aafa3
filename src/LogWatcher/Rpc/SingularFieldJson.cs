using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace LogWatcher.Rpc;

/// <summary>A field with one value: scalar, message or wrapper, with presence or without, in a oneof or not.</summary>
internal sealed class SingularFieldJson<TMessage, TValue, TJson> : FieldJson<TMessage>
    where TMessage : class, IMessage<TMessage>
    where TJson : struct, IValueJson<TValue>
{
    private readonly TJson _json;
    private readonly Func<TMessage, TValue> _get;
    private readonly Action<TMessage, TValue> _set;
    private readonly Func<TMessage, bool>? _has;
    private readonly FieldDescriptor? _descriptor;
    private readonly OneofDescriptor? _oneof;

    public SingularFieldJson(FieldDescriptor descriptor, TJson json)
        : base(descriptor.Name, descriptor.JsonName)
    {
        _descriptor = descriptor;
        _json = json;
        (_get, _set) = Access<TValue>(descriptor);
        _has = Presence(descriptor);
        _oneof = descriptor.RealContainingOneof;
    }

    /// <summary>A field without presence, and in no oneof.</summary>
    public SingularFieldJson(string name, Func<TMessage, TValue> get, Action<TMessage, TValue> set)
        : base(name, LowerCamelCase.Of(name))
    {
        _get = get;
        _set = set;
    }

    public override bool ReadsNull => _json.ReadsNull;

    public override void Clear(TMessage message)
    {
        if (_has is not null)
        {
            if (_has(message))
            {
                _descriptor!.Accessor.Clear(message);
            }
        }
        else if (!_json.IsEmpty(_get(message)))
        {
            _set(message, _json.Empty);
        }
    }

    public override void Read(ref JsonInput reader, TMessage message)
    {
        if (_oneof?.Accessor.GetCaseFieldDescriptor(message) is { } other && other != _descriptor)
        {
            // Which of the two counts would hang on the order of keys, and that has no meaning in JSON.
            throw new MessageFormatException($"expected one field of the oneof {_oneof.Name}, got {other.Name} as well");
        }

        _set(message, _json.Read(ref reader));
    }

    public override bool Write(JsonOutput output, TMessage message, bool isFirst)
    {
        if (_has is not null && !_has(message))
        {
            return false;
        }

        var value = _get(message);
        if (_has is null && _json.IsEmpty(value))
        {
            return false;
        }

        WriteName(output, isFirst);
        _json.Write(output, value);
        return true;
    }

    public override void WriteValue(JsonOutput output, TMessage message) => _json.Write(output, _get(message));
}
