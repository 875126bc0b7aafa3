using System.Buffers.Text;

namespace LogWatcher.Node.Handlers;

/// <summary>How lines name a call: <c>stream_id</c> or <c>call</c>, each within its src.</summary>
internal static class StreamReference
{
    /// <summary>Finds the stream that <c>stream_id</c> names.</summary>
    /// <exception cref="LineException">12: no <c>stream_id</c>; 20: the src has no such stream.</exception>
    public static CallRecord FindStream(in Envelope envelope, StreamRegistry registry)
    {
        var id = envelope.RequireUtf8(EnvelopeKey.StreamId);
        return registry.FindStream(envelope.Utf8(EnvelopeKey.Src), ParseId(id))
            ?? throw new LineException(ErrorCode.KeyDoesNotExist, $"there is no stream \"{Envelope.Quote(id)}\" of this client");
    }

    /// <summary>The same for an envelope that is not read to its end: null where that throws.</summary>
    public static CallRecord? TryFindStream(in Envelope envelope, StreamRegistry registry) =>
        envelope.HasPlain(EnvelopeKey.StreamId) && envelope.HasPlain(EnvelopeKey.Src)
            ? registry.FindStream(envelope.Utf8(EnvelopeKey.Src), ParseId(envelope.Utf8(EnvelopeKey.StreamId)))
            : null;

    /// <summary>Finds the call that <c>stream_id</c> or <c>call</c> names.</summary>
    /// <exception cref="LineException">12: not exactly one of the two is given; 20: the src has no such call.</exception>
    public static CallRecord FindCall(in Envelope envelope, StreamRegistry registry)
    {
        if (envelope[EnvelopeKey.StreamId].IsGiven == envelope[EnvelopeKey.Call].IsGiven)
        {
            throw new LineException(ErrorCode.MalformedRequest, "body.stream_id or body.call must name the call, and not both");
        }

        if (envelope[EnvelopeKey.StreamId].IsGiven)
        {
            return FindStream(envelope, registry);
        }

        var msgId = envelope.RequireInteger(EnvelopeKey.Call, 0, Envelope.MaxMsgId);
        return registry.Find(envelope.Utf8(EnvelopeKey.Src), msgId)
            ?? throw new LineException(ErrorCode.KeyDoesNotExist, $"there is no call {msgId} of this client");
    }

    /// <summary>The number in <c>s1</c>, <c>s2</c>, …; -1 for what the node never gave out.</summary>
    private static long ParseId(ReadOnlySpan<byte> id) =>
        id is [(byte)'s', >= (byte)'1' and <= (byte)'9', ..]
        && Utf8Parser.TryParse(id[1..], out long number, out var consumed)
        && consumed == id.Length - 1
            ? number
            : -1;
}
