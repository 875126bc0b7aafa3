namespace LogWatcher.Rpc;

/// <summary>
/// A call of a method that there is not. It passes the interceptors like any other before it is told so
/// (<see cref="InterceptorChain.RefusalOf"/>): who may not call learns no names.
/// </summary>
/// <param name="service">As the client said it.</param>
/// <param name="method">As the client said it.</param>
/// <param name="kind">How it was called; where the method alone would say, any.</param>
/// <param name="peer">Who calls.</param>
/// <param name="peerHost">Who calls, without what changes with each connection.</param>
/// <param name="readMetadata">Reads what the client sent; asked once at most.</param>
/// <param name="time">The door's clock.</param>
internal sealed class UnknownCall(
    string service, string method, MethodKind kind, string peer, string peerHost, Func<Metadata> readMetadata, TimeProvider time)
    : CallContext
{
    // Names are told to the log, but not at any length.
    private const int MaxNameChars = 100;

    private Metadata? _requestMetadata;

    public override Method Method { get; } = new UnknownMethod(Shortened(service), Shortened(method), kind);

    public override string Peer => peer;

    public override string PeerHost => peerHost;

    public override Metadata RequestMetadata => _requestMetadata ??= readMetadata();

    public override DateTimeOffset? Deadline => null;

    public override TimeProvider Time => time;

    public override long MessagesSent => 0;

    public override void DeclareEndless()
    {
    }

    /// <summary>What a client made up is told again, but not at any length.</summary>
    public static string Shortened(string name) => name.Length <= MaxNameChars ? name : name[..MaxNameChars] + "…";

    private sealed class UnknownMethod(string service, string name, MethodKind kind) : Method(service, name, kind)
    {
        public override TResult Accept<TArgument, TResult>(IMethodVisitor<TArgument, TResult> visitor, TArgument argument) =>
            throw new NotSupportedException($"{FullName} is not served, and has no messages");
    }
}
