using System.Text;
using System.Text.Json;
using LogWatcher.Logs;

namespace LogWatcher.Tests.Support;

/// <summary>
/// Entries from lines by the plainest readers that do: JSON, logfmt, and a time and a level before the message. Filters are
/// tested with these, so that a format's own bugs are not theirs.
/// </summary>
internal static class SampleFormats
{
    public static EntryView Read(string line, string source = "") => Read(Encoding.UTF8.GetBytes(line), source);

    public static EntryView Read(byte[] line, string source = "")
    {
        var entry = new EntryView();
        entry.Begin(line, source);
        if (line.Length > 0 && line[0] == '{' && TryJson(line, entry))
        {
            return entry;
        }

        var text = Encoding.UTF8.GetString(line);
        if (!TryLogfmt(text, entry))
        {
            ReadText(text, entry);
        }

        return entry;
    }

    private static bool TryJson(byte[] line, EntryView entry)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 64 });
            entry.SetMessage(""u8);
            AddJson(document.RootElement, "", entry);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // What is no JSON, or has a lone surrogate escaped in it, is read as text.
            entry.Begin(line, entry.Source);
            return false;
        }
    }

    private static void AddJson(JsonElement element, string prefix, EntryView entry)
    {
        foreach (var property in element.EnumerateObject())
        {
            var name = prefix + property.Name;
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                AddJson(property.Value, name + ".", entry);
                continue;
            }

            // An array is written anew, without white space: the harder case for a test on raw bytes.
            var value = property.Value.ValueKind switch
            {
                JsonValueKind.String => property.Value.GetString()!,
                JsonValueKind.Array => JsonSerializer.Serialize(property.Value),
                _ => property.Value.GetRawText(),
            };
            Add(name, value, entry);
        }
    }

    private static bool TryLogfmt(string line, EntryView entry)
    {
        var index = 0;
        var fields = new List<(string Name, string Value)>();
        while (index < line.Length)
        {
            var equals = line.IndexOf('=', index);
            if (equals <= index || line.AsSpan(index, equals - index).IndexOfAny(" \"") >= 0)
            {
                return false;
            }

            var name = line[index..equals];
            index = equals + 1;
            if (index < line.Length && line[index] == '"')
            {
                var value = new StringBuilder();
                for (index++; index < line.Length && line[index] != '"'; index++)
                {
                    index += line[index] == '\\' && index + 1 < line.Length ? 1 : 0;
                    value.Append(line[index]);
                }

                fields.Add((name, value.ToString()));
                index++;
            }
            else
            {
                var end = line.IndexOf(' ', index);
                end = end < 0 ? line.Length : end;
                fields.Add((name, line[index..end]));
                index = end;
            }

            index++;
        }

        if (fields.Count == 0)
        {
            return false;
        }

        entry.SetMessage(""u8);
        fields.ForEach(field => Add(field.Name, field.Value, entry));
        return true;
    }

    private static void ReadText(string line, EntryView entry)
    {
        var rest = line;
        var space = rest.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0 && LogTime.TryParseRfc3339(Encoding.UTF8.GetBytes(rest[..space]), out var time))
        {
            entry.Time = time;
            rest = rest[(space + 1)..];
        }

        space = rest.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0 && LogLevels.TryParse(Encoding.UTF8.GetBytes(rest[..space]), out var level))
        {
            entry.Level = level;
            rest = rest[(space + 1)..];
        }

        entry.SetMessage(Encoding.UTF8.GetBytes(rest));
    }

    private static void Add(string name, string value, EntryView entry)
    {
        var utf8 = Encoding.UTF8.GetBytes(value);
        switch (name)
        {
            case "level" when LogLevels.TryParse(utf8, out var level):
                entry.Level = level;
                break;
            case "time" when LogTime.TryParseRfc3339(utf8, out var time):
                entry.Time = time;
                break;
            case "msg":
                entry.SetMessage(utf8);
                break;
            default:
                entry.AddField(Encoding.UTF8.GetBytes(name), utf8);
                break;
        }
    }
}
