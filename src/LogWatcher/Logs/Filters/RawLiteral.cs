using System.Buffers;
using System.Text;

namespace LogWatcher.Logs.Filters;

/// <summary>A phrase that stands in the line, or one of the marks of a line in which it may stand hidden.</summary>
internal sealed class RawLiteral : RawTest
{
    // Shared, so that a filter of many terms looks for each but once.
    private static readonly Needle Backslash = new("\\"u8);
    private static readonly Needle MessageTemplate = new("@mt"u8);

    /// <summary>JSON may be written again with other white space around these, so no literal is searched across one.</summary>
    private static readonly SearchValues<char> Structure = SearchValues.Create("[]{},:\"");

    private readonly Phrase _phrase;
    private readonly Needle[] _hiding;

    private RawLiteral(Phrase phrase, Needle[] hiding)
    {
        _phrase = phrase;
        _hiding = hiding;
    }

    /// <summary>A phrase of the line itself, which no escape can hide: it is searched there just so.</summary>
    public static RawTest? OfLine(Phrase phrase) => IsCertain(phrase.Text) ? new RawLiteral(phrase, []) : null;

    /// <summary>
    /// Text that a field's value holds. A backslash in the line may be an escape that hides it, and a message may be made
    /// of a CLEF template (<c>@mt</c>).
    /// </summary>
    /// <returns>Null if the line may hold anything.</returns>
    public static RawTest? OfField(FieldPath path, string text)
    {
        if (path.IsMade || !IsCertain(text) || text.Contains('\\', StringComparison.Ordinal))
        {
            return null;
        }

        var part = LongestPart(text);
        return part.Length == 0 ? null
            : new RawLiteral(new Phrase(part), path.Place == FieldPlace.Message ? [Backslash, MessageTemplate] : [Backslash]);
    }

    public override bool MayMatch(ReadOnlySpan<byte> line)
    {
        if (_phrase.IsIn(line))
        {
            return true;
        }

        foreach (var needle in _hiding)
        {
            if (needle.IsIn(line))
            {
                return true;
            }
        }

        return false;
    }

    public override bool TryAnchor(ISet<IAnchor> anchors)
    {
        if (_phrase.Required is not { } required)
        {
            return false;
        }

        anchors.Add(required);
        anchors.UnionWith(_hiding);
        return true;
    }

    /// <summary>
    /// U+FFFD stands for bytes that were something else, and the lines of an entry over several lines may be joined by
    /// other bytes than the file has between them.
    /// </summary>
    private static bool IsCertain(string text) => text.Length > 0 && text.AsSpan().IndexOfAny('\uFFFD', '\r', '\n') < 0;

    private static string LongestPart(string text)
    {
        var longest = ReadOnlySpan<char>.Empty;
        foreach (var range in text.AsSpan().SplitAny(Structure))
        {
            var part = text.AsSpan(range).Trim();
            longest = part.Length > longest.Length ? part : longest;
        }

        return longest.ToString();
    }
}
