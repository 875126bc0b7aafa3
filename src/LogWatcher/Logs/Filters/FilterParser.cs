using System.Text;
using LogWatcher.Logs.Filters.Patterns;

namespace LogWatcher.Logs.Filters;

/// <summary>
/// Reads a filter, by descent:
/// <code>
/// query = [ or ] ;
/// or    = and { "or" and } ;                    (* and binds tighter *)
/// and   = not { [ "and" ] not } ;
/// not   = [ "not" | "-" ] atom ;                (* what a "-" negates stands right behind it, else it is a word *)
/// atom  = "(" or ")" | "has" "(" path ")" | cmp | text ;
/// cmp   = path op value | path "in" "(" value { "," value } ")" ;
/// op    = "=" | "!=" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=" | ":" | "!:" | "~" | "!~" ;
/// path  = ident { "." ident } ;                 (* ident: a letter, "_" or "@", then digits and "-" too *)
/// value = word | string | number | duration | size | time ;
/// text  = word | string | "/" regex "/" [ "i" ] ;
/// </code>
/// Keywords ignore case, and <c>in</c> and <c>has</c> are such only before a parenthesis. White space may stand around
/// operators. A word runs to white space, a quote, a parenthesis or (in a list) a comma, a value to white space or
/// <c>)</c>. A word is a path only if an operator follows, but a URL (<c>http://…</c>) is a word.
/// </summary>
internal sealed class FilterParser
{
    /// <summary>In UTF-16 units: room for lists of ids, while what a filter costs each entry stays bounded.</summary>
    public const int MaxFilterLength = 64 * 1024;

    /// <summary>Open parentheses at a time: each is a few frames of this parser, and of every evaluation.</summary>
    public const int MaxDepth = 64;

    private const string Levels = "TRACE, DEBUG, INFO, WARN, ERROR or FATAL";

    private readonly string _text;
    private readonly FilterScanner _scanner;
    private int _depth;

    /// <summary>All regular expressions of a filter share one bound: they are all run over one line.</summary>
    private int _instructionsLeft = PatternProgram.MaxInstructions;

    public FilterParser(string text)
    {
        _text = text;
        _scanner = new FilterScanner(text);
    }

    /// <exception cref="FilterSyntaxException">The text is no filter, or one over a bound.</exception>
    public Term Parse()
    {
        if (_text.Length > MaxFilterLength)
        {
            throw _scanner.Error(MaxFilterLength, $"expected the end here: a filter has at most {MaxFilterLength} characters");
        }

        _scanner.SkipWhiteSpace();
        if (_scanner.IsAtEnd)
        {
            return new EverythingTerm();
        }

        var query = ParseOr("at the start");
        return _scanner.IsAtEnd ? query : throw Expected("a '(' that this ')' would close");
    }

    private Term ParseOr(string place)
    {
        var terms = new List<Term> { ParseAnd(place) };
        while (_scanner.IsAtKeyword("or"))
        {
            _scanner.TakeWord();
            terms.Add(ParseAnd("after 'or'"));
        }

        return terms.Count == 1 ? terms[0] : new OrTerm([.. terms]);
    }

    private Term ParseAnd(string place)
    {
        var terms = new List<Term> { ParseNot(place) };
        while (true)
        {
            _scanner.SkipWhiteSpace();
            if (_scanner.IsAtEnd || _scanner.IsAt(')') || _scanner.IsAtKeyword("or"))
            {
                return terms.Count == 1 ? terms[0] : new AndTerm([.. terms]);
            }

            var isJoined = _scanner.IsAtKeyword("and");
            if (isJoined)
            {
                _scanner.TakeWord();
            }

            terms.Add(ParseNot(isJoined ? "after 'and'" : "here"));
        }
    }

    private Term ParseNot(string place)
    {
        _scanner.SkipWhiteSpace();
        if (_scanner.IsAtKeyword("not"))
        {
            _scanner.TakeWord();
            _scanner.SkipWhiteSpace();
            RequireTerm("after 'not'");
            return new NotTerm(ParseAtom());
        }

        RequireTerm(place);
        var start = _scanner.Position;
        if (_scanner.IsAt('-'))
        {
            _scanner.Position++;
            if (!_scanner.IsAtEnd && !_scanner.IsAtWhiteSpace && !_scanner.IsAt(')'))
            {
                return new NotTerm(ParseAtom());
            }

            _scanner.Position = start;
        }

        return ParseAtom();
    }

    private void RequireTerm(string place)
    {
        if (_scanner.IsAtEnd || _scanner.IsAt(')'))
        {
            throw Expected($"a word, a comparison or '(' {place}");
        }

        foreach (var keyword in (ReadOnlySpan<string>)["and", "or", "not"])
        {
            if (_scanner.IsAtKeyword(keyword))
            {
                throw Expected($"a word, a comparison or '(' {place}; '{keyword}' as a word stands in quotes");
            }
        }
    }

    private Term ParseAtom()
    {
        if (_scanner.IsAt('('))
        {
            return ParseGroup();
        }

        if (_scanner.IsAtQuote)
        {
            return new PhraseTerm(new Phrase(_scanner.TakeString()));
        }

        var start = _scanner.Position;
        if (_scanner.TryTakeRegex(out var pattern, out var ignoreCase))
        {
            return new PatternTerm(ParsePattern(pattern, ignoreCase, start));
        }

        if (_scanner.IsAtKeywordBeforeParenthesis("has"))
        {
            return ParseHas();
        }

        if (_scanner.IsAtKeywordBeforeParenthesis("in"))
        {
            throw Expected("a field's name before 'in'; 'in' as a word before '(' stands in quotes");
        }

        return TryParseComparison() ?? ParseWord();
    }

    private Term ParseGroup()
    {
        var open = _scanner.Position;
        if (_depth == MaxDepth)
        {
            throw Expected($"at most {MaxDepth} open parentheses");
        }

        _depth++;
        _scanner.Position++;
        var inner = ParseOr("in the parentheses");
        TakeClosing($"a ')' that closes the '(' at column {_scanner.Column(open)}");
        _depth--;
        return inner;
    }

    private HasTerm ParseHas()
    {
        _scanner.Position += "has".Length;
        _scanner.SkipWhiteSpace();
        _scanner.Position++;
        _scanner.SkipWhiteSpace();
        if (!_scanner.TryTakePath(out var path))
        {
            throw Expected("a field's name in 'has(…)'");
        }

        _scanner.SkipWhiteSpace();
        TakeClosing($"a ')' after the field's name '{path}'");
        return new HasTerm(new FieldPath(path));
    }

    private Term ParseWord()
    {
        var word = _scanner.TakeWord();
        for (var level = LogLevel.Trace; level <= LogLevel.Fatal; level++)
        {
            if (word == LogLevels.Name(level))
            {
                var wanted = level;
                return new LevelTerm(other => other == wanted);
            }
        }

        return new PhraseTerm(new Phrase(word));
    }

    /// <summary>Null, and nothing taken, if what stands here is no comparison.</summary>
    private Term? TryParseComparison()
    {
        var start = _scanner.Position;
        if (_scanner.TryTakePath(out var text))
        {
            var path = new FieldPath(text);
            var isUrl = _scanner.IsAtText("://");
            var isParted = _scanner.IsAtWhiteSpace;
            _scanner.SkipWhiteSpace();
            if (isParted && _scanner.IsAtKeywordBeforeParenthesis("in"))
            {
                return ParseList(path);
            }

            if (!isUrl && _scanner.TryTakeOperator(out var comparison))
            {
                return ParseComparison(path, comparison);
            }
        }

        _scanner.Position = start;
        return null;
    }

    private Term ParseComparison(FieldPath path, Comparison comparison)
    {
        var behindOperator = _scanner.Position;
        _scanner.SkipWhiteSpace();
        var start = _scanner.Position;
        var missing = $"a value after '{comparison.Text()}'";
        if (_scanner.IsAtEnd || _scanner.IsAt(')'))
        {
            throw Expected(missing);
        }

        if (_scanner.IsAt('('))
        {
            throw Expected($"{missing}; one that begins with '(' stands in quotes, and a list after 'in'");
        }

        var isLike = comparison.Plain() == Comparison.Like;
        if (isLike && _scanner.TryTakeRegex(out var pattern, out var ignoreCase))
        {
            return Compare(path, comparison, new PatternInValue(ParsePattern(pattern, ignoreCase, start)));
        }

        var isQuoted = _scanner.IsAtQuote;
        var value = isQuoted ? _scanner.TakeString() : _scanner.TakeValueWord();
        if (!isQuoted && start == behindOperator && value.All(static character => "=<>!~:".Contains(character, StringComparison.Ordinal)))
        {
            // `==`, `=~`, `<>` and `=>` are other languages' operators, and no one means such a value.
            throw _scanner.Error(start, $"expected {missing}, not a second operator; '{value}' as a value stands in quotes");
        }

        if (path.Place == FieldPlace.Level && !isLike && comparison.Plain() != Comparison.Contains)
        {
            var level = ParseLevel(value, start);
            return new LevelTerm(other => comparison.Accepts(other.CompareTo(level)));
        }

        ValueTest test = comparison.Plain() switch
        {
            Comparison.Contains => new PhraseInValue(new Phrase(value)),
            Comparison.Like => new PatternInValue(ParsePattern(value, ignoreCase: false, start)),
            var order => Order(order, value, isQuoted),
        };
        return Compare(path, comparison, test);
    }

    private Term ParseList(FieldPath path)
    {
        _scanner.Position += "in".Length;
        _scanner.SkipWhiteSpace();
        _scanner.Position++;
        var levels = new HashSet<LogLevel>();
        var tests = new List<ValueTest>();
        var place = "in the list";
        do
        {
            _scanner.SkipWhiteSpace();
            var start = _scanner.Position;
            var isQuoted = _scanner.IsAtQuote;
            var value = isQuoted ? _scanner.TakeString() : _scanner.TakeListWord();
            if (!isQuoted && value.Length == 0)
            {
                throw Expected($"a value {place}");
            }

            if (path.Place == FieldPlace.Level)
            {
                levels.Add(ParseLevel(value, start));
            }
            else
            {
                tests.Add(Order(Comparison.Equal, value, isQuoted));
            }

            _scanner.SkipWhiteSpace();
            place = "after ','";
        }
        while (TryTake(','));

        TakeClosing("',' or ')' after a value of the list");
        return path.Place == FieldPlace.Level ? new LevelTerm(levels.Contains) : Compare(path, Comparison.Equal, new AnyValue([.. tests]));
    }

    private LogLevel ParseLevel(string value, int position) =>
        LogLevels.TryParse(Encoding.UTF8.GetBytes(value), out var level)
            ? level
            : throw _scanner.Error(position, $"expected a level ({Levels}), not '{Shorten(value)}'");

    private Pattern ParsePattern(string pattern, bool ignoreCase, int position)
    {
        try
        {
            var parsed = new Pattern(pattern, ignoreCase, _instructionsLeft);
            _instructionsLeft -= parsed.InstructionCount;
            return parsed;
        }
        catch (FormatException exception)
        {
            throw _scanner.Error(position, $"expected a regular expression, but {exception.Message}");
        }
    }

    private static Term Compare(FieldPath path, Comparison comparison, ValueTest test)
    {
        if (path.Place != FieldPlace.Level)
        {
            return new FieldTerm(path, test, comparison.IsNegated());
        }

        return new LevelTerm(level => test.Holds(LogLevels.Utf8Name(level)) != comparison.IsNegated());
    }

    /// <summary>What an unquoted value looks like is how it is compared; in quotes it is text.</summary>
    private static ValueTest Order(Comparison comparison, string value, bool isQuoted)
    {
        var utf8 = Encoding.UTF8.GetBytes(value);
        return isQuoted ? new TextOrder(comparison, value)
            : Number.TryParse(utf8, out var number) ? new KindOrder<Number>(comparison, value, number, Number.TryParse)
            : Duration.TryParse(utf8, out var duration) ? new KindOrder<Duration>(comparison, value, duration, Duration.TryParse)
            : ByteSize.TryParse(utf8, out var size) ? new KindOrder<ByteSize>(comparison, value, size, ByteSize.TryParse)
            : LogTime.TryParseRfc3339(utf8, out var time) ? new KindOrder<LogTime>(comparison, value, time, LogTime.TryParseRfc3339)
            : new TextOrder(comparison, value);
    }

    private static string Shorten(string value) => value.Length <= 20 ? value : $"{value[..20]}…";

    private bool TryTake(char character)
    {
        var isAt = _scanner.IsAt(character);
        _scanner.Position += isAt ? 1 : 0;
        return isAt;
    }

    private void TakeClosing(string expected)
    {
        if (!TryTake(')'))
        {
            throw Expected(expected);
        }
    }

    private FilterSyntaxException Expected(string what) => _scanner.Error(_scanner.Position, $"expected {what}");
}
