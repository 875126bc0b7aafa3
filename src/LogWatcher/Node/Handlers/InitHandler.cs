using System.Text.Json;

namespace LogWatcher.Node.Handlers;

/// <summary><c>init {node_id, node_ids}</c> → <c>init_ok</c>: the node learns its name, once.</summary>
internal sealed class InitHandler(CallEnvironment environment) : ILineHandler
{
    public void Handle(in Envelope envelope)
    {
        var nodeId = envelope.RequireUtf8(EnvelopeKey.NodeId);
        if (envelope[EnvelopeKey.NodeIds].IsGiven)
        {
            envelope.Require(EnvelopeKey.NodeIds, JsonTokenType.StartArray, "an array of strings");
        }

        if (environment.Identity.NodeId is { } known && !nodeId.SequenceEqual(known))
        {
            throw new LineException(
                ErrorCode.PreconditionFailed, $"the node is \"{Envelope.Quote(known)}\" already, and can't become \"{Envelope.Quote(nodeId)}\"");
        }

        environment.Identity.NodeId ??= nodeId.ToArray();
        if (envelope.MsgIdOrNull is not { } msgId)
        {
            return;
        }

        using var line = environment.Writer.Begin();
        ReplyHead.Write(line.Output, environment, envelope, "init_ok"u8, msgId);
        line.Commit();
    }
}
