using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>The keys that the node reads: the first three of the envelope, the others of its body.</summary>
internal enum EnvelopeKey
{
    Src,
    Dest,
    Body,
    Type,
    MsgId,
    InReplyTo,
    Service,
    Method,
    Request,
    Data,
    StreamId,
    Call,
    Credit,
    Metadata,
    TimeoutMs,
    Window,
    Encoding,
    Compression,
    NodeId,
    NodeIds,
    Echo,

    /// <summary>A key that the node does not read.</summary>
    Other,
}

/// <summary>
/// One value of an envelope as a stretch of its line: a string without its quotes, anything else as it stands.
/// <see cref="JsonTokenType.None"/>: the key was not given.
/// </summary>
internal readonly record struct JsonField(JsonTokenType Type, bool IsEscaped, int Start, int Length)
{
    public bool IsGiven => Type != JsonTokenType.None;
}

/// <summary>
/// Reads the value of <c>data</c> while the line is taken apart, so that it is read once, where the keys before it tell whose
/// it is. Most clients write them in that order; for the others it is passed over and read later.
/// </summary>
internal interface IEarlyReader
{
    /// <summary>Reads the value that the reader's next token begins, or touches nothing and returns null.</summary>
    /// <exception cref="MessageFormatException">The value is no such message: the reader is anywhere.</exception>
    LineCall? TryRead(in Envelope soFar, ref Utf8JsonReader reader);
}

/// <summary>
/// One line taken apart in one pass: where its values stand, not what they are. Nothing is copied; the values of requests and
/// data are passed over here and read once, by whoever knows their type. Lives as long as the line's buffer.
/// </summary>
internal ref struct Envelope
{
    /// <summary>How deep a line may nest.</summary>
    public const int MaxDepth = 64;

    /// <summary>msg_id is an integer that a double can hold.</summary>
    public const long MaxMsgId = (1L << 53) - 1;

    // How much of a client's text an error quotes.
    private const int MaxQuotedChars = 40;

    public const int KeyCount = (int)EnvelopeKey.Echo + 1;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth };

    private readonly JsonField[] _fields;
    private readonly IEarlyReader? _earlyReader;
    private LineCall? _earlyCall;
    private uint _given;
    private long _msgId = -1;

    private Envelope(ReadOnlySpan<byte> line, JsonField[] fields, IEarlyReader? earlyReader)
    {
        Line = line;
        _fields = fields;
        _earlyReader = earlyReader;
    }

    public ReadOnlySpan<byte> Line { get; }

    public readonly JsonField this[EnvelopeKey key] => (_given & Bit(key)) != 0 ? _fields[(int)key] : default;

    /// <summary>
    /// The call that the line names by <c>src</c> and <c>stream_id</c> and that has read its <c>data</c> already, in passing;
    /// null: none has.
    /// </summary>
    public readonly LineCall? EarlyCall => _earlyCall;

    /// <summary>Whether a key was given as a string without escapes.</summary>
    public readonly bool HasPlain(EnvelopeKey key) => this[key] is { Type: JsonTokenType.String, IsEscaped: false };

    /// <summary>Whether one of these keys was given.</summary>
    public readonly bool HasAny(params ReadOnlySpan<EnvelopeKey> keys)
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

    /// <summary>
    /// Takes a line apart. With a fault it holds what was read before the fault, so that the error can be addressed.
    /// </summary>
    /// <param name="fault">What makes the line no JSON object, or null.</param>
    /// <param name="fields">Where it keeps what it finds: <see cref="KeyCount"/> of them, used again for each line.</param>
    /// <param name="earlyReader">Reads <c>data</c> in passing where it can; null: it is read later.</param>
    public static Envelope Parse(ReadOnlySpan<byte> line, JsonField[] fields, IEarlyReader? earlyReader, out string? fault)
    {
        var envelope = new Envelope(line, fields, earlyReader);
        fault = JsonText.FindFault(line);
        try
        {
            fault = envelope.Read() ?? fault;
        }
        catch (MessageFormatException)
        {
            // Whether that is the message's fault or the line's shows when the line is read without looking into its data.
            return Parse(line, fields, earlyReader: null, out fault);
        }
        catch (JsonException exception)
        {
            fault ??= $"not JSON: {JsonText.Explain(exception)}";
        }

        if (envelope[EnvelopeKey.MsgId].Type == JsonTokenType.Number
            && envelope.TryGetInteger(EnvelopeKey.MsgId, out var msgId)
            && msgId is >= 0 and <= MaxMsgId)
        {
            envelope._msgId = msgId;
        }

        return envelope;
    }

    /// <summary>The bytes of a given string, unescaped; only an escaped one is copied.</summary>
    public readonly ReadOnlySpan<byte> Utf8(EnvelopeKey key)
    {
        var field = this[key];
        return field.IsEscaped ? JsonText.Unescape(Line.Slice(field.Start - 1, field.Length + 2)) : Line.Slice(field.Start, field.Length);
    }

    /// <summary>A value as it stands in the line, a string with its quotes.</summary>
    public readonly ReadOnlySpan<byte> Raw(EnvelopeKey key)
    {
        var field = this[key];
        return field.Type == JsonTokenType.String ? Line.Slice(field.Start - 1, field.Length + 2) : Line.Slice(field.Start, field.Length);
    }

    /// <exception cref="LineException">12: the field is missing or no string.</exception>
    public readonly ReadOnlySpan<byte> RequireUtf8(EnvelopeKey key)
    {
        Require(key, JsonTokenType.String, "a string");
        return Utf8(key);
    }

    /// <inheritdoc cref="RequireUtf8"/>
    public readonly string RequireString(EnvelopeKey key) => Encoding.UTF8.GetString(RequireUtf8(key));

    /// <exception cref="LineException">12: the field is given and no string.</exception>
    public readonly string? OptionalString(EnvelopeKey key) => this[key].IsGiven ? RequireString(key) : null;

    /// <exception cref="LineException">12: the field is missing or no integer from <paramref name="min"/> to <paramref name="max"/>.</exception>
    public readonly long RequireInteger(EnvelopeKey key, long min, long max)
    {
        Require(key, JsonTokenType.Number, $"an integer from {min} to {max}");
        return TryGetInteger(key, out var value) && value >= min && value <= max
            ? value
            : throw Wrong(key, $"an integer from {min} to {max}");
    }

    /// <exception cref="LineException">12: the field is given and no integer from <paramref name="min"/> to <paramref name="max"/>.</exception>
    public readonly long? OptionalInteger(EnvelopeKey key, long min, long max) =>
        this[key].IsGiven ? RequireInteger(key, min, max) : null;

    /// <exception cref="LineException">12: the field is missing or of another JSON type.</exception>
    public readonly void Require(EnvelopeKey key, JsonTokenType type, string expected)
    {
        if (this[key].Type != type)
        {
            throw Wrong(key, expected);
        }
    }

    /// <summary>What is said of a field that is missing or has another value than it should.</summary>
    public readonly LineException Wrong(EnvelopeKey key, string expected)
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
    /// <param name="hasFault">Whether the line has one: then that what was read of it is text is not a matter of course.</param>
    public readonly bool TryGetSrc(bool hasFault, out ReadOnlySpan<byte> src)
    {
        src = default;
        if (this[EnvelopeKey.Src].Type != JsonTokenType.String || (hasFault && JsonText.FindFault(Raw(EnvelopeKey.Src)) is not null))
        {
            return false;
        }

        src = Utf8(EnvelopeKey.Src);
        return true;
    }

    /// <summary><c>msg_id</c> if it is given as it should be.</summary>
    public readonly long? MsgIdOrNull => _msgId < 0 ? null : _msgId;

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
        _ => "echo",
    };

    private static EnvelopeKey TopKey(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 when name.SequenceEqual("src"u8) => EnvelopeKey.Src,
        4 when name.SequenceEqual("dest"u8) => EnvelopeKey.Dest,
        4 when name.SequenceEqual("body"u8) => EnvelopeKey.Body,
        _ => EnvelopeKey.Other,
    };

    private static EnvelopeKey BodyKey(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 when name.SequenceEqual("type"u8) => EnvelopeKey.Type,
        4 when name.SequenceEqual("data"u8) => EnvelopeKey.Data,
        4 when name.SequenceEqual("call"u8) => EnvelopeKey.Call,
        4 when name.SequenceEqual("echo"u8) => EnvelopeKey.Echo,
        6 when name.SequenceEqual("msg_id"u8) => EnvelopeKey.MsgId,
        6 when name.SequenceEqual("method"u8) => EnvelopeKey.Method,
        6 when name.SequenceEqual("credit"u8) => EnvelopeKey.Credit,
        6 when name.SequenceEqual("window"u8) => EnvelopeKey.Window,
        7 when name.SequenceEqual("service"u8) => EnvelopeKey.Service,
        7 when name.SequenceEqual("request"u8) => EnvelopeKey.Request,
        7 when name.SequenceEqual("node_id"u8) => EnvelopeKey.NodeId,
        8 when name.SequenceEqual("metadata"u8) => EnvelopeKey.Metadata,
        8 when name.SequenceEqual("encoding"u8) => EnvelopeKey.Encoding,
        8 when name.SequenceEqual("node_ids"u8) => EnvelopeKey.NodeIds,
        9 when name.SequenceEqual("stream_id"u8) => EnvelopeKey.StreamId,
        10 when name.SequenceEqual("timeout_ms"u8) => EnvelopeKey.TimeoutMs,
        11 when name.SequenceEqual("in_reply_to"u8) => EnvelopeKey.InReplyTo,
        11 when name.SequenceEqual("compression"u8) => EnvelopeKey.Compression,
        _ => EnvelopeKey.Other,
    };

    private readonly bool TryGetInteger(EnvelopeKey key, out long value)
    {
        var digits = Line.Slice(this[key].Start, this[key].Length);
        return Utf8Parser.TryParse(digits, out value, out var consumed) && consumed == digits.Length;
    }

    private string? Read()
    {
        var reader = new Utf8JsonReader(Line, ReaderOptions);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "not a JSON object";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = TopKey(NameOf(ref reader));
            reader.Read();
            if (key == EnvelopeKey.Body)
            {
                // Of a key given twice the last counts, so nothing of an earlier body may remain.
                _given &= Bit(EnvelopeKey.Body) - 1;
                _earlyCall = null;
                ReadBody(ref reader);
            }
            else
            {
                ReadValue(ref reader, key);
            }
        }

        // Nothing may stand behind the object: the reader throws if something does.
        reader.Read();
        return null;
    }

    private void ReadBody(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            ReadValue(ref reader, EnvelopeKey.Body);
            return;
        }

        var start = (int)reader.TokenStartIndex;

        // Said before the body is whole: of one that is cut off the error needs the msg_id.
        Set(EnvelopeKey.Body, new JsonField(JsonTokenType.StartObject, false, start, 0));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = BodyKey(NameOf(ref reader));
            if (key == EnvelopeKey.Data && TryReadDataEarly(ref reader))
            {
                continue;
            }

            reader.Read();
            ReadValue(ref reader, key);
        }

        Set(EnvelopeKey.Body, new JsonField(JsonTokenType.StartObject, false, start, (int)reader.BytesConsumed - start));
    }

    /// <summary>Has <c>data</c> read by the call it is for; false if that call can't, and nothing has been read.</summary>
    /// <exception cref="MessageFormatException">The value is no such message: the reader is anywhere.</exception>
    private bool TryReadDataEarly(ref Utf8JsonReader reader)
    {
        var start = (int)reader.BytesConsumed;
        var call = _earlyReader?.TryRead(this, ref reader);
        if (call is null)
        {
            return false;
        }

        Set(EnvelopeKey.Data, new JsonField(JsonTokenType.StartObject, false, start, (int)reader.BytesConsumed - start));
        _earlyCall = call;
        return true;
    }

    private void ReadValue(ref Utf8JsonReader reader, EnvelopeKey key)
    {
        var (type, isEscaped, start) = (reader.TokenType, reader.ValueIsEscaped, (int)reader.TokenStartIndex);
        if (type is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            reader.Skip();
        }

        // A number that the line breaks off in may not be the whole number.
        var end = (int)reader.BytesConsumed;
        if (key == EnvelopeKey.Other || (type == JsonTokenType.Number && end == Line.Length))
        {
            return;
        }

        Set(key, type == JsonTokenType.String
            ? new JsonField(type, isEscaped, start + 1, end - start - 2)
            : new JsonField(type, false, start, end - start));
    }

    private static uint Bit(EnvelopeKey key) => 1u << (int)key;

    private void Set(EnvelopeKey key, JsonField field)
    {
        _fields[(int)key] = field;
        _given |= Bit(key);

        // Given again behind the data, any of these may change whose it is, or what it is.
        if (key is EnvelopeKey.Data or EnvelopeKey.StreamId or EnvelopeKey.Src)
        {
            _earlyCall = null;
        }
    }

    private static ReadOnlySpan<byte> NameOf(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        // A lone surrogate in a name is a fault that has been found already; the name itself is then of no interest.
        var unescaped = new byte[reader.ValueSpan.Length];
        try
        {
            return unescaped.AsSpan(0, reader.CopyString(unescaped));
        }
        catch (InvalidOperationException)
        {
            return [];
        }
    }
}
