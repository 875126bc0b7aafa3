using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Node.Handlers;

/// <summary><c>init {node_id, node_ids}</c> → <c>init_ok</c>: the node learns its name, once.</summary>
internal sealed class InitHandler(CallEnvironment environment) : ILineHandler
{
    public void Handle(in Envelope envelope)
    {
        var nodeId = envelope.RequireUtf8(EnvelopeKey.NodeId);
        if (envelope[EnvelopeKey.NodeIds].IsGiven)
        {
            RequireStrings(envelope, EnvelopeKey.NodeIds);
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

    private static void RequireStrings(in Envelope envelope, EnvelopeKey key)
    {
        envelope.Require(key, JsonTokenType.StartArray, "an array of strings");
        var reader = new JsonInput(envelope.Raw(key));
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                throw envelope.Wrong(key, "an array of strings");
            }
        }
    }
}
