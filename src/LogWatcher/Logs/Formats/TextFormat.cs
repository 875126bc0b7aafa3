using System.Buffers;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// The usual layouts of plain text: a time, a level, or both in either order at the line's head, in brackets or not, with a
/// thread and the name of a logger around them (log4j, logback, Python, Serilog, nginx, Rust, Ruby …). The message is what
/// stands behind. Without a time, a level counts only in capitals, in brackets, or before a colon.
/// </summary>
internal ref struct TextFormat
{
    /// <summary>Names of threads and loggers are shorter; what is longer is the message.</summary>
    private const int MaxNameBytes = 128;

    /// <summary>So far behind the time PostgreSQL's level is looked for.</summary>
    private const int MaxPrefixBytes = 256;

    /// <summary>Between time and level stand at most so many words: a zone, a process, a thread, a name.</summary>
    private const int MaxWordsBeforeLevel = 4;

    private static readonly SearchValues<byte> WordStops = SearchValues.Create(" \t|[],"u8);
    private static readonly SearchValues<byte> NumberCharacters = SearchValues.Create("0123456789#"u8);
    private static readonly SearchValues<byte> LowerLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz"u8);
    private static readonly SearchValues<byte> UpperLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);
    private static readonly SearchValues<byte> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._$:/<>@-"u8);

    private readonly ReadOnlySpan<byte> _text;
    private readonly TimeProvider _clock;
    private int _at;
    private LogLevel _level;
    private LogTime? _time;
    private ByteRange _thread;
    private ByteRange _logger;

    private TextFormat(ReadOnlySpan<byte> text, TimeProvider clock)
    {
        _text = text;
        _clock = clock;
    }

    /// <summary>Reads the head of a line; false, and the view as it was, if it has none of these.</summary>
    public static bool TryParse(EntryView view, TimeProvider clock)
    {
        var head = new TextFormat(view.Line, clock);
        if (!head.TryReadTimeFirst() && !head.TryReadLevelFirst() && !head.TryReadThreadFirst())
        {
            return false;
        }

        head.SkipToMessage();
        view.Level = head._level;
        view.Time = head._time;
        view.SetMessage(head._at, head._text.Length - head._at);
        if (head._logger.Length > 0)
        {
            view.AddField(view.Keep("logger"u8), head._logger);
        }

        if (head._thread.Length > 0)
        {
            view.AddField(view.Keep("thread"u8), head._thread);
        }

        return true;
    }

    private bool TryReadTimeFirst()
    {
        // Ruby's logger says the level twice: a letter first, then the time, then the name.
        var start = _text.Length > 4 && char.IsAsciiLetterUpper((char)_text[0]) && _text[1..4].SequenceEqual(", ["u8) ? 3 : 0;
        var isBracketed = Peek(start) == '[';
        var time = start + (isBracketed ? 1 : 0);
        if (!TryReadTime(time))
        {
            return false;
        }

        if (isBracketed && !TryCloseTime())
        {
            (_at, _time) = (0, null);
            return false;
        }

        if (_level == LogLevel.None)
        {
            TryReadLevelBehind();
        }

        return true;
    }

    private bool TryReadTime(int at)
    {
        if (!TimeText.TryRead(_text[at..], _clock, out var time, out var length))
        {
            return false;
        }

        _time = time;
        _at = at + length;
        return true;
    }

    /// <summary>What else stands in the time's bracket: nothing, a level with or without a name, or what is none of our business.</summary>
    private bool TryCloseTime()
    {
        var length = _text.Slice(_at, Math.Min(MaxNameBytes, _text.Length - _at)).IndexOf((byte)']');
        if (length < 0)
        {
            return false;
        }

        // Celery: [2026-11-20 10:00:00,123: INFO/MainProcess]
        var start = Peek(_at) == ':' ? 1 : 0;
        var inner = Trim(new ByteRange(_at + start, length - start));
        var word = Word(inner.Offset, inner.Offset + inner.Length);
        var slash = start == 0 ? -1 : Get(word).IndexOf((byte)'/');
        if (slash > 0 && LogLevels.TryParse(Get(word)[..slash], out _level))
        {
            _thread = word.Part(slash + 1, word.Length - slash - 1);
        }
        else if (word.Length >= 3 && LogLevels.TryParse(Get(word), out _level))
        {
            _logger = Trim(new ByteRange(word.Offset + word.Length, inner.Length - word.Length));
        }

        _at += length + 1;
        return true;
    }

    /// <summary>Looks for a level behind the time, over what may stand between them; without one nothing is passed over.</summary>
    private bool TryReadLevelBehind()
    {
        var start = _at;
        var numbers = 0;

        // Python's basic format with a time: 2026-11-20 10:00:00,123:INFO:app:msg
        _at += Peek(_at) == ':' ? 1 : 0;
        for (var words = 0; words <= MaxWordsBeforeLevel; words++)
        {
            SkipSeparators();
            if (Peek(_at) is '[' or '(' or '<' or '{')
            {
                if (!TryReadBracketBehind())
                {
                    break;
                }

                if (_level != LogLevel.None)
                {
                    return true;
                }

                continue;
            }

            var word = Word(_at, _text.Length);
            if (TryReadLevelWord(word, isFirst: words == 0, numbers))
            {
                return true;
            }

            var isNumber = word.Length > 0 && !Get(word).ContainsAnyExcept(NumberCharacters);
            numbers += isNumber ? 1 : 0;
            if (!isNumber && !IsNamePart(word, isFirst: words == 0))
            {
                break;
            }

            _at = word.Offset + word.Length;
        }

        (_at, _thread, _logger) = (start, default, default);
        return TryReadPostgres();
    }

    /// <summary>
    /// PostgreSQL's level behind whatever log_line_prefix has, the process in brackets among it: two spaces behind the colon are its own
    /// (<c>[1]: [3-1] user=u,db=d ERROR:  bad</c>, <c>:10.0.0.1(5000):u@d:[1]:ERROR:  bad</c>).
    /// </summary>
    private bool TryReadPostgres()
    {
        var head = _text[_at..Math.Min(_text.Length, _at + MaxPrefixBytes)];
        var end = head.IndexOf(":  "u8);
        var start = end < 0 ? -1 : head[..end].LastIndexOfAny((byte)' ', (byte)':') + 1;
        var opening = start <= 0 ? -1 : head[..start].IndexOf((byte)'[');
        var length = opening < 0 ? 0 : head[(opening + 1)..start].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (length <= 0 || head[opening + 1 + length] != ']' || !LevelWord.TryParsePostgres(head[start..end], out _level))
        {
            return false;
        }

        _thread = new ByteRange(_at + opening + 1, length);
        _at += end + 1;
        return true;
    }

    /// <summary>A level, a thread, or in braces the place in the source (Airflow; ClickHouse has a query there, or nothing).</summary>
    private bool TryReadBracketBehind()
    {
        var opening = Peek(_at);
        if (opening == '{' && Peek(_at + 1) == '}')
        {
            _at += 2;
            return true;
        }

        if (!TryReadBracket(out var inner))
        {
            return false;
        }

        if (TryReadBracketedLevel(inner))
        {
            return true;
        }

        switch (opening)
        {
            case '[' when Get(inner).SequenceEqual("System"u8):
                // MySQL's own: what is said whatever is asked for.
                _level = LogLevel.Info;
                return true;
            case '[':
                _thread = _thread.Length == 0 ? Trim(inner) : _thread;
                return true;
            case '{':
                _logger = Trim(inner);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Whether a word before the level may be the name of a logger (it is noted as that) or of a zone.</summary>
    private bool IsNamePart(ByteRange word, bool isFirst)
    {
        var behind = word.Offset + word.Length;
        if (word.Length is 0 or > MaxNameBytes)
        {
            return false;
        }

        if (_text[behind..].StartsWith(" - "u8) || Peek(behind) is '|' or '\t' || _text[behind..].StartsWith(" |"u8))
        {
            _logger = word;
            return true;
        }

        // PostgreSQL: [123] user@db ERROR:
        if (_thread.Length > 0 && Get(word).Contains((byte)'@'))
        {
            _logger = word;
            return true;
        }

        // CET [123] ERROR: of a zone we know that it is one, and not where it is.
        return isFirst && word.Length is >= 3 and <= 5 && !Get(word).ContainsAnyExcept(UpperLetters)
            && _text[behind..].StartsWith(" ["u8);
    }

    private bool TryReadLevelFirst()
    {
        if (Peek(0) == '[')
        {
            if (!TryReadBracket(out var inner) || !TryReadBracketedLevel(inner))
            {
                _at = 0;
                return false;
            }
        }
        else if (_text.StartsWith("npm "u8))
        {
            return TryReadNpm();
        }
        else if (!TryReadLevelWord(Word(0, _text.Length), isFirst: false, numbers: 0))
        {
            return false;
        }

        // Some have the time behind the level, or behind a thread behind that.
        var (level, thread) = (_at, _thread);
        SkipSeparators();
        if (!TryReadTimeBehind() && Peek(_at) == '[' && TryReadBracket(out var name))
        {
            SkipSeparators();
            _thread = Trim(name);
            if (TryReadTimeBehind())
            {
                return true;
            }
        }

        if (_time is null)
        {
            (_at, _thread) = (level, thread);
        }

        return true;
    }

    /// <summary>npm has its own name before the level: <c>npm ERR! code E404</c>.</summary>
    private bool TryReadNpm()
    {
        var word = Word(4, _text.Length);
        _level = LevelWord.OfNpm(Get(word));
        if (_level == LogLevel.None)
        {
            return false;
        }

        _logger = new ByteRange(0, 3);
        _at = word.Offset + word.Length;
        return true;
    }

    private bool TryReadTimeBehind()
    {
        var start = _at;
        if (Peek(_at) == '[' && TryReadTime(_at + 1) && Peek(_at) == ']')
        {
            _at++;
            return true;
        }

        _time = null;
        if (TryReadTime(start))
        {
            return true;
        }

        _at = start;
        return false;
    }

    /// <summary>
    /// <c>[main] INFO com.acme.App - msg</c>, as slf4j-simple has it, or the level in brackets too. A number in the bracket is
    /// no thread: the JVM's seconds since it started (<c>[0.008s][info][gc]</c>), or the kernel's, which has no levels.
    /// </summary>
    private bool TryReadThreadFirst()
    {
        _at = 0;
        if (Peek(0) != '[' || !TryReadBracket(out var inner))
        {
            return false;
        }

        inner = Trim(inner);
        var isNumber = inner.Length > 0 && char.IsAsciiDigit((char)_text[inner.Offset]);
        _thread = isNumber ? default : inner;
        _at += Peek(_at) == ' ' ? 1 : 0;
        if (Peek(_at) == '[')
        {
            return TryReadBracket(out var level) && level.Length >= 3 && TryReadBracketedLevel(level);
        }

        return !isNumber && _text[_at - 1] == ' ' && TryReadLevelWord(Word(_at, _text.Length), isFirst: false, numbers: 0);
    }

    /// <summary>Whether a word is the level (<see cref="LevelWord"/>), alone or with the name of a logger in it.</summary>
    private bool TryReadLevelWord(ByteRange word, bool isFirst, int numbers)
    {
        var name = Get(word);
        var behind = _text[(word.Offset + word.Length)..];
        if (TryReadPython(word))
        {
            return true;
        }

        var hasColon = name.Length > 0 && name[^1] == ':';
        name = hasColon ? name[..^1] : name;
        if (hasColon && name.LastIndexOf((byte)'.') is > 0 and var dot && !name[(dot + 1)..].ContainsAny(LowerLetters)
            && LogLevels.TryParse(name[(dot + 1)..], out _level))
        {
            // Monolog: channel.LEVEL:
            _logger = new ByteRange(word.Offset, dot);
        }
        else if (!new LevelWord(name, behind, hasColon, _time is not null, isFirst, numbers).TryParse(out _level))
        {
            return false;
        }

        _at = word.Offset + word.Length;
        SkipLogrusSeconds();
        return true;
    }

    /// <summary>Python's basic format: <c>WARNING:django.request:msg</c>.</summary>
    private bool TryReadPython(ByteRange word)
    {
        var name = Get(word);
        var colon = name.IndexOf((byte)':');
        if (colon < 3 || name[..colon].ContainsAnyExcept(UpperLetters) || !LogLevels.TryParse(name[..colon], out var level))
        {
            return false;
        }

        var logger = name[(colon + 1)..];
        var end = logger.IndexOf((byte)':');
        if (end <= 0 || logger[..end].ContainsAnyExcept(NameCharacters))
        {
            return false;
        }

        _level = level;
        _logger = word.Part(colon + 1, end);
        _at = word.Offset + colon + 1 + end + 1;
        return true;
    }

    /// <summary>A level in brackets: in any case, alone or behind the name of a module (<c>[core:error]</c>).</summary>
    private bool TryReadBracketedLevel(ByteRange inner)
    {
        var name = Get(Trim(inner));
        var colon = name.LastIndexOf((byte)':');
        if (LogLevels.TryParse(name, out _level) && (name.Length >= 3 || char.IsAsciiLetterUpper((char)name[0])))
        {
            return true;
        }

        if (_time is not null && colon > 0 && name.Length - colon > 3 && LogLevels.TryParse(name[(colon + 1)..], out _level))
        {
            return true;
        }

        _level = LogLevel.None;
        return false;
    }

    /// <summary>On a terminal logrus puts the seconds since its start right behind the level: <c>INFO[0042]</c>.</summary>
    private void SkipLogrusSeconds()
    {
        var start = _at;
        if (Peek(_at) == '[' && TryReadBracket(out var inner) && inner.Length > 0
            && !Get(inner).ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return;
        }

        _at = start;
    }

    /// <summary>Gets over what still stands between head and message: separators, the thread and the logger's name.</summary>
    private void SkipToMessage()
    {
        var isBarred = Peek(_at) == '|' || _text[_at..].StartsWith(" |"u8);
        _at += Peek(_at) == ':' ? 1 : 0;
        SkipSeparators();
        _at += _text[_at..].StartsWith(": "u8) ? 2 : 0;
        if (TrySkipSpring() || (isBarred && TrySkipBarredName()))
        {
            return;
        }

        var start = _at;
        var thread = _thread;
        if (_level != LogLevel.None && Peek(_at) == '[' && TryReadBracket(out var inner))
        {
            // ZooKeeper has the logger in the bracket and a dash behind it.
            if (_text[_at..].StartsWith(" - "u8) && _logger.Length == 0)
            {
                (_thread, _logger) = _thread.Length == 0 ? (Trim(inner), default) : (_thread, Trim(inner));
                _at += 3;
                return;
            }

            SkipSeparators();
            _thread = Trim(inner);
        }

        if (!TrySkipName())
        {
            (_at, _thread) = (start, thread);
        }
    }

    /// <summary>Spring Boot: <c>1234 --- [main] c.e.App      : msg</c>.</summary>
    private bool TrySkipSpring()
    {
        var head = _text[_at..];
        var digits = head.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits <= 0 || !head[digits..].StartsWith(" --- ["u8))
        {
            return false;
        }

        var end = head.IndexOf(" : "u8);
        var threadEnd = head.IndexOf((byte)']');
        if (threadEnd < 0 || end < threadEnd)
        {
            return false;
        }

        _thread = Trim(new ByteRange(_at + digits + 6, threadEnd - digits - 6));
        var name = head[..end].LastIndexOf((byte)']') + 1;
        _logger = Trim(new ByteRange(_at + name, end - name));
        _at += end + 3;
        return true;
    }

    /// <summary>Between bars stands the logger: <c>|INFO|Acme.App|msg</c>, or with spaces and a dash behind it (loguru).</summary>
    private bool TrySkipBarredName()
    {
        var name = NameAt(_at);
        var behind = _text[(name.Offset + name.Length)..];
        if (name.Length == 0 || !(behind.StartsWith("|"u8) || behind.StartsWith(" |"u8) || behind.StartsWith(" - "u8) || behind.StartsWith(" -- "u8)))
        {
            return false;
        }

        _logger = name;
        _at = name.Offset + name.Length;
        SkipSeparators();
        return true;
    }

    /// <summary>
    /// <c>com.acme.App - msg</c>, in newer ones of logback with a second dash, and .NET's <c>Acme.App[0] msg</c>; a plain word before a dash
    /// is the message's.
    /// </summary>
    private bool TrySkipName()
    {
        var name = NameAt(_at);
        if (_level == LogLevel.None || name.Length == 0 || _logger.Length > 0 || char.IsAsciiDigit((char)_text[name.Offset]))
        {
            return false;
        }

        var end = name.Offset + name.Length;
        var dash = _text[end..].StartsWith(" - "u8) ? 3 : _text[end..].StartsWith(" -- "u8) ? 4 : 0;
        if (dash > 0 && (_thread.Length > 0 || Get(name).ContainsAny((byte)'.', (byte)':')))
        {
            _logger = name;
            _at = end + dash;
            return true;
        }

        if (_thread.Length > 0 && Peek(end) == ' ' && Get(name)[^1] == ':' && Get(name).Contains((byte)'.'))
        {
            _logger = name with { Length = name.Length - 1 };
            _at = end + 1;
            return true;
        }

        if (Peek(end) == '[' && Get(name).Contains((byte)'.'))
        {
            _at = end;
            if (TryReadBracket(out var number) && Peek(_at) == ' ' && !Get(number).ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                _logger = name;
                _at++;
                return true;
            }
        }

        return false;
    }

    private readonly ByteRange NameAt(int at)
    {
        var length = _text[at..].IndexOfAnyExcept(NameCharacters);
        length = length < 0 ? 0 : length;
        return new ByteRange(at, length <= MaxNameBytes ? length : 0);
    }

    /// <summary>What is in the bracket that opens here; the place moves behind its end.</summary>
    private bool TryReadBracket(out ByteRange inner)
    {
        var closing = Peek(_at) switch { '[' => (byte)']', '(' => (byte)')', '{' => (byte)'}', _ => (byte)'>' };
        var ahead = _text.Slice(_at + 1, Math.Min(MaxNameBytes, _text.Length - _at - 1));
        var length = ahead.IndexOf(closing);
        inner = new ByteRange(_at + 1, Math.Max(length, 0));
        _at += length < 0 ? 0 : length + 2;
        return length > 0;
    }

    private readonly ByteRange Word(int start, int end)
    {
        var length = _text[start..end].IndexOfAny(WordStops);
        return new ByteRange(start, length < 0 ? end - start : length);
    }

    /// <summary>White space, bars, and dashes that stand alone.</summary>
    private void SkipSeparators()
    {
        while (_at < _text.Length)
        {
            var isDash = _text[_at] == '-' && _text[_at..].IndexOfAnyExcept((byte)'-') is > 0 and var end && _text[_at + end] == ' ';
            if (_text[_at] is not ((byte)' ' or (byte)'\t' or (byte)'|') && !isDash)
            {
                return;
            }

            _at += isDash ? _text[_at..].IndexOf((byte)' ') : 1;
        }
    }

    private readonly ByteRange Trim(ByteRange range)
    {
        var bytes = Get(range);
        var start = bytes.IndexOfAnyExcept((byte)' ');
        return start < 0
            ? new ByteRange(range.Offset, 0)
            : new ByteRange(range.Offset + start, bytes.LastIndexOfAnyExcept((byte)' ') + 1 - start);
    }

    private readonly ReadOnlySpan<byte> Get(ByteRange range) => _text.Slice(range.Offset, range.Length);

    private readonly int Peek(int at) => at < _text.Length ? _text[at] : 0;
}
