using System.Text.Json;

namespace LogWatcher.Rpc;

internal readonly struct BooleanJson : IValueJson<bool>, IKeyJson<bool>
{
    private const string Expected = "true or false";

    public bool Empty => false;

    public bool ReadsNull => false;

    public bool IsEmpty(bool value) => !value;

    public bool Read(ref JsonInput reader) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw MessageFormatException.Unexpected(ref reader, Expected),
    };

    public void Write(JsonOutput output, bool value) => output.WriteRaw(value ? "true"u8 : "false"u8);

    public bool ReadKey(ref JsonInput reader) =>
        reader.ValueTextEquals("true"u8)
        || (!reader.ValueTextEquals("false"u8) ? throw MessageFormatException.Unexpected(ref reader, "the key \"true\" or \"false\"") : false);

    public void WriteKey(JsonOutput output, bool key) => output.WriteRaw(key ? "\"true\""u8 : "\"false\""u8);
}
