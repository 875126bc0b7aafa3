using System.Text.Json;
using Google.Protobuf;

namespace LogWatcher.Rpc;

/// <summary>A field that holds a message.</summary>
internal readonly struct MessageValueJson(MessageJson json) : IValueJson<IMessage>
{
    private readonly MessageJson _json = json;

    public IMessage Empty => null!;

    public bool ReadsNull => _json.ReadsNull;

    public bool IsEmpty(IMessage? value) => value is null;

    public IMessage Read(ref JsonInput reader) => _json.ReadAny(ref reader);

    public void Write(JsonOutput output, IMessage value) => _json.WriteAny(output, value);
}
