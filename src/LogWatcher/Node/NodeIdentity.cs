using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>Who the node is, which its <c>init</c> says once. Written by the reader before any call is opened.</summary>
internal sealed class NodeIdentity
{
    /// <summary>The node's id in UTF-8; null before <c>init</c>.</summary>
    public byte[]? NodeId { get; set; }

    /// <summary>A line's beginning, up to the name of its type.</summary>
    public static void WriteHead(JsonOutput output, ReadOnlySpan<byte> src, ReadOnlySpan<byte> dest)
    {
        output.WriteRaw("{\"src\": "u8);
        output.WriteString(src);
        output.WriteRaw(", \"dest\": "u8);
        output.WriteString(dest);
        output.WriteRaw(", \"body\": {\"type\": \""u8);
    }
}
