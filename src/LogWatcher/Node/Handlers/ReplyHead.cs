using LogWatcher.Rpc;

namespace LogWatcher.Node.Handlers;

/// <summary>The beginning of a line that answers another line.</summary>
internal static class ReplyHead
{
    public static void Write(JsonOutput output, CallEnvironment environment, in Envelope asked, ReadOnlySpan<byte> type, long inReplyTo)
    {
        NodeIdentity.WriteHead(output, environment.Identity.NodeId, asked.Utf8(EnvelopeKey.Src));
        output.WriteRaw(type);
        output.WriteRaw("\", \"in_reply_to\": "u8);
        output.WriteNumber(inReplyTo);
    }
}
