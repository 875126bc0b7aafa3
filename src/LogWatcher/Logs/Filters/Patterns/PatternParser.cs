using System.Globalization;
using System.Text;

namespace LogWatcher.Logs.Filters.Patterns;

/// <summary>
/// Reads a regular expression in the syntax that .NET's non-backtracking one has:
/// <code>
/// alternatives = sequence { "|" sequence } ;
/// sequence     = { atom [ ( "*" | "+" | "?" | "{" n [ "," [ m ] ] "}" ) [ "?" ] ] } ;
/// atom         = "." | "^" | "$" | class | escape | group | any other character ;
/// class        = "[" [ "^" ] { item [ "-" item ] } [ "-" class ] "]" ;
/// escape       = "\" ( "d" | "D" | "s" | "S" | "w" | "W" | "b" | "B" | "A" | "z" | "Z" | ( "p" | "P" ) "{" category "}"
///              | "t" | "n" | "r" | "f" | "v" | "a" | "e" | "x" hh | "u" hhhh | punctuation ) ;
/// group        = "(" [ "?:" | "?&lt;" name "&gt;" | "?'" name "'" | "?" options [ ":" ] | "?#" comment ] alternatives ")" ;
/// options      = { "i" | "m" | "n" | "s" } [ "-" { "i" | "m" | "n" | "s" } ] ;
/// </code>
/// Lazy or not makes no difference to whether something matches. Code points count as one character each.
/// </summary>
internal sealed class PatternParser
{
    /// <summary>Open groups and classes at a time: each is a few frames here and when the program is written.</summary>
    private const int MaxDepth = 64;

    private static readonly RuneSet NewLine = RuneSet.Of('\n', '\n');

    private readonly string _text;
    private Options _options;
    private int _position;
    private int _depth;

    private PatternParser(string text, Options options)
    {
        _text = text;
        _options = options;
    }

    [Flags]
    private enum Options
    {
        None = 0,
        IgnoreCase = 1,
        MultiLine = 2,
        SingleLine = 4,
    }

    /// <exception cref="FormatException">The text is no regular expression, or has what needs backtracking.</exception>
    public static PatternNode Parse(string text, bool ignoreCase)
    {
        var parser = new PatternParser(text, ignoreCase ? Options.IgnoreCase : Options.None);
        var node = parser.ParseAlternatives();
        return parser._position == text.Length ? node : throw parser.Error("a ')' closes nothing");
    }

    private bool IsAt(char character) => _position < _text.Length && _text[_position] == character;

    private bool IsAt(string text) => _text.AsSpan(_position).StartsWith(text, StringComparison.Ordinal);

    private bool TryTake(char character)
    {
        var isAt = IsAt(character);
        _position += isAt ? 1 : 0;
        return isAt;
    }

    private FormatException Error(string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{what}, at its character {Math.Min(_position, _text.Length) + 1}"));

    private PatternNode ParseAlternatives()
    {
        var options = new List<PatternNode> { ParseSequence() };
        while (TryTake('|'))
        {
            options.Add(ParseSequence());
        }

        return options.Count == 1 ? options[0] : new PatternNode.Alternatives(options);
    }

    private PatternNode.Sequence ParseSequence()
    {
        var parts = new List<PatternNode>();
        while (_position < _text.Length && _text[_position] is not ('|' or ')'))
        {
            if (TryTakeQuantifier(out _, out _))
            {
                throw Error("a quantifier has nothing to repeat before it");
            }

            if (ParseAtom() is not { } atom)
            {
                continue;
            }

            if (TryTakeQuantifier(out var min, out var max))
            {
                TryTake('?');
                atom = new PatternNode.Repeat(atom, min, max);
                if (TryTakeQuantifier(out _, out _))
                {
                    throw Error("a quantifier stands behind another one");
                }
            }

            parts.Add(atom);
        }

        return new PatternNode.Sequence(parts);
    }

    private bool TryTakeQuantifier(out int min, out int? max)
    {
        (min, max) = (0, null);
        if (TryTake('*'))
        {
            return true;
        }

        if (TryTake('+'))
        {
            min = 1;
            return true;
        }

        if (TryTake('?'))
        {
            max = 1;
            return true;
        }

        // Braces that hold no counts are characters like any other, as in .NET.
        var start = _position;
        if (TryTake('{') && TryTakeNumber(out min))
        {
            var isRange = TryTake(',');
            max = isRange ? TryTakeNumber(out var number) ? number : null : min;
            if (TryTake('}'))
            {
                return max is null || max >= min ? true : throw Error("a quantifier's counts stand in the wrong order");
            }
        }

        _position = start;
        return false;
    }

    /// <summary>A count that is too large for the program is only told to be so when it is written.</summary>
    private bool TryTakeNumber(out int number)
    {
        number = 0;
        var start = _position;
        for (; _position < _text.Length && char.IsAsciiDigit(_text[_position]); _position++)
        {
            number = Math.Min(PatternProgram.MaxInstructions + 1, number * 10 + _text[_position] - '0');
        }

        return _position > start;
    }

    /// <returns>Null for what matches nothing by itself: a comment, options.</returns>
    private PatternNode? ParseAtom()
    {
        switch (_text[_position])
        {
            case '(':
                return ParseGroup();
            case '[':
                return new PatternNode.OneOf(ParseClass());
            case '\\':
                return ParseEscape();
            case '.':
                _position++;
                return new PatternNode.OneOf(_options.HasFlag(Options.SingleLine) ? RuneSet.Everything : NewLine.Complement());
            case '^':
                _position++;
                return new PatternNode.Assert(_options.HasFlag(Options.MultiLine) ? Assertion.LineStart : Assertion.Start);
            case '$':
                _position++;
                return new PatternNode.Assert(_options.HasFlag(Options.MultiLine) ? Assertion.LineEnd : Assertion.End);
            default:
                return Literal(TakeRune());
        }
    }

    private PatternNode? ParseGroup()
    {
        if (++_depth > MaxDepth)
        {
            throw Error($"more than {MaxDepth} groups stand in one another");
        }

        var outer = _options;
        var open = _position++;
        if (TryTake('?') && !TryTakeGroupHead())
        {
            // Options without a group of their own hold to the end of the one they stand in.
            _depth--;
            return null;
        }

        var inner = ParseAlternatives();
        if (!TryTake(')'))
        {
            _position = open;
            throw Error("a '(' isn't closed");
        }

        _options = outer;
        _depth--;
        return inner;
    }

    /// <summary>What stands behind <c>(?</c>; false if the group is over with it.</summary>
    private bool TryTakeGroupHead()
    {
        if (TryTake('#'))
        {
            var end = _text.IndexOf(')', _position);
            _position = end < 0 ? throw Error("a comment isn't closed") : end + 1;
            return false;
        }

        if (IsAt("=") || IsAt("!") || IsAt("<=") || IsAt("<!"))
        {
            throw Error("lookaround would need backtracking");
        }

        if (IsAt(">") || IsAt("("))
        {
            throw Error("an atomic group or condition would need backtracking");
        }

        if (TryTake('<') || TryTake('\''))
        {
            var close = _text[_position - 1] == '<' ? '>' : '\'';
            var start = _position;
            while (_position < _text.Length && (char.IsLetterOrDigit(_text[_position]) || IsAt('_')))
            {
                _position++;
            }

            return _position > start && TryTake(close) ? true : throw Error("a group's name is letters and digits");
        }

        var isOn = true;
        for (; _position < _text.Length; _position++)
        {
            switch (_text[_position])
            {
                case ':' or ')':
                    return _text[_position++] == ':';
                case '-' when isOn:
                    isOn = false;
                    continue;
                case 'i':
                    Set(Options.IgnoreCase, isOn);
                    continue;
                case 'm':
                    Set(Options.MultiLine, isOn);
                    continue;
                case 's':
                    Set(Options.SingleLine, isOn);
                    continue;
                case 'n':
                    continue;
                default:
                    throw Error("a group begins with '(?' and none of ':', '<', '#', 'i', 'm', 'n', 's', '-'");
            }
        }

        throw Error("a '(' isn't closed");
    }

    private void Set(Options option, bool isOn) => _options = isOn ? _options | option : _options & ~option;

    private PatternNode ParseEscape()
    {
        Assertion? assertion = (_position + 1 < _text.Length ? _text[_position + 1] : '\0') switch
        {
            'b' => Assertion.WordBoundary,
            'B' => Assertion.NoWordBoundary,
            'A' => Assertion.Start,
            'z' or 'Z' => Assertion.End,
            _ => null,
        };
        if (assertion is { } found)
        {
            _position += 2;
            return new PatternNode.Assert(found);
        }

        return TryTakeSetEscape(out var set) ? new PatternNode.OneOf(set) : Literal(TakeEscapedRune());
    }

    /// <summary><c>[…]</c>; a <c>]</c> that comes first is one of its characters.</summary>
    private RuneSet ParseClass()
    {
        if (++_depth > MaxDepth)
        {
            throw Error($"more than {MaxDepth} groups stand in one another");
        }

        var open = _position++;
        var isNegated = TryTake('^');
        var items = new List<RuneSet>();
        RuneSet? subtracted = null;
        for (var isFirst = true; isFirst || !IsAt(']'); isFirst = false)
        {
            if (_position >= _text.Length)
            {
                _position = open;
                throw Error("a '[' isn't closed");
            }

            if (!isFirst && IsAt("-["))
            {
                _position++;
                subtracted = ParseClass();
                if (!IsAt(']'))
                {
                    throw Error("a class that is taken away stands last in its own");
                }

                break;
            }

            items.Add(ParseClassItem());
        }

        _position++;
        _depth--;
        var set = RuneSet.Union(items);
        set = _options.HasFlag(Options.IgnoreCase) ? set.IgnoringCase() : set;
        set = isNegated ? set.Complement() : set;
        return subtracted is null ? set : set.Except(subtracted);
    }

    private RuneSet ParseClassItem()
    {
        if (IsAt('\\') && TryTakeSetEscape(out var set))
        {
            return set;
        }

        var first = TakeClassRune();
        if (!IsAt('-') || IsAt("-]") || IsAt("-[") || _position + 1 >= _text.Length)
        {
            return RuneSet.Of(first, first);
        }

        _position++;
        if (IsAt('\\') && TryTakeSetEscape(out _))
        {
            throw Error("a range ends with a set");
        }

        var last = TakeClassRune();
        return last >= first ? RuneSet.Of(first, last) : throw Error("a range's ends stand in the wrong order");
    }

    private int TakeClassRune()
    {
        if (!IsAt('\\'))
        {
            return TakeRune();
        }

        // In a class \b is the backspace.
        if (IsAt(@"\b"))
        {
            _position += 2;
            return '\b';
        }

        return TakeEscapedRune();
    }

    private bool TryTakeSetEscape(out RuneSet set)
    {
        var letter = _position + 1 < _text.Length ? _text[_position + 1] : '\0';
        set = RuneSet.Everything;
        if ("dDsSwWpP".Contains(letter, StringComparison.Ordinal))
        {
            _position += 2;
            set = char.ToLowerInvariant(letter) switch
            {
                'd' => RuneSet.Digits,
                's' => RuneSet.WhiteSpace,
                'w' => RuneSet.Word,
                _ => TakeCategory(),
            };
            set = char.IsAsciiLetterUpper(letter) ? set.Complement() : set;
            return true;
        }

        return false;
    }

    private RuneSet TakeCategory()
    {
        var end = _text.IndexOf('}', _position);
        if (!IsAt('{') || end < 0 || RuneSet.Category(_text[(_position + 1)..end]) is not { } category)
        {
            throw Error(@"'\p' is followed by a Unicode category such as {L} or {Nd}");
        }

        _position = end + 1;
        return _options.HasFlag(Options.IgnoreCase) ? category.IgnoringCase() : category;
    }

    private int TakeEscapedRune()
    {
        if (++_position >= _text.Length)
        {
            throw Error("a '\\' stands at the end");
        }

        var letter = _text[_position];
        if (!char.IsAsciiLetterOrDigit(letter) && letter != '_')
        {
            return TakeRune();
        }

        _position++;
        return letter switch
        {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\f',
            'v' => '\v',
            'a' => '\a',
            'e' => '\e',
            '0' => '\0',
            'x' => TakeHex(2),
            'u' => TakeHex(4),
            >= '1' and <= '9' or 'k' => throw Error("a backreference would need backtracking"),
            _ => throw Error($"'\\{letter}' means nothing"),
        };
    }

    private int TakeHex(int digits)
    {
        if (_position + digits <= _text.Length
            && int.TryParse(_text.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            _position += digits;
            return value;
        }

        throw Error($"{digits} hexadecimal digits are missing");
    }

    private int TakeRune()
    {
        // A lone surrogate is what it would be read as.
        Rune.DecodeFromUtf16(_text.AsSpan(_position), out var rune, out var length);
        _position += length;
        return rune.Value;
    }

    private PatternNode.OneOf Literal(int rune)
    {
        var set = RuneSet.Of(rune, rune);
        return new PatternNode.OneOf(_options.HasFlag(Options.IgnoreCase) ? set.IgnoringCase() : set);
    }
}
