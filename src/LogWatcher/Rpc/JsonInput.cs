using System.Buffers.Text;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace LogWatcher.Rpc;

/// <summary>
/// Reads JSON token by token, as <see cref="Utf8JsonReader"/> does over one span: the same tokens, the same faults at the same
/// token. Each line of the protocol goes through it several times over, so it does only what they need, and what it does is
/// compiled ahead of time (the search that Utf8JsonReader makes in each string is left to the JIT at every start). What is
/// rare is left to Utf8JsonReader: escapes, and what to say of a fault.
/// </summary>
internal ref struct JsonInput
{
    /// <summary>How many objects and arrays may be open at once: the bits of <see cref="_objects"/>, and Utf8JsonReader's own limit.</summary>
    public const int MaxDepth = 64;

    private const int QuoteBytes = 1;

    // The bits of _specials.
    private const int BlockBytes = 64;

    private readonly ReadOnlySpan<byte> _text;

    // A bit for each depth, the innermost lowest: 1 for an object, 0 for an array.
    private ulong _objects;
    private int _depth;
    private int _at;
    private int _valueStart;
    private int _valueLength;

    // Where strings may end in the block that begins here: found once for all of its strings.
    private int _block = -1;
    private ulong _specials;

    /// <param name="text">The JSON and nothing else, but for white space.</param>
    public JsonInput(ReadOnlySpan<byte> text)
    {
        _text = text;
    }

    /// <summary>Goes on where a name has been read, in a text whose beginning is known; nothing has been read of this one.</summary>
    /// <param name="at">Behind the name's colon.</param>
    /// <param name="depth">How many are open there, all of them objects.</param>
    public void GoOnBehindName(int at, int depth)
    {
        TokenType = JsonTokenType.PropertyName;
        (_objects, _depth, _at) = ((1UL << depth) - 1, depth, at);
    }

    /// <summary>The kind of the token read last; None before the first.</summary>
    public JsonTokenType TokenType { get; private set; }

    /// <summary>Whether the string or name has escapes.</summary>
    public bool ValueIsEscaped { get; private set; }

    /// <summary>The token as it stands in the text, a string or name without its quotes.</summary>
    public readonly ReadOnlySpan<byte> ValueSpan => _text.Slice(_valueStart, _valueLength);

    /// <summary>Where the token begins, a string or name with its quote.</summary>
    public readonly int TokenStartIndex => IsQuoted ? _valueStart - QuoteBytes : _valueStart;

    /// <summary>Where the token ends, a name with its colon.</summary>
    public readonly int BytesConsumed => _at;

    /// <summary>How many objects and arrays are open around the token.</summary>
    public readonly int CurrentDepth => TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? _depth - 1 : _depth;

    private readonly bool IsQuoted => TokenType is JsonTokenType.String or JsonTokenType.PropertyName;

    private readonly bool IsInObject => (_objects & 1) != 0;

    /// <summary>Reads the next token; false: there is none, the value is whole.</summary>
    /// <exception cref="JsonException">The text is no JSON from here on, or deeper than <see cref="MaxDepth"/>.</exception>
    public bool Read()
    {
        var next = Peek();
        switch (TokenType)
        {
            case JsonTokenType.PropertyName or JsonTokenType.None:
                ReadValue(next);
                return true;
            case JsonTokenType.StartObject when next != '}':
                ReadName(next);
                return true;
            case JsonTokenType.StartArray when next != ']':
                ReadValue(next);
                return true;
            default:
                return ReadBehindValue(next);
        }
    }

    /// <summary>Passes over the rest of an object or array, or over the value of a name; afterwards stands on its last token.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public void Skip()
    {
        if (TokenType == JsonTokenType.PropertyName)
        {
            Read();
        }

        if (TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            var depth = CurrentDepth;
            do
            {
                Read();
            }
            while (depth < CurrentDepth);
        }
    }

    /// <summary>The text of the string or name.</summary>
    /// <exception cref="InvalidOperationException">Its bytes are no UTF-8, or an escape is half of a surrogate pair.</exception>
    public readonly string GetString()
    {
        if (ValueIsEscaped)
        {
            return Token().GetString()!;
        }

        return Utf8.IsValid(ValueSpan) ? Encoding.UTF8.GetString(ValueSpan) : throw new InvalidOperationException("the string is no UTF-8");
    }

    /// <summary>Copies the string or name without escapes.</summary>
    /// <param name="utf8">As long as <see cref="ValueSpan"/>, or longer.</param>
    /// <returns>How many bytes that are.</returns>
    /// <exception cref="InvalidOperationException">Its bytes are no UTF-8, or an escape is half of a surrogate pair.</exception>
    public readonly int CopyString(Span<byte> utf8) => Token().CopyString(utf8);

    /// <summary>Whether the string or name, without escapes, is this text.</summary>
    public readonly bool ValueTextEquals(ReadOnlySpan<byte> utf8) => ValueIsEscaped ? Token().ValueTextEquals(utf8) : ValueSpan.SequenceEqual(utf8);

    /// <summary>The number, if it is an integer of 32 bits.</summary>
    public readonly bool TryGetInt32(out int value) => Utf8Parser.TryParse(ValueSpan, out value, out var consumed) && consumed == _valueLength;

    /// <summary>The first byte behind the white space that comes next, or -1 at the end. Stands there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Peek()
    {
        if ((uint)_at < (uint)_text.Length && _text[_at] > ' ')
        {
            return _text[_at];
        }

        return PeekBehindWhiteSpace();
    }

    private int PeekBehindWhiteSpace()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            _at++;
        }

        return _at < _text.Length ? _text[_at] : -1;
    }

    private bool ReadBehindValue(int next)
    {
        if (_depth == 0)
        {
            return next < 0 ? false : throw Fault();
        }

        if (next == ',')
        {
            _at++;
            if (IsInObject)
            {
                ReadName(Peek());
            }
            else
            {
                ReadValue(Peek());
            }
        }
        else if (next == (IsInObject ? '}' : ']'))
        {
            Take(IsInObject ? JsonTokenType.EndObject : JsonTokenType.EndArray, 1);
            _objects >>= 1;
            _depth--;
        }
        else
        {
            throw Fault();
        }

        return true;
    }

    private void ReadName(int next)
    {
        if (next != '"')
        {
            throw Fault();
        }

        TakeString(JsonTokenType.PropertyName);
        if (Peek() != ':')
        {
            throw Fault();
        }

        _at++;
    }

    private void ReadValue(int next)
    {
        switch (next)
        {
            case '"': TakeString(JsonTokenType.String); break;
            case '{': Open(JsonTokenType.StartObject, 1); break;
            case '[': Open(JsonTokenType.StartArray, 0); break;
            case 't': TakeLiteral(JsonTokenType.True, "true"u8); break;
            case 'f': TakeLiteral(JsonTokenType.False, "false"u8); break;
            case 'n': TakeLiteral(JsonTokenType.Null, "null"u8); break;
            default: TakeNumber(); break;
        }
    }

    private void Open(JsonTokenType type, ulong bit)
    {
        if (_depth == MaxDepth)
        {
            throw Fault();
        }

        _objects = (_objects << 1) | bit;
        _depth++;
        Take(type, 1);
    }

    private void TakeLiteral(JsonTokenType type, ReadOnlySpan<byte> literal)
    {
        if (!_text[_at..].StartsWith(literal))
        {
            throw Fault();
        }

        Take(type, literal.Length);
    }

    /// <summary>RFC 8259, section 6: <c>-? (0 | [1-9] [0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?</c>.</summary>
    private void TakeNumber()
    {
        var at = _at;
        if (ByteAt(at) == '-')
        {
            at++;
        }

        var whole = at;
        at = BehindDigits(at);
        if (at == whole || (ByteAt(whole) == '0' && at > whole + 1))
        {
            throw Fault();
        }

        if (ByteAt(at) == '.')
        {
            at = BehindSomeDigits(at + 1);
        }

        if (ByteAt(at) is 'e' or 'E')
        {
            at = BehindSomeDigits(ByteAt(at + 1) is '+' or '-' ? at + 2 : at + 1);
        }

        // Alone it may be the end of all; as a part of something it must be seen to end.
        if (ByteAt(at) is not (',' or '}' or ']' or ' ' or '\n' or '\r' or '\t' or '/') && (at < _text.Length || _depth > 0))
        {
            throw Fault();
        }

        Take(JsonTokenType.Number, at - _at);
    }

    private readonly int BehindDigits(int at)
    {
        while (ByteAt(at) is >= '0' and <= '9')
        {
            at++;
        }

        return at;
    }

    private readonly int BehindSomeDigits(int at)
    {
        var end = BehindDigits(at);
        return end > at ? end : throw Fault();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int ByteAt(int at) => (uint)at < (uint)_text.Length ? _text[at] : -1;

    private void Take(JsonTokenType type, int length)
    {
        TokenType = type;
        ValueIsEscaped = false;
        _valueStart = _at;
        _valueLength = length;
        _at += length;
    }

    private void TakeString(JsonTokenType type)
    {
        var start = _at + QuoteBytes;
        var end = EndOfPlain(start);
        var isEscaped = false;
        while (ByteAt(end) != '"')
        {
            if (ByteAt(end) != '\\' || !IsEscape(_text[end..], out var length))
            {
                throw Fault();
            }

            isEscaped = true;
            end = EndOfPlain(end + length);
        }

        TokenType = type;
        ValueIsEscaped = isEscaped;
        _valueStart = start;
        _valueLength = end - start;
        _at = end + QuoteBytes;
    }

    /// <summary>Where the first byte stands that ends a string, begins an escape, or may not stand in a string; the end of all, if none does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int EndOfPlain(int at)
    {
        while (at < _text.Length)
        {
            var block = at & -BlockBytes;
            if (block != _block)
            {
                (_block, _specials) = (block, SpecialsOf(block));
            }

            if (_specials >> at is var specials and not 0)
            {
                return at + BitOperations.TrailingZeroCount(specials);
            }

            at = block + BlockBytes;
        }

        return _text.Length;
    }

    /// <summary>A bit for each byte of a block: whether it is one that <see cref="EndOfPlain"/> looks for. What is behind the text is none.</summary>
    private readonly ulong SpecialsOf(int block)
    {
        if (block <= _text.Length - BlockBytes)
        {
            return Specials(_text.Slice(block, BlockBytes));
        }

        if (_text.Length >= BlockBytes)
        {
            var before = block - (_text.Length - BlockBytes);
            return Specials(_text[^BlockBytes..]) >> before;
        }

        Span<byte> padded = stackalloc byte[BlockBytes];
        padded.Fill((byte)' ');
        _text.CopyTo(padded);
        return Specials(padded);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Specials(ReadOnlySpan<byte> block) =>
        SpecialsOf(Vector256.Create(block)) | ((ulong)SpecialsOf(Vector256.Create(block[Vector256<byte>.Count..])) << Vector256<byte>.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint SpecialsOf(Vector256<byte> bytes)
    {
        var specials = Vector256.Equals(bytes, Vector256.Create((byte)'"')) | Vector256.Equals(bytes, Vector256.Create((byte)'\\'))
            | Vector256.Equals(Vector256.Min(bytes, Vector256.Create((byte)0x1f)), bytes);
        return specials.ExtractMostSignificantBits();
    }

    private static bool IsEscape(ReadOnlySpan<byte> text, out int length)
    {
        const int Digits = 4;
        length = 2;
        if (text.Length < length)
        {
            return false;
        }

        if (text[1] != 'u')
        {
            return text[1] is (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t';
        }

        length += Digits;
        if (text.Length < length)
        {
            return false;
        }

        foreach (var digit in text.Slice(2, Digits))
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The string or name alone, for what only Utf8JsonReader knows of it.</summary>
    private readonly Utf8JsonReader Token()
    {
        var token = new Utf8JsonReader(_text.Slice(_valueStart - QuoteBytes, _valueLength + (2 * QuoteBytes)));
        token.Read();
        return token;
    }

    /// <summary>What Utf8JsonReader says of the text, which it does not take either.</summary>
    private readonly JsonException Fault()
    {
        var reader = new Utf8JsonReader(_text);
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException exception)
        {
            return exception;
        }

        return new JsonException("the text is no JSON", path: null, lineNumber: 0, bytePositionInLine: _at);
    }
}
