using System.Text.Json;
using Google.Protobuf;
using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>bytes: base64 in JSON.</summary>
internal sealed class BytesType() : ScalarType("bytes", WireType.Len)
{
    public override bool CanBeKey => false;

    public override object Default => ByteString.Empty;

    public override bool IsDefault(object value) => ((ByteString)value).IsEmpty;

    public override object ReadJson(ref JsonInput reader) => default(BytesJson).Read(ref reader);

    public override object ReadJsonKey(ref JsonInput reader) => throw new NotSupportedException("bytes are no key");

    public override void WriteJsonKey(JsonOutput output, object key) => throw new NotSupportedException("bytes are no key");

    public override void Write(WireWriter writer, object value) => writer.WriteLengthDelimited(((ByteString)value).Span);

    public override object Read(ref WireReader reader) => ByteString.CopyFrom(reader.ReadLengthDelimited().ReadToEnd());
}
