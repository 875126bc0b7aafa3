namespace LogWatcher.Rpc;

/// <summary>
/// One call as its handler sees it. Each door has its own kind; what is here is the same on all.
/// A handler may use it from any thread; headers and trailers from one at a time.
/// </summary>
internal abstract class CallContext
{
    // Stands in for the source of a call that was cancelled before anybody asked for its token.
    private static readonly CancellationTokenSource AlreadyCancelled = CreateCancelled();

    private CancellationTokenSource? _cancellation;
    private Metadata? _responseHeaders;
    private Metadata? _responseTrailers;
    private Action<Metadata>? _lastTrailers;

    /// <summary>What is called, its service and its kind.</summary>
    public abstract Method Method { get; }

    /// <summary>Who calls: the envelope's <c>src</c>, or the address of the connection.</summary>
    public abstract string Peer { get; }

    /// <summary>Who calls, without what changes with each connection: the peer, or the address without its port.</summary>
    public virtual string PeerHost => Peer;

    public abstract Metadata RequestMetadata { get; }

    /// <summary>When the call ends by itself with DEADLINE_EXCEEDED; null: never.</summary>
    public abstract DateTimeOffset? Deadline { get; }

    public abstract TimeProvider Time { get; }

    /// <summary>How the call ended; null while it lives.</summary>
    public Status? Status { get; protected set; }

    /// <summary>Whether the request message that the handler has taken last came compressed.</summary>
    public bool IsRequestCompressed { get; protected set; }

    /// <summary>
    /// Whether the messages that are sent from here on are compressed, each on its own. Null: as the door does it by itself,
    /// which on stdout is what the opener asked for, and over HTTP/2 not at all. Over HTTP/2 a call that compresses any message
    /// says so in its headers, so it must be set, to true or false, before the first; and nothing is ever compressed for a client
    /// that does not accept it.
    /// </summary>
    public bool? CompressesResponses { get; set; }

    /// <summary>Messages sent to the client so far.</summary>
    public abstract long MessagesSent { get; }

    /// <summary>
    /// Fires when the call has ended without its handler: by a cancel, the deadline, a lost connection, the node's stop.
    /// Made on first use: a handler that only reads and writes needs none, since both end it anyway.
    /// </summary>
    public CancellationToken CancellationToken
    {
        get
        {
            if (_cancellation is null && Interlocked.CompareExchange(ref _cancellation, new CancellationTokenSource(), null) is null)
            {
                OnCancellationAsked();
            }

            return _cancellation.Token;
        }
    }

    /// <summary>Initial metadata, sent with the first message that answers the call; later additions are not sent.</summary>
    public Metadata ResponseHeaders => _responseHeaders ??= new Metadata();

    /// <summary>Trailing metadata, sent with the end.</summary>
    public Metadata ResponseTrailers => _responseTrailers ??= new Metadata();

    /// <summary>The headers if there are any: asking for them makes none.</summary>
    protected Metadata? HeadersOrNull => _responseHeaders is { IsEmpty: false } headers ? headers : null;

    /// <inheritdoc cref="HeadersOrNull"/>
    protected Metadata? TrailersOrNull => _responseTrailers is { IsEmpty: false } trailers ? trailers : null;

    /// <summary>
    /// Has trailers added that are known only at the end, whatever ends the call: a cancel comes while the handler still works.
    /// </summary>
    /// <param name="add">
    /// Called once at most, right before the end is sent: nothing is sent for the call meanwhile, so
    /// <see cref="MessagesSent"/> is final. On any thread, maybe beside the handler; it must be quick, and wait for nobody who
    /// sends.
    /// </param>
    public void AddTrailersAtEnd(Action<Metadata> add) => Volatile.Write(ref _lastTrailers, add);

    /// <summary>
    /// Says that from here on the call does not end by itself (following, a ticker): it holds up neither the end of input
    /// nor a stop, but is ended by both. The first message may be far off, so over HTTP/2 the headers are sent: what else they are
    /// to hold must be in them, and what else can be wrong be told. May be said more than once.
    /// </summary>
    public abstract void DeclareEndless();

    /// <summary>Asks for the trailers that the end brings: for a door, when it sends the end, with nothing of the call sent meanwhile.</summary>
    /// <returns>What went wrong: a bug of the handler's, without which the end goes out all the same; null: nothing.</returns>
    protected Exception? AddLastTrailers()
    {
        try
        {
            Interlocked.Exchange(ref _lastTrailers, null)?.Invoke(ResponseTrailers);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    /// <summary>Called once, when the handler first asks for its token: from here on somebody wants to know.</summary>
    protected virtual void OnCancellationAsked()
    {
    }

    /// <summary>Fires <see cref="CancellationToken"/>, on this thread. Does nothing the second time.</summary>
    protected void Cancel()
    {
        Interlocked.Exchange(ref _cancellation, AlreadyCancelled)?.Cancel();
    }

    private static CancellationTokenSource CreateCancelled()
    {
        var source = new CancellationTokenSource();
        source.Cancel();
        return source;
    }
}
