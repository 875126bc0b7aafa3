using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace LogWatcher.Logs.Filters;

internal sealed class Pattern
{
    private readonly Regex _regex;

    public Pattern(string text, bool ignoreCase)
    {
        var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
        _regex = new Regex(text, ignoreCase ? options | RegexOptions.IgnoreCase : options);
    }

    public bool IsMatch(ReadOnlySpan<byte> utf8)
    {
        var characters = ArrayPool<char>.Shared.Rent(utf8.Length);
        var length = Encoding.UTF8.GetChars(utf8, characters);
        var isMatch = _regex.IsMatch(characters.AsSpan(0, length));
        ArrayPool<char>.Shared.Return(characters);
        return isMatch;
    }
}
