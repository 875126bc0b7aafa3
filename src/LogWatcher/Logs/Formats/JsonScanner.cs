using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// The tokens of JSON (RFC 8259) in the line of a view, from a place on. Lenient within strings (controls, bad UTF-8), strict
/// about the rest. What is unescaped stands in the view's scratch buffer, everything else is a stretch of the line.
/// </summary>
internal ref struct JsonScanner(EntryView view, int start)
{
    private static readonly SearchValues<byte> NestingStops = SearchValues.Create("\"[]{}"u8);
    private static readonly SearchValues<byte> WordStops = SearchValues.Create(",]} \t\r"u8);

    private readonly EntryView _view = view;
    private readonly ReadOnlySpan<byte> _text = view.Line;
    private int _at = start;

    /// <summary>The place of what is read next.</summary>
    public int At { readonly get => _at; set => _at = value; }

    public readonly bool IsAtEnd => _at >= _text.Length;

    /// <summary>What is read next, to the line's end.</summary>
    public readonly ReadOnlySpan<byte> Rest => _text[_at..];

    /// <summary>The byte that is read next; 0 at the end.</summary>
    public readonly byte Next => _at < _text.Length ? _text[_at] : (byte)0;

    /// <summary>
    /// The value of a key of the object that begins at a place in the line, as its JSON text; keys with escapes are passed
    /// over.
    /// </summary>
    public static bool TryFindValue(EntryView view, int start, ReadOnlySpan<byte> name, out ByteRange value)
    {
        var scanner = new JsonScanner(view, start + 1);
        do
        {
            scanner.SkipSpace();
            var key = scanner._at + 1;
            if (!scanner.Is((byte)'"') || !scanner.TrySkipString())
            {
                break;
            }

            var isIt = scanner._text[key..(scanner._at - 1)].SequenceEqual(name);
            scanner.SkipSpace();
            if (!scanner.TryTake((byte)':'))
            {
                break;
            }

            scanner.SkipSpace();
            var begin = scanner._at;
            if (!scanner.TrySkipValue())
            {
                break;
            }

            if (isIt)
            {
                value = new ByteRange(begin, scanner._at - begin);
                return true;
            }

            scanner.SkipSpace();
        }
        while (scanner.TryTake((byte)','));
        value = default;
        return false;
    }

    /// <summary>A string without escapes, from its quote on; false, and nothing read, for anything else.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadPlainString(out ByteRange value)
    {
        value = default;
        if (!Is((byte)'"'))
        {
            return false;
        }

        var stop = StringStop(_at + 1);
        if (stop == _text.Length || _text[stop] != '"')
        {
            return false;
        }

        value = new ByteRange(_at + 1, stop - _at - 1);
        _at = stop + 1;
        return true;
    }

    /// <summary>A string from its quote on, which must be next; at the end of the text it holds what there is, and the answer is false.</summary>
    public bool TryReadString(out ByteRange value)
    {
        var start = ++_at;
        var stop = StringStop(start);
        value = new ByteRange(start, stop - start);
        if (stop == _text.Length)
        {
            _at = stop;
            return false;
        }

        if (_text[stop] == '"')
        {
            _at = stop + 1;
            return true;
        }

        return TryUnescape(out value);
    }

    private bool TrySkipString()
    {
        _at++;
        _at = ClosingQuote();
        if (_at == _text.Length)
        {
            return false;
        }

        _at++;
        return true;
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
            var stop = StringStop(at);
            if (stop == _text.Length || _text[stop] == '"')
            {
                return stop;
            }

            at = stop + 2;
        }

        return _text.Length;
    }

    /// <summary>
    /// Where the next quote or backslash stands, or the text ends. By hand, and inlined: most strings end within a vector
    /// (ARCHITECTURE.md, "Short texts by hand").
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int StringStop(int at)
    {
        for (; at <= _text.Length - Vector256<byte>.Count; at += Vector256<byte>.Count)
        {
            var bytes = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(_text), (nuint)at);
            var stops = (Vector256.Equals(bytes, Vector256.Create((byte)'"')) | Vector256.Equals(bytes, Vector256.Create((byte)'\\')))
                .ExtractMostSignificantBits();
            if (stops != 0)
            {
                return at + BitOperations.TrailingZeroCount(stops);
            }
        }

        while (at < _text.Length && _text[at] is not ((byte)'"' or (byte)'\\'))
        {
            at++;
        }

        return at;
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

    /// <summary>Gets over an array or an object; what is in it is not looked at, but brackets and braces must be in pairs.</summary>
    public bool TrySkipNested()
    {
        var closing = (byte)(Next == '[' ? ']' : '}');
        for (var depth = 0; ;)
        {
            var stop = _text[_at..].IndexOfAny(NestingStops);
            if (stop < 0)
            {
                _at = _text.Length;
                return false;
            }

            _at += stop;
            switch (_text[_at])
            {
                case (byte)'"':
                    if (!TrySkipString())
                    {
                        return false;
                    }

                    break;
                case (byte)'[' or (byte)'{':
                    depth++;
                    _at++;
                    break;
                default:
                    _at++;
                    if (--depth == 0)
                    {
                        return _text[_at - 1] == closing;
                    }

                    break;
            }
        }
    }

    /// <summary>Gets over a value of any kind, without a look at it.</summary>
    public bool TrySkipValue()
    {
        switch (Next)
        {
            case (byte)'"':
                return TrySkipString();
            case (byte)'[' or (byte)'{':
                return TrySkipNested();
            default:
                var length = _text[_at..].IndexOfAny(WordStops);
                _at = length < 0 ? _text.Length : _at + length;
                return length > 0;
        }
    }

    public bool TrySkipNumber()
    {
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiDigit((char)_text[_at]) || _text[_at] is (byte)'+' or (byte)'-' or (byte)'.' or (byte)'E' or (byte)'e'))
        {
            _at++;
        }

        var number = _text[start.._at];
        return number.Length > 0 && (char.IsAsciiDigit((char)number[0]) || (number.Length > 1 && number[0] == '-'));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            _at++;
        }
    }

    public readonly bool Is(byte expected) => _at < _text.Length && _text[_at] == expected;

    public bool TryTake(byte expected)
    {
        if (!Is(expected))
        {
            return false;
        }

        _at++;
        return true;
    }

    public bool TryTake(ReadOnlySpan<byte> expected)
    {
        if (!_text[_at..].StartsWith(expected))
        {
            return false;
        }

        _at += expected.Length;
        return true;
    }
}
