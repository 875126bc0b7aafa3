using System.Buffers;
using System.Text;

namespace LogWatcher.Logs.Filters;

/// <summary>
/// Text that is searched ignoring case, as <see cref="StringComparison.OrdinalIgnoreCase"/> does. Most phrases are
/// found on the bytes as they are; only one with letters outside of ASCII that have two cases needs the text decoded, and
/// then only text that can hold it. Immutable; any number of threads may share one.
/// </summary>
internal sealed class Phrase
{
    private readonly Needle? _whole;
    private readonly Needle? _asciiPart;
    private readonly SearchValues<string>? _characters;

    public Phrase(string text)
    {
        // A lone surrogate can't stand in UTF-8; it is searched as what it would be read as.
        var utf8 = Encoding.UTF8.GetBytes(text);
        Text = Encoding.UTF8.GetString(utf8);
        if (Text.Length == 0)
        {
            return;
        }

        if (Text.EnumerateRunes().All(rune => rune.IsAscii || HasOneCase(rune)))
        {
            _whole = new Needle(utf8);
            return;
        }

        var asciiPart = LongestAscii(utf8);
        _asciiPart = asciiPart.IsEmpty ? null : new Needle(asciiPart);
        _characters = SearchValues.Create([Text], StringComparison.OrdinalIgnoreCase);
    }

    public string Text { get; }

    /// <summary>
    /// Bytes that stand in every text that the phrase stands in, in whatever case; null when there are none. An ASCII
    /// letter is never another letter in the other case.
    /// </summary>
    public Needle? Required => _whole ?? _asciiPart;

    public bool IsIn(ReadOnlySpan<byte> utf8)
    {
        if (_characters is null)
        {
            return _whole is null || _whole.IsIn(utf8);
        }

        if (Ascii.IsValid(utf8) || (_asciiPart is not null && !_asciiPart.IsIn(utf8)))
        {
            return false;
        }

        // UTF-8 never has more UTF-16 units than bytes.
        var characters = ArrayPool<char>.Shared.Rent(utf8.Length);
        var length = Encoding.UTF8.GetChars(utf8, characters);
        var isIn = characters.AsSpan(0, length).ContainsAny(_characters);
        ArrayPool<char>.Shared.Return(characters);
        return isIn;
    }

    /// <summary>U+FFFD has one case, but it stands for bytes that are something else: it must be searched in what is decoded.</summary>
    private static bool HasOneCase(Rune rune) =>
        rune != Rune.ReplacementChar && Rune.ToUpperInvariant(rune) == rune && Rune.ToLowerInvariant(rune) == rune;

    private static ReadOnlySpan<byte> LongestAscii(ReadOnlySpan<byte> utf8)
    {
        var longest = ReadOnlySpan<byte>.Empty;
        while (!utf8.IsEmpty)
        {
            var end = utf8.IndexOfAnyInRange((byte)0x80, (byte)0xFF);
            var part = end < 0 ? utf8 : utf8[..end];
            longest = part.Length > longest.Length ? part : longest;
            utf8 = utf8[Math.Min(utf8.Length, part.Length + 1)..];
        }

        return longest;
    }
}
