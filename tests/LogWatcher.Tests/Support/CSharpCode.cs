using System.Text;

namespace LogWatcher.Tests.Support;

/// <summary>C# source as far as names in it matter: without comments and the text of strings, with the code that stands in their holes.</summary>
internal sealed class CSharpCode
{
    private readonly string _source;
    private readonly StringBuilder _code = new();
    private int _position;

    private CSharpCode(string source)
    {
        _source = source;
    }

    public static string WithoutTextAndComments(string source)
    {
        var code = new CSharpCode(source);
        code.ReadCode(holeBraces: 0);
        return code._code.ToString();
    }

    private bool IsAt(string text) => string.CompareOrdinal(_source, _position, text, 0, text.Length) == 0;

    /// <summary>Reads to the end of the source or, in a string's hole, to the braces that close it.</summary>
    private void ReadCode(int holeBraces)
    {
        var depth = 0;
        while (_position < _source.Length)
        {
            if (IsAt("//"))
            {
                SkipPast("\n");
            }
            else if (IsAt("/*"))
            {
                SkipPast("*/");
            }
            else if (IsAt("'"))
            {
                SkipCharacter();
            }
            else if (TryReadString())
            {
                _code.Append(' ');
            }
            else if (holeBraces > 0 && depth == 0 && IsAt(new string('}', holeBraces)))
            {
                _position += holeBraces;
                return;
            }
            else
            {
                depth += _source[_position] switch { '{' => 1, '}' => -1, _ => 0 };
                _code.Append(_source[_position++]);
            }
        }
    }

    private void SkipPast(string end)
    {
        var found = _source.IndexOf(end, _position, StringComparison.Ordinal);
        _position = found < 0 ? _source.Length : found + end.Length;
        _code.Append('\n');
    }

    private void SkipCharacter()
    {
        _position += _source[_position + 1] == '\\' ? 3 : 2;
        _position = _source.IndexOf('\'', _position) is var end and >= 0 ? end + 1 : _source.Length;
    }

    /// <summary>Skips a string of any kind, and reads its holes.</summary>
    private bool TryReadString()
    {
        var start = _position;
        var dollars = 0;
        var isVerbatim = false;
        for (; start < _source.Length && _source[start] is '$' or '@'; start++)
        {
            dollars += _source[start] == '$' ? 1 : 0;
            isVerbatim |= _source[start] == '@';
        }

        var quotes = 0;
        while (start + quotes < _source.Length && _source[start + quotes] == '"')
        {
            quotes++;
        }

        if (quotes == 0)
        {
            return false;
        }

        // Two quotes are an empty string; three or more begin a raw one, which as many end.
        var isRaw = quotes >= 3 && !isVerbatim;
        _position = start + (isRaw ? quotes : 1);
        ReadText(new string('"', isRaw ? quotes : 1), isRaw ? dollars : Math.Min(dollars, 1), isRaw, isVerbatim);
        return true;
    }

    private void ReadText(string end, int holeBraces, bool isRaw, bool isVerbatim)
    {
        while (_position < _source.Length && !IsEnd(end, isVerbatim))
        {
            var isHole = holeBraces > 0 && IsAt(new string('{', holeBraces));
            if (!isRaw && !isVerbatim && _source[_position] == '\\')
            {
                _position += 2;
            }
            else if (isHole && !isRaw && IsAt("{{"))
            {
                _position += 2;
            }
            else if (isHole && IsAt(new string('{', holeBraces + 1)))
            {
                // Of more braces than open a hole, the first are text.
                _position++;
            }
            else if (isHole)
            {
                _position += holeBraces;
                _code.Append(' ');
                ReadCode(holeBraces);
            }
            else
            {
                _position++;
            }
        }

        _position += end.Length;
    }

    private bool IsEnd(string end, bool isVerbatim)
    {
        if (isVerbatim && IsAt("\"\""))
        {
            _position++;
            return false;
        }

        return IsAt(end);
    }
}
