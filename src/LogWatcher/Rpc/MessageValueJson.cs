using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace LogWatcher.Rpc;

/// <summary>A field that holds a message.</summary>
internal readonly struct MessageValueJson<TValue> : IValueJson<TValue>
    where TValue : class, IMessage<TValue>, new()
{
    public TValue Empty => null!;

    // In a google.protobuf.Value null is one of the values.
    public bool ReadsNull => typeof(TValue) == typeof(Value);

    public bool IsEmpty(TValue? value) => value is null;

    public TValue Read(ref JsonInput reader) => MessageJson<TValue>.Instance.ReadCurrent(ref reader);

    public void Write(JsonOutput output, TValue value) => MessageJson<TValue>.Instance.Write(output, value);
}
