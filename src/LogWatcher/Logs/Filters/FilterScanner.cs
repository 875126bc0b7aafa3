using System.Text;

namespace LogWatcher.Logs.Filters;

/// <summary>
/// The filter's text and the place reached in it: takes the pieces that the grammar is made of. Where a piece ends
/// depends on where it stands, so there are no tokens to take beforehand.
/// </summary>
internal sealed class FilterScanner(string text)
{
    public int Position { get; set; }

    public bool IsAtEnd => Position >= text.Length;

    public bool IsAt(char character) => !IsAtEnd && text[Position] == character;

    public bool IsAtQuote => !IsAtEnd && IsQuote(text[Position]);

    public bool IsAtWhiteSpace => !IsAtEnd && char.IsWhiteSpace(text[Position]);

    public void SkipWhiteSpace()
    {
        while (IsAtWhiteSpace)
        {
            Position++;
        }
    }

    /// <summary>The word ahead, not taken: up to white space, a quote or a parenthesis. Empty if none is there.</summary>
    public ReadOnlySpan<char> PeekWord() =>
        Until(static character => char.IsWhiteSpace(character) || IsQuote(character) || IsParenthesis(character));

    /// <summary>Whether the word ahead is that keyword, in whatever case.</summary>
    public bool IsAtKeyword(string keyword) => PeekWord().Equals(keyword, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the word ahead is that keyword and a parenthesis opens behind it.</summary>
    public bool IsAtKeywordBeforeParenthesis(string keyword)
    {
        if (!IsAtKeyword(keyword))
        {
            return false;
        }

        var start = Position;
        Position += keyword.Length;
        SkipWhiteSpace();
        var isBefore = IsAt('(');
        Position = start;
        return isBefore;
    }

    public string TakeWord() => Take(PeekWord());

    /// <summary>A value: up to white space or a closing parenthesis.</summary>
    public string TakeValueWord() => Take(Until(static character => char.IsWhiteSpace(character) || character == ')'));

    /// <summary>A value of a list: a comma, a quote and any parenthesis end it too.</summary>
    public string TakeListWord() => Take(Until(
        static character => char.IsWhiteSpace(character) || IsQuote(character) || IsParenthesis(character) || character == ','));

    /// <summary>
    /// A quoted string; <c>\</c> before a quote or a <c>\</c> takes that as it is, before anything else it is a <c>\</c>.
    /// </summary>
    /// <exception cref="FilterSyntaxException">It isn't closed.</exception>
    public string TakeString()
    {
        var open = Position;
        var quote = text[Position++];
        var content = new StringBuilder();
        while (!IsAtEnd)
        {
            var character = text[Position++];
            if (character == quote)
            {
                return content.ToString();
            }

            if (character == '\\' && !IsAtEnd && (IsAtQuote || IsAt('\\')))
            {
                character = text[Position++];
            }

            content.Append(character);
        }

        throw Error(Position, $"expected a {quote} that closes the one at column {Column(open)}");
    }

    /// <summary>
    /// <c>/…/</c> or <c>/…/i</c>, closed by the first slash before white space, a closing parenthesis or the end; what
    /// isn't closed so, or has nothing between its slashes, is no regular expression and is left alone.
    /// </summary>
    public bool TryTakeRegex(out string pattern, out bool ignoreCase)
    {
        (pattern, ignoreCase) = ("", false);
        if (!IsAt('/'))
        {
            return false;
        }

        for (var index = Position + 1; index < text.Length; index++)
        {
            if (text[index] == '\\')
            {
                // Whatever it escapes, a slash too, closes nothing.
                index++;
                continue;
            }

            if (text[index] != '/')
            {
                continue;
            }

            ignoreCase = index + 1 < text.Length && text[index + 1] == 'i';
            var end = ignoreCase ? index + 2 : index + 1;
            if (end == text.Length || char.IsWhiteSpace(text[end]) || text[end] == ')')
            {
                pattern = text[(Position + 1)..index];
                Position = pattern.Length > 0 ? end : Position;
                return pattern.Length > 0;
            }
        }

        return false;
    }

    /// <summary>
    /// A path, if one begins here: <c>ident { "." ident }</c>, where an ident begins with a letter, <c>_</c> or <c>@</c>,
    /// after the first also with a digit, and goes on with <c>-</c> too.
    /// </summary>
    public bool TryTakePath(out string path)
    {
        var start = Position;
        var end = EndOfIdent(start, isFirst: true);
        for (var next = end; next > 0;)
        {
            end = next;
            next = end < text.Length && text[end] == '.' ? EndOfIdent(end + 1, isFirst: false) : 0;
        }

        path = end > start ? text[start..end] : "";
        Position = Math.Max(start, end);
        return end > start;
    }

    public bool TryTakeOperator(out Comparison comparison)
    {
        comparison = default;
        if (IsAtEnd)
        {
            return false;
        }

        var next = Position + 1 < text.Length ? text[Position + 1] : '\0';
        (Comparison Comparison, int Length)? found = (text[Position], next) switch
        {
            ('!', '=') => (Comparison.NotEqual, 2),
            ('!', ':') => (Comparison.NotContains, 2),
            ('!', '~') => (Comparison.NotLike, 2),
            ('<', '=') => (Comparison.LessOrEqual, 2),
            ('>', '=') => (Comparison.GreaterOrEqual, 2),
            ('=', _) => (Comparison.Equal, 1),
            ('<', _) => (Comparison.Less, 1),
            ('>', _) => (Comparison.Greater, 1),
            (':', _) => (Comparison.Contains, 1),
            ('~', _) => (Comparison.Like, 1),
            _ => null,
        };
        if (found is not { } taken)
        {
            return false;
        }

        comparison = taken.Comparison;
        Position += taken.Length;
        return true;
    }

    public bool IsAtText(string expected) => text.AsSpan(Position).StartsWith(expected, StringComparison.Ordinal);

    /// <summary>The column of a position, counted in code points: a character outside of the BMP is one, as a reader sees it.</summary>
    public int Column(int position)
    {
        var column = 1;
        foreach (var _ in text.AsSpan(0, position).EnumerateRunes())
        {
            column++;
        }

        return column;
    }

    public FilterSyntaxException Error(int position, string expected) => new(Column(position), expected);

    private static bool IsQuote(char character) => character is '"' or '\'';

    private static bool IsParenthesis(char character) => character is '(' or ')';

    private ReadOnlySpan<char> Until(Func<char, bool> isEnd)
    {
        var end = Position;
        while (end < text.Length && !isEnd(text[end]))
        {
            end++;
        }

        return text.AsSpan(Position, end - Position);
    }

    private string Take(ReadOnlySpan<char> word)
    {
        Position += word.Length;
        return word.ToString();
    }

    /// <summary>Where the ident that begins at a place ends; 0 if none begins there.</summary>
    private int EndOfIdent(int start, bool isFirst)
    {
        if (start >= text.Length || !(IsIdentStart(text[start]) || (!isFirst && char.IsAsciiDigit(text[start]))))
        {
            return 0;
        }

        var end = start + 1;
        while (end < text.Length && (IsIdentStart(text[end]) || char.IsAsciiDigit(text[end]) || text[end] == '-'))
        {
            end++;
        }

        return end;
    }

    private static bool IsIdentStart(char character) => char.IsLetter(character) || character is '_' or '@';
}
