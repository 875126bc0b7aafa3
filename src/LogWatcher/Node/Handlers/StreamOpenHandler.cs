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

        WriteOpened(envelope, call.Record);
        call.Start();
    }

    private void WriteOpened(in Envelope envelope, CallRecord record)
    {
        using var line = environment.Writer.Begin();
        var type = kind == MethodKind.Bidi ? "grpc_bidi_stream_open_ok"u8 : "grpc_client_stream_open_ok"u8;
        ReplyHead.Write(line.Output, environment, envelope, type, record.MsgId);
        CallLines.WriteStreamId(line.Output, record);
        line.Commit();
    }
}
