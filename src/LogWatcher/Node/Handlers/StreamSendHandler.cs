using LogWatcher.Rpc;

namespace LogWatcher.Node.Handlers;

/// <summary><c>grpc_client_stream_send</c> and <c>grpc_bidi_stream_send {stream_id, data}</c>: one message for the handler.</summary>
internal sealed class StreamSendHandler(CallEnvironment environment, MethodKind kind) : ILineHandler
{
    public void Handle(in Envelope envelope) => StreamOfKind.Find(envelope, environment.Registry, kind).Receive(envelope, EnvelopeKey.Data);
}

/// <summary><c>grpc_client_stream_close</c> and <c>grpc_bidi_stream_close {stream_id}</c>: the client closes its side.</summary>
internal sealed class StreamCloseHandler(CallEnvironment environment, MethodKind kind) : ILineHandler
{
    public void Handle(in Envelope envelope) => StreamOfKind.Find(envelope, environment.Registry, kind).HalfClose(envelope.MsgIdOrNull);
}

/// <summary>The live streams that one family of lines can speak of.</summary>
file static class StreamOfKind
{
    /// <exception cref="LineException">
    /// 12: no <c>stream_id</c>; 20: the src has no such stream; 22: it has ended, or is of the other kind.
    /// </exception>
    public static LineCall Find(in Envelope envelope, StreamRegistry registry, MethodKind kind)
    {
        // A call that lived when its line was read may have ended before the line is carried out: what is said of it must not tell.
        var call = envelope.Parsed.EarlyCall is { State: not StreamState.Closed } early ? early : FindLive(envelope, registry);
        return call.Method.Kind == kind
            ? call
            : throw new LineException(
                ErrorCode.PreconditionFailed,
                $"stream s{call.Record.StreamNumber} was opened with {CallOpener.OpenerOf(call.Method.Kind)}: its lines begin with the same words");
    }

    private static LineCall FindLive(in Envelope envelope, StreamRegistry registry)
    {
        var record = StreamReference.FindStream(envelope, registry);
        return record.Call
            ?? throw new LineException(ErrorCode.PreconditionFailed, $"stream s{record.StreamNumber} is CLOSED: it has ended");
    }
}
