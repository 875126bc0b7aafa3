using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace LogWatcher.Node;

/// <summary>
/// One line with what was found in it, for those who carry it out: fields by their keys, checked as they are asked for. Lives
/// as long as the line's buffer.
/// </summary>
internal readonly ref struct Envelope
{
    /// <summary>msg_id is an integer that a double can hold.</summary>
    public const long MaxMsgId = (1L << 53) - 1;

    // How much of a client's text an error quotes.
    private const int MaxQuotedChars = 40;

    public const int KeyCount = (int)EnvelopeKey.EncodedHex + 1;

    private readonly ref ParsedLine _parsed;
    private readonly JsonField[] _fields;
    private readonly int _firstField;

    /// <param name="line">The line without its end.</param>
    /// <param name="parsed">What is found in it.</param>
    /// <param name="fields">Where its fields are kept: <see cref="KeyCount"/> of them from <paramref name="firstField"/> on.</param>
    public Envelope(ReadOnlySpan<byte> line, ref ParsedLine parsed, JsonField[] fields, int firstField)
    {
        Line = line;
        _parsed = ref parsed;
        _fields = fields;
        _firstField = firstField;
    }

    public ReadOnlySpan<byte> Line { get; }

    /// <summary>What the line says, as far as it has been looked through.</summary>
    public ref ParsedLine Parsed => ref _parsed;

    /// <summary>What is wrong with the line itself; null: nothing.</summary>
    public string? Fault => _parsed.Fault;

    public JsonField this[EnvelopeKey key] => (_parsed.Given & Bit(key)) != 0 ? _fields[_firstField + (int)key] : default;

    /// <summary>Notes where a value stands.</summary>
    public void Set(EnvelopeKey key, JsonField field)
    {
        _fields[_firstField + (int)key] = field;
        _parsed.Given |= Bit(key);

        // Given again behind the data, any of these may change whose it is, or what it is.
        if (key is EnvelopeKey.Data or EnvelopeKey.StreamId or EnvelopeKey.Src)
        {
            _parsed.EarlyCall = null;
        }
    }

    /// <summary>Copies what was found for the first of the keys; false if there is something of others as well.</summary>
    /// <param name="fields">As many as keys are wanted.</param>
    /// <param name="given">Which of them were given, a bit each.</param>
    public bool TryGetFirst(Span<JsonField> fields, out uint given)
    {
        given = _parsed.Given;
        _fields.AsSpan(_firstField, fields.Length).CopyTo(fields);
        return given >> fields.Length == 0;
    }

    /// <summary>Sets what <see cref="TryGetFirst"/> has given of a line that begins alike.</summary>
    public void SetFirst(ReadOnlySpan<JsonField> fields, uint given)
    {
        fields.CopyTo(_fields.AsSpan(_firstField, fields.Length));
        _parsed.Given = given;
    }

    /// <summary>Forgets what was found in a body: of a key given twice the last counts.</summary>
    public void ForgetBody()
    {
        _parsed.Given &= Bit(EnvelopeKey.Body) - 1;
        _parsed.EarlyCall = null;
    }

    /// <summary>Whether a key was given as a string without escapes.</summary>
    public bool HasPlain(EnvelopeKey key) => this[key] is { Type: JsonTokenType.String, IsEscaped: false };

    /// <summary>Whether one of these keys was given.</summary>
    public bool HasAny(params ReadOnlySpan<EnvelopeKey> keys)
    {
        foreach (var key in keys)
        {
            if (this[key].IsGiven)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The bytes of a given string, unescaped; only an escaped one is copied.</summary>
    public ReadOnlySpan<byte> Utf8(EnvelopeKey key)
    {
        var field = this[key];
        return field.IsEscaped ? JsonText.Unescape(Line.Slice(field.Start - 1, field.Length + 2)) : Line.Slice(field.Start, field.Length);
    }

    /// <summary>A value as it stands in the line, a string with its quotes.</summary>
    public ReadOnlySpan<byte> Raw(EnvelopeKey key)
    {
        var field = this[key];
        return field.Type == JsonTokenType.String ? Line.Slice(field.Start - 1, field.Length + 2) : Line.Slice(field.Start, field.Length);
    }

    /// <exception cref="LineException">12: the field is missing or no string.</exception>
    public ReadOnlySpan<byte> RequireUtf8(EnvelopeKey key)
    {
        Require(key, JsonTokenType.String, "a string");
        return Utf8(key);
    }

    /// <inheritdoc cref="RequireUtf8"/>
    public string RequireString(EnvelopeKey key) => Encoding.UTF8.GetString(RequireUtf8(key));

    /// <exception cref="LineException">12: the field is given and no string.</exception>
    public string? OptionalString(EnvelopeKey key) => this[key].IsGiven ? RequireString(key) : null;

    /// <exception cref="LineException">12: the field is missing or no integer from <paramref name="min"/> to <paramref name="max"/>.</exception>
    public long RequireInteger(EnvelopeKey key, long min, long max)
    {
        Require(key, JsonTokenType.Number, $"an integer from {min} to {max}");
        return TryGetInteger(key, out var value) && value >= min && value <= max
            ? value
            : throw Wrong(key, $"an integer from {min} to {max}");
    }

    /// <exception cref="LineException">12: the field is given and no integer from <paramref name="min"/> to <paramref name="max"/>.</exception>
    public long? OptionalInteger(EnvelopeKey key, long min, long max) =>
        this[key].IsGiven ? RequireInteger(key, min, max) : null;

    /// <exception cref="LineException">12: the field is missing or of another JSON type.</exception>
    public void Require(EnvelopeKey key, JsonTokenType type, string expected)
    {
        if (this[key].Type != type)
        {
            throw Wrong(key, expected);
        }
    }

    /// <summary>What is said of a field that is missing or has another value than it should.</summary>
    public LineException Wrong(EnvelopeKey key, string expected)
    {
        var name = key is EnvelopeKey.Src or EnvelopeKey.Dest or EnvelopeKey.Body ? Name(key) : "body." + Name(key);
        return new LineException(
            ErrorCode.MalformedRequest,
            this[key].IsGiven ? $"{name} must be {expected}, not {Quote(Raw(key))}" : $"{name} is missing: it must be {expected}");
    }

    /// <summary>A client's bytes as an error quotes them: the first few characters, on one line.</summary>
    public static string Quote(ReadOnlySpan<byte> utf8)
    {
        var text = Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, MaxQuotedChars * 4)]);
        return text.Length <= MaxQuotedChars ? text : text[..MaxQuotedChars] + "…";
    }

    /// <summary><c>src</c> as far as an answer can be sent to it: a string that can be written.</summary>
    public bool TryGetSrc(out ReadOnlySpan<byte> src)
    {
        src = default;

        // In a line with a fault, that what was read of it is text is not a matter of course.
        if (this[EnvelopeKey.Src].Type != JsonTokenType.String || (Fault is not null && JsonText.FindFault(Raw(EnvelopeKey.Src)) is not null))
        {
            return false;
        }

        src = Utf8(EnvelopeKey.Src);
        return true;
    }

    /// <summary><c>msg_id</c> if it is given as it should be.</summary>
    public long? MsgIdOrNull => _parsed.MsgId < 0 ? null : _parsed.MsgId;

    private static string Name(EnvelopeKey key) => key switch
    {
        EnvelopeKey.Src => "src",
        EnvelopeKey.Dest => "dest",
        EnvelopeKey.Body => "body",
        EnvelopeKey.Type => "type",
        EnvelopeKey.MsgId => "msg_id",
        EnvelopeKey.InReplyTo => "in_reply_to",
        EnvelopeKey.Service => "service",
        EnvelopeKey.Method => "method",
        EnvelopeKey.Request => "request",
        EnvelopeKey.Data => "data",
        EnvelopeKey.StreamId => "stream_id",
        EnvelopeKey.Call => "call",
        EnvelopeKey.Credit => "credit",
        EnvelopeKey.Metadata => "metadata",
        EnvelopeKey.TimeoutMs => "timeout_ms",
        EnvelopeKey.Window => "window",
        EnvelopeKey.Encoding => "encoding",
        EnvelopeKey.Compression => "compression",
        EnvelopeKey.NodeId => "node_id",
        EnvelopeKey.NodeIds => "node_ids",
        EnvelopeKey.Schema => "schema",
        EnvelopeKey.Message => "message",
        EnvelopeKey.EncodedHex => "encoded_hex",
        _ => "echo",
    };

    /// <summary>A number's value, if it is an integer of 64 bits.</summary>
    public bool TryGetInteger(EnvelopeKey key, out long value)
    {
        var digits = Line.Slice(this[key].Start, this[key].Length);
        return Utf8Parser.TryParse(digits, out value, out var consumed) && consumed == digits.Length;
    }

    private static uint Bit(EnvelopeKey key) => 1u << (int)key;
}
