using LogWatcher.Rpc;

namespace LogWatcher.Node.Handlers;

/// <summary><c>grpc_client_stream_open</c> and <c>grpc_bidi_stream_open</c> → <c>…_ok {stream_id}</c>.</summary>
internal sealed class StreamOpenHandler(CallEnvironment environment, CallOpener opener, MethodKind kind) : ILineHandler
{
    public void Handle(in Envelope envelope)
    {
        if (opener.Open(envelope, kind) is not { } call)
        {
            return;
        }

        // The deadline runs from here on, so that its end can't come before the line that opens the stream.
        WriteOpened(envelope, call);
        call.ArmDeadline();
        call.Start();
    }

    private void WriteOpened(in Envelope envelope, LineCall call)
    {
        using var line = environment.Writer.Begin();
        if (call.State == StreamState.Closed)
        {
            // The node has stopped meanwhile, and nothing is written behind an end.
            return;
        }

        var type = kind == MethodKind.Bidi ? "grpc_bidi_stream_open_ok"u8 : "grpc_client_stream_open_ok"u8;
        ReplyHead.Write(line.Output, environment, envelope, type, call.Record.MsgId);
        CallLines.WriteStreamId(line.Output, call.Record);
        line.Commit();
    }
}
