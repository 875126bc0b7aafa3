using System.Buffers;
using System.Text.Json;

namespace LogWatcher.Rpc;

/// <summary>Copies JSON as it came, only in the course's form: a space after each separating <c>:</c> and <c>,</c>, none elsewhere.</summary>
internal static class JsonRespacer
{
    private const int StackBytes = 256;

    /// <summary>
    /// Copies one value token by token: numbers by their digits, strings with only the escapes that JSON requires, keys in
    /// their order, those given twice too.
    /// </summary>
    /// <param name="reader">
    /// Its next <see cref="JsonInput.Read"/> gives the value's first token (it has read nothing yet, or
    /// stands on the value's name); afterwards it stands on the value's last token.
    /// </param>
    /// <exception cref="JsonException">The text is no JSON, is cut off, or deeper than the reader allows.</exception>
    /// <exception cref="InvalidOperationException">An escape in a string is half of a surrogate pair.</exception>
    public static void Write(ref JsonInput reader, JsonOutput output)
    {
        reader.Read();
        WriteCurrent(ref reader, output);
    }

    /// <summary>The same for a reader that already stands on the value's first token.</summary>
    public static void WriteCurrent(ref JsonInput reader, JsonOutput output)
    {
        var depth = reader.CurrentDepth;
        var separate = false;
        for (; ; reader.Read())
        {
            var token = reader.TokenType;
            var closes = token is JsonTokenType.EndObject or JsonTokenType.EndArray;
            if (separate && !closes)
            {
                output.WriteRaw(", "u8);
            }

            WriteToken(ref reader, output);
            separate = token is not (JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.PropertyName);
            if (separate && reader.CurrentDepth == depth)
            {
                return;
            }
        }
    }

    private static void WriteToken(ref JsonInput reader, JsonOutput output)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject: output.WriteByte((byte)'{'); break;
            case JsonTokenType.EndObject: output.WriteByte((byte)'}'); break;
            case JsonTokenType.StartArray: output.WriteByte((byte)'['); break;
            case JsonTokenType.EndArray: output.WriteByte((byte)']'); break;
            case JsonTokenType.PropertyName:
                WriteText(ref reader, output);
                output.WriteRaw(": "u8);
                break;
            case JsonTokenType.String: WriteText(ref reader, output); break;
            default: output.WriteRaw(reader.ValueSpan); break;
        }
    }

    private static void WriteText(ref JsonInput reader, JsonOutput output)
    {
        if (!reader.ValueIsEscaped)
        {
            // JSON takes no text that would need an escape and has none: it can be copied.
            output.WriteByte((byte)'"');
            output.WriteRaw(reader.ValueSpan);
            output.WriteByte((byte)'"');
            return;
        }

        // An escape never makes text longer than it is written.
        var length = reader.ValueSpan.Length;
        var rented = length > StackBytes ? ArrayPool<byte>.Shared.Rent(length) : null;
        try
        {
            var text = rented ?? stackalloc byte[StackBytes];
            output.WriteString(text[..reader.CopyString(text)]);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }
}
