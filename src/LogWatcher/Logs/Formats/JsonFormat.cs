using System.Buffers;
using System.Text;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// Lines that are one JSON object each (RFC 8259): nested keys joined by <c>.</c>, arrays as their JSON text, strings
/// unescaped, what is null left out. Lenient within strings (controls, bad UTF-8), strict about the rest: a line that is no
/// object from brace to brace is no JSON.
/// </summary>
internal ref struct JsonFormat
{
    /// <summary>Objects within each other: no log has so many, and each costs stack.</summary>
    private const int MaxDepth = 64;

    private static readonly SearchValues<byte> StringStops = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> NumberCharacters = SearchValues.Create("+-.0123456789Ee"u8);
    private static readonly SearchValues<byte> ArrayStops = SearchValues.Create("\"[]{}"u8);

    private readonly EntryView _view;
    private readonly ReadOnlySpan<byte> _text;
    private FieldRoles _roles;
    private int _at;

    private JsonFormat(EntryView view, int start, TimeProvider clock)
    {
        _view = view;
        _text = view.Line;
        _roles = new FieldRoles(view, clock);
        _at = start;
    }

    /// <summary>Reads the line of a view; false, and the view as it was, if it is no JSON object.</summary>
    /// <param name="view">A line of which a part is left out is read as far as it goes.</param>
    /// <param name="start">Where the opening brace stands.</param>
    /// <param name="clock">For times without a year.</param>
    public static bool TryParse(EntryView view, int start, TimeProvider clock)
    {
        var json = new JsonFormat(view, start, clock);
        if (json.TryReadObject(default, 1))
        {
            json.SkipSpace();
        }
        else if (!view.IsTruncated)
        {
            view.Reset();
            return false;
        }

        if (json._at < json._text.Length)
        {
            view.Reset();
            return false;
        }

        json._roles.Settle();
        return true;
    }

    private bool TryReadObject(ByteRange prefix, int depth)
    {
        _at++;
        SkipSpace();
        if (TryTake((byte)'}'))
        {
            return true;
        }

        do
        {
            SkipSpace();
            if (!Is((byte)'"') || !TryReadString(out var name))
            {
                return false;
            }

            SkipSpace();
            if (!TryTake((byte)':'))
            {
                return false;
            }

            SkipSpace();
            if (!TryReadValue(Join(prefix, name), depth))
            {
                return false;
            }

            SkipSpace();
        }
        while (TryTake((byte)','));
        return TryTake((byte)'}');
    }

    private bool TryReadValue(ByteRange name, int depth)
    {
        if (_at == _text.Length)
        {
            return false;
        }

        var start = _at;
        switch (_text[_at])
        {
            case (byte)'"':
                // A string that the line's bound cuts off is still worth having.
                var isWhole = TryReadString(out var value);
                if (isWhole || (_at == _text.Length && _view.IsTruncated))
                {
                    _roles.Add(name, value, isText: true);
                }

                return isWhole;
            case (byte)'{':
                return depth < MaxDepth && TryReadObject(name, depth + 1);
            case (byte)'[':
                if (!TrySkipArray())
                {
                    return false;
                }

                _roles.Add(name, new ByteRange(start, _at - start), isText: false);
                return true;
            case (byte)'n':
                return TryTake("null"u8);
            case (byte)'t':
            case (byte)'f':
                if (!TryTake("true"u8) && !TryTake("false"u8))
                {
                    return false;
                }

                _roles.Add(name, new ByteRange(start, _at - start), isText: false);
                return true;
            default:
                if (!TrySkipNumber())
                {
                    return false;
                }

                _roles.Add(name, new ByteRange(start, _at - start), isText: false);
                return true;
        }
    }

    private ByteRange Join(ByteRange prefix, ByteRange name)
    {
        if (prefix.Length == 0)
        {
            return name;
        }

        var joined = _view.Reserve(prefix.Length + 1 + name.Length);
        _view.Get(prefix).CopyTo(joined);
        joined[prefix.Length] = (byte)'.';
        _view.Get(name).CopyTo(joined[(prefix.Length + 1)..]);
        return _view.Commit(joined.Length);
    }

    /// <summary>A string from its quote on; at the end of the text it holds what there is, and the answer is false.</summary>
    private bool TryReadString(out ByteRange value)
    {
        var start = ++_at;
        var stop = _text[_at..].IndexOfAny(StringStops);
        if (stop >= 0 && _text[_at + stop] == '"')
        {
            value = new ByteRange(start, stop);
            _at += stop + 1;
            return true;
        }

        if (stop < 0)
        {
            value = new ByteRange(start, _text.Length - start);
            _at = _text.Length;
            return false;
        }

        return TryUnescape(out value);
    }

    private bool TryUnescape(out ByteRange value)
    {
        // Unescaped is never longer than escaped: six bytes for at most three, twelve for four.
        var closing = ClosingQuote();
        var into = _view.Reserve(closing - _at);
        var written = 0;
        var isValid = true;
        while (_at < closing && isValid)
        {
            var stop = _text[_at..closing].IndexOf((byte)'\\');
            var length = stop < 0 ? closing - _at : stop;
            _text.Slice(_at, length).CopyTo(into[written..]);
            written += length;
            _at += length;
            isValid = stop < 0 || TryReadEscape(closing, into, ref written);
        }

        value = _view.Commit(written);
        if (!isValid || closing == _text.Length)
        {
            _at = isValid ? closing : _at;
            return false;
        }

        _at = closing + 1;
        return true;
    }

    private readonly int ClosingQuote()
    {
        for (var at = _at; at < _text.Length;)
        {
            var stop = _text[at..].IndexOfAny(StringStops);
            if (stop < 0)
            {
                break;
            }

            if (_text[at + stop] == '"')
            {
                return at + stop;
            }

            at += stop + 2;
        }

        return _text.Length;
    }

    private bool TryReadEscape(int end, Span<byte> into, ref int written)
    {
        if (_at + 1 >= end)
        {
            // Cut off in the escape: only a line that is cut off too gets here.
            _at = end;
            return true;
        }

        var escape = _text[_at + 1];
        if (escape == 'u')
        {
            return TryReadUnicode(end, into, ref written);
        }

        var plain = escape switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'t' => (byte)'\t',
            (byte)'r' => (byte)'\r',
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            (byte)'"' or (byte)'\\' or (byte)'/' => escape,
            _ => (byte)0,
        };
        if (plain == 0)
        {
            return false;
        }

        into[written++] = plain;
        _at += 2;
        return true;
    }

    private bool TryReadUnicode(int end, Span<byte> into, ref int written)
    {
        if (_at + 6 > end)
        {
            _at = end;
            return end == _text.Length;
        }

        if (!TryReadHex(_at + 2, out var unit))
        {
            return false;
        }

        _at += 6;
        var rune = Rune.ReplacementChar;
        if (char.IsHighSurrogate((char)unit) && _at + 6 <= end && _text[_at] == '\\' && _text[_at + 1] == 'u'
            && TryReadHex(_at + 2, out var low) && char.IsLowSurrogate((char)low))
        {
            rune = new Rune((char)unit, (char)low);
            _at += 6;
        }
        else if (!char.IsSurrogate((char)unit))
        {
            rune = new Rune((char)unit);
        }

        written += rune.EncodeToUtf8(into[written..]);
        return true;
    }

    private readonly bool TryReadHex(int at, out int unit)
    {
        unit = 0;
        foreach (var digit in _text.Slice(at, 4))
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return false;
            }

            unit = (unit << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return true;
    }

    /// <summary>Gets over an array; what is in it is not looked at, but its brackets and braces must be in pairs.</summary>
    private bool TrySkipArray()
    {
        for (var depth = 0; ;)
        {
            var stop = _text[_at..].IndexOfAny(ArrayStops);
            if (stop < 0)
            {
                _at = _text.Length;
                return false;
            }

            _at += stop;
            switch (_text[_at])
            {
                case (byte)'"':
                    _at++;
                    _at = ClosingQuote();
                    if (_at == _text.Length)
                    {
                        return false;
                    }

                    _at++;
                    break;
                case (byte)'[' or (byte)'{':
                    depth++;
                    _at++;
                    break;
                default:
                    _at++;
                    if (--depth == 0)
                    {
                        return _text[_at - 1] == ']';
                    }

                    break;
            }
        }
    }

    private bool TrySkipNumber()
    {
        var length = _text[_at..].IndexOfAnyExcept(NumberCharacters);
        length = length < 0 ? _text.Length - _at : length;
        var number = _text.Slice(_at, length);
        _at += length;
        return number.Length > 0 && (char.IsAsciiDigit((char)number[0]) || (number.Length > 1 && number[0] == '-'));
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            _at++;
        }
    }

    private readonly bool Is(byte expected) => _at < _text.Length && _text[_at] == expected;

    private bool TryTake(byte expected)
    {
        if (!Is(expected))
        {
            return false;
        }

        _at++;
        return true;
    }

    private bool TryTake(ReadOnlySpan<byte> expected)
    {
        if (!_text[_at..].StartsWith(expected))
        {
            return false;
        }

        _at += expected.Length;
        return true;
    }
}
