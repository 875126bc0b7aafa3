using System.Buffers;
using System.Buffers.Text;

namespace LogWatcher.Rpc;

/// <summary>Base64 as clients send it: with or without padding (grpc/grpc <c>doc/PROTOCOL-HTTP2.md</c> accepts both).</summary>
internal static class Base64Text
{
    private const int GroupLength = 4;

    public static bool TryDecode(ReadOnlySpan<byte> utf8, out byte[] bytes)
    {
        var missing = (GroupLength - (utf8.Length % GroupLength)) % GroupLength;
        bytes = new byte[utf8.Length + missing];
        utf8.CopyTo(bytes);
        bytes.AsSpan(utf8.Length).Fill((byte)'=');
        var isBase64 = Base64.DecodeFromUtf8InPlace(bytes, out var length) == OperationStatus.Done;
        bytes = bytes[..(isBase64 ? length : 0)];
        return isBase64;
    }
}
