using System.Security.Cryptography.X509Certificates;
using LogWatcher.Rpc;

namespace LogWatcher.Http2;

/// <summary>How the HTTP/2 door serves, and its bounds: options of the command line.</summary>
internal sealed record ServeOptions
{
    /// <summary>Streams that a client may have open on one connection: more than any client opens by default.</summary>
    public const int DefaultMaxStreams = 1_000;

    /// <summary>Calls at once of all connections together: as many as the line door has.</summary>
    public const int DefaultMaxCalls = 100_000;

    /// <summary>Where to listen, once each.</summary>
    public required IReadOnlyList<ListenAddress> Listen { get; init; }

    /// <summary>The certificate with its key, and those that lead to a known one; null: no address speaks TLS.</summary>
    public X509Certificate2Collection? Certificates { get; init; }

    /// <summary>Streams open at once on a connection; over it a stream is refused (REFUSED_STREAM) and the connection lives.</summary>
    public int MaxStreams { get; init; } = DefaultMaxStreams;

    /// <summary>Calls that run at once on all connections together; over it a call ends RESOURCE_EXHAUSTED.</summary>
    public int MaxCalls { get; init; } = DefaultMaxCalls;

    /// <summary>The most that a message may have, in bytes, both ways, as it comes and decompressed.</summary>
    public int MaxMessageBytes { get; init; } = LengthPrefixedMessage.MaxMessageBytes;

    /// <summary>What running calls get to finish in when the node is told to stop.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The origins whose pages may call (gRPC-Web); <c>*</c>: all; none: no page of another origin.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];
}
