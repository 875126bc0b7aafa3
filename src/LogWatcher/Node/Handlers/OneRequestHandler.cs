using LogWatcher.Rpc;

namespace LogWatcher.Node.Handlers;

/// <summary><c>grpc_call</c> and <c>grpc_server_stream</c>: the opener brings the one request.</summary>
internal sealed class OneRequestHandler(CallOpener opener, MethodKind kind) : ILineHandler
{
    public void Handle(in Envelope envelope)
    {
        if (opener.Open(envelope, kind) is { } call)
        {
            call.ArmDeadline();
            call.StartWith(envelope, EnvelopeKey.Request);
        }
    }
}
