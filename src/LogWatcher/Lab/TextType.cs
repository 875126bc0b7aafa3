using System.Buffers;
using System.Text;
using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>string: UTF-8, which proto3's parsers insist on.</summary>
internal sealed class TextType() : ScalarType("string", WireType.Len)
{
    public override bool CanBeKey => true;

    public override object Default => "";

    public override bool IsDefault(object value) => ((string)value).Length == 0;

    public override object ReadJson(ref JsonInput reader) => default(StringJson).Read(ref reader);

    public override object ReadJsonKey(ref JsonInput reader) => default(StringJson).ReadKey(ref reader);

    public override void WriteJsonKey(JsonOutput output, object key) => default(StringJson).WriteKey(output, (string)key);

    public override void Write(WireWriter writer, object value) => writer.WriteLengthDelimited(Encoding.UTF8.GetBytes((string)value));

    public override object Read(ref WireReader reader)
    {
        var text = reader.ReadLengthDelimited();
        var start = text.Offset;
        var bytes = text.ReadToEnd();
        var bad = IndexOfBadByte(bytes);
        return bad < 0 ? Encoding.UTF8.GetString(bytes) : throw new WireFormatException(start + bad, "a string is UTF-8, and this byte is not");
    }

    private static int IndexOfBadByte(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return -1;
        }

        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }
}
