using System.Text;
using System.Text.Json;

namespace LogWatcher.Node;

/// <summary>Carries out one type of message. Runs on the reader.</summary>
internal interface ILineHandler
{
    /// <exception cref="LineException">What is wrong with the line; nothing has been changed.</exception>
    void Handle(in Envelope envelope);
}

/// <summary>
/// Takes lines, checks what is common to all, and gives each to the handler of its type. The one place that answers a line
/// with an error. Runs on the reader.
/// </summary>
internal sealed class Dispatcher
{
    private readonly CallEnvironment _environment;
    private readonly ILineHandler _init;
    private readonly byte[][] _types;
    private readonly ILineHandler[] _handlers;

    /// <param name="handlers">Body type → handler, the most frequent first. <c>init</c> must be among them.</param>
    public Dispatcher(CallEnvironment environment, Dictionary<string, ILineHandler> handlers)
    {
        _environment = environment;
        _init = handlers["init"];
        _types = new byte[handlers.Count][];
        _handlers = new ILineHandler[handlers.Count];
        var index = 0;
        foreach (var (type, handler) in handlers)
        {
            _types[index] = Encoding.UTF8.GetBytes(type);
            _handlers[index++] = handler;
        }
    }

    /// <summary>Carries out one line, or answers what is wrong with it. Never throws for what a line holds.</summary>
    public void Dispatch(in Envelope envelope)
    {
        if (!envelope.TryGetSrc(out var src))
        {
            var noSrc = envelope.Fault ?? envelope.Wrong(EnvelopeKey.Src, "a string").Message;
            _environment.LogLine($"line {envelope.Parsed.Number}: {noSrc}");
            return;
        }

        try
        {
            if (envelope.Fault is not null)
            {
                throw new LineException(ErrorCode.MalformedRequest, envelope.Fault);
            }

            if (IsReply(envelope))
            {
                _environment.LogLine($"line {envelope.Parsed.Number}: dropped a reply to nothing that was asked");
                return;
            }

            Find(envelope).Handle(envelope);
        }
        catch (LineException exception)
        {
            WriteError(envelope, src, exception);
        }
    }

    /// <summary>Whether the message answers one of ours. Also checks what every message must have.</summary>
    private static bool IsReply(in Envelope envelope)
    {
        // First of all: a reply, whatever else is wrong with it, must not be answered, or two nodes would go on for ever.
        var isError = envelope[EnvelopeKey.Type].Type == JsonTokenType.String && envelope.Utf8(EnvelopeKey.Type).SequenceEqual("error"u8);
        var answers = envelope[EnvelopeKey.InReplyTo].Type == JsonTokenType.Number
            && envelope.TryGetInteger(EnvelopeKey.InReplyTo, out var msgId)
            && msgId is >= 0 and <= Envelope.MaxMsgId;
        if (isError || answers)
        {
            return true;
        }

        envelope.Require(EnvelopeKey.Dest, JsonTokenType.String, "a string");
        envelope.Require(EnvelopeKey.Body, JsonTokenType.StartObject, "an object");
        envelope.Require(EnvelopeKey.Type, JsonTokenType.String, "a string");

        if (envelope[EnvelopeKey.MsgId].IsGiven && envelope.MsgIdOrNull is null)
        {
            throw envelope.Wrong(EnvelopeKey.MsgId, $"an integer from 0 to {Envelope.MaxMsgId}");
        }

        return envelope[EnvelopeKey.InReplyTo].IsGiven
            ? throw envelope.Wrong(EnvelopeKey.InReplyTo, $"an integer from 0 to {Envelope.MaxMsgId}")
            : false;
    }

    private ILineHandler Find(in Envelope envelope)
    {
        var type = envelope.Utf8(EnvelopeKey.Type);
        var found = FindByType(type);
        if (_environment.Identity.NodeId is null && found != _init)
        {
            throw new LineException(ErrorCode.TemporarilyUnavailable, "the node is not initialised: send \"init\" with a node_id first");
        }

        return found ?? throw new LineException(
            ErrorCode.NotSupported, $"unknown type \"{Envelope.Quote(type)}\"; there are: {string.Join(", ", _types.Select(known => Encoding.UTF8.GetString(known)).Order(StringComparer.Ordinal))}");
    }

    private ILineHandler? FindByType(ReadOnlySpan<byte> type)
    {
        // A dozen comparisons of lengths cost less than hashing.
        for (var index = 0; index < _types.Length; index++)
        {
            if (type.SequenceEqual(_types[index]))
            {
                return _handlers[index];
            }
        }

        return null;
    }

    private void WriteError(in Envelope envelope, ReadOnlySpan<byte> src, LineException exception)
    {
        using var line = _environment.Writer.Begin();
        var output = line.Output;
        NodeIdentity.WriteHead(output, _environment.Identity.NodeId ?? AddressedNode(envelope), src);
        output.WriteRaw("error\""u8);
        if (envelope.MsgIdOrNull is { } msgId)
        {
            output.WriteRaw(", \"in_reply_to\": "u8);
            output.WriteNumber(msgId);
        }

        output.WriteRaw(", \"code\": "u8);
        output.WriteNumber((long)exception.Code);
        output.WriteRaw(", \"text\": "u8);
        output.WriteString(exception.Message);
        line.Commit();
    }

    // Before init the node answers under the name it was called by.
    private static ReadOnlySpan<byte> AddressedNode(in Envelope envelope) =>
        envelope[EnvelopeKey.Dest].Type == JsonTokenType.String && JsonText.FindFault(envelope.Raw(EnvelopeKey.Dest)) is null
            ? envelope.Utf8(EnvelopeKey.Dest)
            : default;
}
