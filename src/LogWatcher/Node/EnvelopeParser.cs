using System.Runtime.CompilerServices;
using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>
/// Reads the value of <c>data</c> while the line is taken apart, so that it is read once, where the keys before it tell whose
/// it is. Most clients write them in that order; for the others it is passed over and read later.
/// </summary>
internal interface IEarlyReader
{
    /// <summary>Reads the value that the reader's next token begins, or touches nothing and returns null.</summary>
    /// <exception cref="MessageFormatException">The value is no such message: the reader is anywhere.</exception>
    LineCall? TryRead(in Envelope soFar, ref JsonInput reader, out object? message);
}

/// <summary>
/// Takes lines apart, each in one pass of JsonInput. Nothing is copied; the values of requests and data are passed over
/// here and read once, by whoever knows their type. Only looks: what a line asks for is done later, if all of it is good.
/// </summary>
internal ref struct EnvelopeParser
{
    private readonly Envelope _envelope;
    private readonly IEarlyReader? _earlyReader;
    private readonly LineBeginning? _beginning;

    private EnvelopeParser(in Envelope envelope, IEarlyReader? earlyReader, LineBeginning? beginning)
    {
        _envelope = envelope;
        _earlyReader = earlyReader;
        _beginning = beginning;
    }

    /// <summary>
    /// Takes a line apart. One with a fault holds what was read before the fault, so that the error can be addressed.
    /// </summary>
    /// <param name="envelope">The line; its findings are written where it keeps them.</param>
    /// <param name="earlyReader">Reads <c>data</c> in passing where it can; null: it is read later.</param>
    /// <param name="beginning">Of a line before; becomes that of this one, if it has a <c>msg_id</c>. Null: none is kept.</param>
    public static void Parse(in Envelope envelope, IEarlyReader? earlyReader, LineBeginning? beginning = null)
    {
        ref var parsed = ref envelope.Parsed;
        parsed.Fault ??= JsonText.FindFault(envelope.Line);
        try
        {
            parsed.Fault = new EnvelopeParser(envelope, earlyReader, beginning).Read() ?? parsed.Fault;
        }
        catch (JsonException exception)
        {
            parsed.Fault ??= $"not JSON: {JsonText.Explain(exception)}";
        }
        catch (Exception) when (earlyReader is not null)
        {
            // Whether that is the message's fault (or that of our reading it) or the line's shows when the line is read without
            // looking into its data.
            parsed.Given = 0;
            Parse(envelope, earlyReader: null);
            return;
        }

        if (envelope[EnvelopeKey.MsgId].Type == JsonTokenType.Number
            && envelope.TryGetInteger(EnvelopeKey.MsgId, out var msgId)
            && msgId is >= 0 and <= Envelope.MaxMsgId)
        {
            parsed.MsgId = msgId;
        }
    }

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
        6 when name.SequenceEqual("schema"u8) => EnvelopeKey.Schema,
        7 when name.SequenceEqual("service"u8) => EnvelopeKey.Service,
        7 when name.SequenceEqual("request"u8) => EnvelopeKey.Request,
        7 when name.SequenceEqual("node_id"u8) => EnvelopeKey.NodeId,
        7 when name.SequenceEqual("message"u8) => EnvelopeKey.Message,
        8 when name.SequenceEqual("metadata"u8) => EnvelopeKey.Metadata,
        8 when name.SequenceEqual("encoding"u8) => EnvelopeKey.Encoding,
        8 when name.SequenceEqual("node_ids"u8) => EnvelopeKey.NodeIds,
        9 when name.SequenceEqual("stream_id"u8) => EnvelopeKey.StreamId,
        10 when name.SequenceEqual("timeout_ms"u8) => EnvelopeKey.TimeoutMs,
        11 when name.SequenceEqual("in_reply_to"u8) => EnvelopeKey.InReplyTo,
        11 when name.SequenceEqual("compression"u8) => EnvelopeKey.Compression,
        11 when name.SequenceEqual("encoded_hex"u8) => EnvelopeKey.EncodedHex,
        _ => EnvelopeKey.Other,
    };

    private readonly string? Read()
    {
        var reader = new JsonInput(_envelope.Line);
        if (_beginning is not null && _beginning.TrySkip(_envelope, ref reader))
        {
            reader.Read();
            ReadValue(ref reader, EnvelopeKey.MsgId);
            ReadMembers(ref reader);
        }
        else
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return "not a JSON object";
            }
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = TopKey(NameOf(ref reader));
            reader.Read();
            if (key == EnvelopeKey.Body)
            {
                // Of a key given twice the last counts, so nothing of an earlier body may remain.
                _envelope.ForgetBody();
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

    private readonly void ReadBody(ref JsonInput reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            ReadValue(ref reader, EnvelopeKey.Body);
            return;
        }

        // Said before the body is whole: of one that is cut off the error needs the msg_id.
        _envelope.Set(EnvelopeKey.Body, new JsonField(JsonTokenType.StartObject, false, reader.TokenStartIndex, 0));
        ReadMembers(ref reader);
    }

    /// <summary>Reads the body from one of its members to its end; that it has begun, and where, is noted.</summary>
    private readonly void ReadMembers(ref JsonInput reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = BodyKey(NameOf(ref reader));
            if (key == EnvelopeKey.Data && TryReadDataEarly(ref reader))
            {
                continue;
            }

            if (key == EnvelopeKey.MsgId)
            {
                _beginning?.Remember(_envelope, ref reader);
            }

            reader.Read();
            ReadValue(ref reader, key);
        }

        var start = _envelope[EnvelopeKey.Body].Start;
        _envelope.Set(EnvelopeKey.Body, new JsonField(JsonTokenType.StartObject, false, start, reader.BytesConsumed - start));
    }

    /// <summary>Has <c>data</c> read by the call it is for; false if that call can't, and nothing has been read.</summary>
    /// <exception cref="MessageFormatException">The value is no such message: the reader is anywhere.</exception>
    private readonly bool TryReadDataEarly(ref JsonInput reader)
    {
        var start = reader.BytesConsumed;
        object? message = null;
        var call = _earlyReader?.TryRead(_envelope, ref reader, out message);
        if (call is null)
        {
            return false;
        }

        _envelope.Set(EnvelopeKey.Data, new JsonField(JsonTokenType.StartObject, false, start, reader.BytesConsumed - start));
        (_envelope.Parsed.EarlyCall, _envelope.Parsed.EarlyMessage) = (call, message);
        return true;
    }

    private readonly void ReadValue(ref JsonInput reader, EnvelopeKey key)
    {
        var (type, isEscaped, start) = (reader.TokenType, reader.ValueIsEscaped, reader.TokenStartIndex);
        if (type is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            reader.Skip();
        }

        // A number that the line breaks off in may not be the whole number.
        var end = reader.BytesConsumed;
        if (key == EnvelopeKey.Other || (type == JsonTokenType.Number && end == _envelope.Line.Length))
        {
            return;
        }

        _envelope.Set(key, type == JsonTokenType.String
            ? new JsonField(type, isEscaped, start + 1, end - start - 2)
            : new JsonField(type, false, start, end - start));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<byte> NameOf(ref JsonInput reader) => reader.ValueIsEscaped ? Unescaped(ref reader) : reader.ValueSpan;

    private static byte[] Unescaped(ref JsonInput reader)
    {
        // A lone surrogate in a name is a fault that has been found already; the name itself is then of no interest.
        var unescaped = new byte[reader.ValueSpan.Length];
        try
        {
            return unescaped[..reader.CopyString(unescaped)];
        }
        catch (InvalidOperationException)
        {
            return [];
        }
    }
}
