using System.Text.Json;
using System.Text.RegularExpressions;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>
/// A line that the node must write: byte for byte, except that a <see cref="FreeText"/> in it stands for a string which the
/// protocol leaves to the node.
/// </summary>
/// <param name="Line">The whole line.</param>
/// <param name="Names">A word that the free text must contain; null: any words will do.</param>
internal sealed record ExpectedLine(string Line, string? Names)
{
    /// <summary>Stands for any JSON string; a control character stands unescaped in no line.</summary>
    public const string FreeText = "\0";

    public bool Matches(string actual)
    {
        var free = Line.IndexOf(FreeText, StringComparison.Ordinal);
        if (free < 0)
        {
            return actual == Line;
        }

        var (head, tail) = (Line[..free], Line[(free + 1)..]);
        return actual.Length > head.Length + tail.Length
            && actual.StartsWith(head, StringComparison.Ordinal)
            && actual.EndsWith(tail, StringComparison.Ordinal)
            && IsGoodText(actual[head.Length..^tail.Length]);
    }

    public override string ToString() => Line.Replace(FreeText, Names is null ? "«any text»" : $"«any text with the word {Names}»");

    private bool IsGoodText(string json)
    {
        string? text;
        try
        {
            text = JsonSerializer.Deserialize<string>(json);
        }
        catch (JsonException)
        {
            return false;
        }

        return !string.IsNullOrWhiteSpace(text)
            && !text.Contains(ProbeService.Secret, StringComparison.Ordinal)
            && (Names is null || Regex.IsMatch(text, $@"\b{Regex.Escape(Names)}\b"));
    }
}
