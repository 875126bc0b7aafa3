using System.Text.Json;

namespace LogWatcher.Rpc;

internal readonly struct StringJson : IValueJson<string>, IKeyJson<string>
{
    public string Empty => "";

    public bool ReadsNull => false;

    /// <summary>The text of the string or property name that the reader stands on.</summary>
    /// <exception cref="MessageFormatException">Its bytes are no UTF-8, or an escape in it is half of a surrogate pair.</exception>
    public static string ReadText(ref JsonInput reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new MessageFormatException("expected text, got bytes that are no UTF-8, or an escape that is half of a surrogate pair", e);
        }
    }

    public bool IsEmpty(string value) => value.Length == 0;

    public string Read(ref JsonInput reader) =>
        reader.TokenType == JsonTokenType.String ? ReadText(ref reader) : throw MessageFormatException.Unexpected(ref reader, "a string");

    public void Write(JsonOutput output, string value) => output.WriteString(value);

    public string ReadKey(ref JsonInput reader) => ReadText(ref reader);

    public void WriteKey(JsonOutput output, string key) => output.WriteString(key);
}
