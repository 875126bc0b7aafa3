using LogWatcher.Rpc;

namespace LogWatcher.Node.Handlers;

/// <summary><c>grpc_cancel {stream_id or call}</c>: the call's end, then <c>grpc_cancel_ok</c>.</summary>
internal sealed class CancelHandler(CallEnvironment environment) : ILineHandler
{
    public void Handle(in Envelope envelope)
    {
        var record = StreamReference.FindCall(envelope, environment.Registry);
        if (record.Call?.End(new Status(StatusCode.Cancelled, "the client cancelled the call")) != true)
        {
            throw new LineException(ErrorCode.PreconditionFailed, "the call is CLOSED: it has ended");
        }

        if (envelope.MsgIdOrNull is { } msgId)
        {
            using var line = environment.Writer.Begin();
            ReplyHead.Write(line.Output, environment, envelope, "grpc_cancel_ok"u8, msgId);
            line.Commit();
        }
    }
}

/// <summary>
/// <c>grpc_window_update {stream_id or call, credit}</c>: the client can take more messages. For a call that has ended it
/// comes too late and means nothing, as on HTTP/2.
/// </summary>
internal sealed class WindowUpdateHandler(CallEnvironment environment) : ILineHandler
{
    public void Handle(in Envelope envelope)
    {
        var credit = envelope.RequireInteger(EnvelopeKey.Credit, 1, int.MaxValue);
        StreamReference.FindCall(envelope, environment.Registry).Call?.AddCredit(credit);
    }
}

/// <summary><c>grpc_stream_state {stream_id or call}</c> → <c>grpc_stream_state_ok {stream_id, state}</c>.</summary>
internal sealed class StreamStateHandler(CallEnvironment environment) : ILineHandler
{
    public void Handle(in Envelope envelope)
    {
        var record = StreamReference.FindCall(envelope, environment.Registry);
        if (envelope.MsgIdOrNull is not { } msgId)
        {
            return;
        }

        using var line = environment.Writer.Begin();
        ReplyHead.Write(line.Output, environment, envelope, "grpc_stream_state_ok"u8, msgId);
        CallLines.WriteStreamId(line.Output, record);
        line.Output.WriteRaw(", \"state\": \""u8);
        line.Output.WriteRaw(System.Text.Encoding.UTF8.GetBytes((record.Call?.State ?? StreamState.Closed).Name()));
        line.Output.WriteByte((byte)'"');
        line.Commit();
    }
}
