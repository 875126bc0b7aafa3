using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>
/// Reads <c>{name, fields: [{name, number, type, repeated?}]}</c>. What a .proto would be refused for is refused here. Keys come in
/// any order, the last of those given twice counts, others are ignored, as in all lines.
/// </summary>
internal static class SchemaReader
{
    /// <summary>Fields of one message: more than any .proto has that people read.</summary>
    public const int MaxFields = 1_000;

    /// <summary>How long a name may be, in characters.</summary>
    public const int MaxNameChars = 255;

    // protobuf.dev, "Language Guide (proto 3)", "Assigning Field Numbers": kept for its implementation.
    private const int FirstReservedNumber = 19_000;
    private const int LastReservedNumber = 19_999;

    private const string MapPrefix = "map<";

    /// <param name="reader">Its next token is the schema's first.</param>
    /// <exception cref="MessageFormatException">The value is no schema; its path begins inside of it.</exception>
    public static MessageSchema Read(ref JsonInput reader)
    {
        string? name = null;
        List<FieldSchema>? fields = null;
        reader.Read();
        RequireObject(ref reader);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = StringJson.ReadText(ref reader);
            reader.Read();
            try
            {
                switch (key)
                {
                    case "name": name = ReadMessageName(ref reader); break;
                    case "fields": fields = ReadFields(ref reader); break;
                    default: reader.Skip(); break;
                }
            }
            catch (MessageFormatException e) when (e.Within(key))
            {
                throw;
            }
        }

        return new MessageSchema(name ?? throw Missing("name", "an identifier"), fields ?? throw Missing("fields", "an array of fields"));
    }

    private static string ReadMessageName(ref JsonInput reader)
    {
        var name = ReadName(ref reader);
        return ScalarTypes.Find(name) is null ? name : throw MessageFormatException.Unexpected(ref reader, "a name that no scalar type has");
    }

    private static List<FieldSchema> ReadFields(ref JsonInput reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw MessageFormatException.Unexpected(ref reader, "an array of fields");
        }

        var fields = new List<FieldSchema>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new HashSet<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            try
            {
                var field = ReadField(ref reader);
                fields.Add(fields.Count == MaxFields ? throw new MessageFormatException($"a message has at most {MaxFields} fields")
                    : !names.Add(field.Name) ? throw new MessageFormatException($"the name \"{field.Name}\" is another field's")
                    : !numbers.Add(field.Number) ? throw new MessageFormatException($"the number {field.Number} is another field's")
                    : field);
            }
            catch (MessageFormatException e) when (e.Within($"[{fields.Count}]"))
            {
                throw;
            }
        }

        return fields;
    }

    private static FieldSchema ReadField(ref JsonInput reader)
    {
        string? name = null;
        int? number = null;
        FieldSchema? type = null;
        var isRepeated = false;
        RequireObject(ref reader);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = StringJson.ReadText(ref reader);
            reader.Read();
            try
            {
                switch (key)
                {
                    case "name": name = ReadName(ref reader); break;
                    case "number": number = ReadNumber(ref reader); break;
                    case "type": type = ReadType(ref reader); break;
                    case "repeated": isRepeated = default(BooleanJson).Read(ref reader); break;
                    default: reader.Skip(); break;
                }
            }
            catch (MessageFormatException e) when (e.Within(key))
            {
                throw;
            }
        }

        var field = (type ?? throw Missing("type", "the name of a type")) with
        {
            Name = name ?? throw Missing("name", "an identifier"),
            Number = number ?? throw Missing("number", "a field number"),
            IsRepeated = isRepeated,
        };
        return isRepeated && field.Entry is not null ? throw new MessageFormatException("a map can't be repeated: it holds several already") : field;
    }

    private static string ReadName(ref JsonInput reader)
    {
        var name = reader.TokenType == JsonTokenType.String ? StringJson.ReadText(ref reader) : "";
        return IsName(name)
            ? name
            : throw MessageFormatException.Unexpected(
                ref reader, $"an identifier (letters, digits and _, no digit first, at most {MaxNameChars} characters)");
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameChars && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static int ReadNumber(ref JsonInput reader) =>
        reader.TokenType == JsonTokenType.Number
        && reader.TryGetInt32(out var number)
        && number is >= 1 and <= WireReader.MaxFieldNumber and not (>= FirstReservedNumber and <= LastReservedNumber)
            ? number
            : throw MessageFormatException.Unexpected(
                ref reader, $"an integer from 1 to {WireReader.MaxFieldNumber}, {FirstReservedNumber} to {LastReservedNumber} aside");

    /// <summary>A field of that type, without a name and a number.</summary>
    private static FieldSchema ReadType(ref JsonInput reader)
    {
        var text = reader.TokenType == JsonTokenType.String ? StringJson.ReadText(ref reader) : "";
        return !text.StartsWith(MapPrefix, StringComparison.Ordinal) ? TypeOf(text, ref reader)
            : text.EndsWith('>') && text.IndexOf(',', StringComparison.Ordinal) is var comma and > 0
                ? MapOf(text[MapPrefix.Length..comma].Trim(' '), text[(comma + 1)..^1].Trim(' '), ref reader)
                : throw MessageFormatException.Unexpected(ref reader, "map<KEY, VALUE>");
    }

    private static FieldSchema TypeOf(string name, ref JsonInput reader)
    {
        var scalar = ScalarTypes.Find(name);
        return scalar is not null || IsName(name)
            ? new FieldSchema("", 0, IsRepeated: false, scalar, scalar is null ? name : null, Entry: null)
            : throw MessageFormatException.Unexpected(
                ref reader, $"a scalar type ({string.Join(", ", ScalarTypes.Names)}), the name of a message, or map<KEY, VALUE>");
    }

    private static FieldSchema MapOf(string keyName, string valueName, ref JsonInput reader)
    {
        var key = ScalarTypes.Find(keyName);
        return key is { CanBeKey: true }
            ? new FieldSchema("", 0, IsRepeated: false, Scalar: null, MessageName: null, MessageSchema.OfEntry(key, TypeOf(valueName, ref reader)))
            : throw MessageFormatException.Unexpected(ref reader, "a map whose keys are integers, bool or string");
    }

    private static void RequireObject(ref JsonInput reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw MessageFormatException.Unexpected(ref reader, "an object");
        }
    }

    private static MessageFormatException Missing(string key, string expected)
    {
        var missing = new MessageFormatException($"expected {expected}, got nothing");
        missing.Within(key);
        return missing;
    }
}
