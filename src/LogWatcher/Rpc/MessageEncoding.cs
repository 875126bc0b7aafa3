namespace LogWatcher.Rpc;

/// <summary>How the messages of a call are compressed, one by one (grpc/grpc <c>doc/compression.md</c>).</summary>
internal enum MessageEncoding
{
    Identity,
    Gzip,

    /// <summary>Deflate in the zlib format (RFC 1950), as HTTP means it.</summary>
    Deflate,
}

internal static class MessageEncodingNames
{
    /// <summary>Everything that is read, as <c>grpc-accept-encoding</c> says it.</summary>
    public const string Accepted = "identity,gzip,deflate";

    public static string Name(this MessageEncoding encoding) => encoding switch
    {
        MessageEncoding.Gzip => "gzip",
        MessageEncoding.Deflate => "deflate",
        _ => "identity",
    };

    /// <param name="name">As in <c>grpc-encoding</c>: lower case.</param>
    /// <returns>False for a name that is not in <see cref="Accepted"/>: the caller's UNIMPLEMENTED.</returns>
    public static bool TryParse(ReadOnlySpan<char> name, out MessageEncoding encoding)
    {
        encoding = name switch
        {
            "gzip" => MessageEncoding.Gzip,
            "deflate" => MessageEncoding.Deflate,
            _ => MessageEncoding.Identity,
        };
        return encoding != MessageEncoding.Identity || name is "identity";
    }
}
