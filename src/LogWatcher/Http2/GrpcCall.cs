using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using LogWatcher.Rpc;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LogWatcher.Http2;

/// <summary>
/// A call on the HTTP/2 door: its state, its deadline and its one end; what needs the types of its messages is in
/// <see cref="TypedGrpcCall{TRequest, TResponse}"/>.
/// <para>
/// Three sides run at once: the request's own flow (<see cref="ServeAsync"/>), which alone writes the end; the handler with what
/// it reads and writes; and whoever ends the call from outside (deadline, reset, stop). The server takes the request's pipes and
/// headers back for other streams as soon as <see cref="ServeAsync"/> returns. So each use of them is announced under the gate, none
/// begins once the call is CLOSED, and <see cref="ServeAsync"/> waits until there is none. The handler may live on: it finds the
/// call ended.
/// </para>
/// </summary>
internal abstract partial class GrpcCall : CallContext, IValueTaskSource
{
    // The error codes of RST_STREAM (RFC 9113, 7).
    private const int NoError = 0;
    private const int Cancelled = 8;

    // What a timer can wait for at most.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    // At its deadline a call's end stands behind what the client has not read yet: so long it gets to read it.
    private static readonly TimeSpan UnreadPatience = TimeSpan.FromSeconds(5);

    private static readonly Status DeadlineExceeded = new(StatusCode.DeadlineExceeded, "the deadline has passed");

    private static int _lastNumber;

    private readonly Lock _gate = new();
    private readonly GrpcContent _content;
    private readonly IFeatureCollection _features;
    private readonly IHttpRequestFeature _request;
    private readonly IHttpResponseBodyFeature _bodyFeature;
    private ManualResetValueTaskSourceCore<bool> _quiet;
    private CancellationTokenRegistration _abortion;
    private ITimer? _deadlineTimer;
    private TimeSpan? _timeLeft;
    private Metadata? _requestMetadata;
    private PeerAddress? _peer;
    private DateTimeOffset? _deadline;
    private MessageEncoding _acceptedEncoding;
    private MessageEncoding _announcedEncoding;
    private bool _isReading;
    private bool _isWriting;
    private bool _isCancelling;
    private bool _isQuiet;
    private bool _isAbortionWatched;
    private bool _isEndless;
    private bool _awaitsRequest;
    private TaskCompletionSource? _declared;
    private EndedBy _endedBy;
    private UnreadEnd _unread;
    private long _sent;
    private long _sentBytes;
    private long _received;
    private long _receivedBytes;

    protected GrpcCall(GrpcEnvironment environment, Method method, GrpcContent content, IFeatureCollection features)
    {
        Environment = environment;
        Method = method;
        Number = Interlocked.Increment(ref _lastNumber);
        _content = content;
        _features = features;
        _request = features.Get<IHttpRequestFeature>()!;
        _bodyFeature = features.Get<IHttpResponseBodyFeature>()!;
        Body = new ResponseBody(this, _bodyFeature, content.IsText);
        var reader = features.Get<IRequestBodyPipeFeature>()!.Reader;
        Reader = content.IsText ? new Base64BodyReader(reader) : reader;
        State = method.TakesOneMessage ? StreamState.HalfClosed : StreamState.Open;
    }

    private enum EndedBy
    {
        // Also who refuses the call before it has a handler.
        Handler,

        // The stop, or a request that can't be read: the handler may live on.
        Outside,
        Deadline,
        Client,
    }

    /// <summary>What becomes of a deadline's end that stands behind what the client has not read; each only after the one before.</summary>
    private enum UnreadEnd
    {
        // Nothing stands before it, or the call has not ended by a deadline.
        None,

        // A flush waits for the client, which gets some time.
        LetsRead,
        GivenUp,
    }

    public override Method Method { get; }

    public override string Peer => Address.Peer;

    public override string PeerHost => Address.Host;

    public override Metadata RequestMetadata
    {
        get
        {
            lock (_gate)
            {
                return _requestMetadata ??= MetadataHeaders.Read(_request.Headers);
            }
        }
    }

    public override DateTimeOffset? Deadline => _deadline;

    public override TimeProvider Time => Environment.Time;

    public override long MessagesSent => Volatile.Read(ref _sent);

    /// <summary>What has come and gone so far. Any thread.</summary>
    public Traffic Traffic => new(Volatile.Read(ref _received), MessagesSent, Volatile.Read(ref _receivedBytes), Volatile.Read(ref _sentBytes));

    /// <summary>Tells calls apart, and nothing else.</summary>
    public int Number { get; }

    public StreamState State { get; private set; }

    protected GrpcEnvironment Environment { get; }

    protected ResponseBody Body { get; }

    /// <summary>The request's body; to be used between <see cref="BeginRead"/> and <see cref="EndRead"/>.</summary>
    protected PipeReader Reader { get; }

    /// <summary>Completes when the handler says that the call is endless; maybe never.</summary>
    protected Task DeclaredEndless
    {
        get
        {
            lock (_gate)
            {
                if (_isEndless)
                {
                    return Task.CompletedTask;
                }

                // The handler goes on with its work, and whoever waits here writes.
                return (_declared ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }
    }

    protected bool IsJson => _content.IsJson;

    private PeerAddress Address
    {
        get
        {
            lock (_gate)
            {
                return _peer ??= PeerAddress.Of(_features);
            }
        }
    }

    /// <summary>How the client's messages are compressed, if their flag says so.</summary>
    protected MessageEncoding RequestEncoding { get; private set; }

    /// <summary>How the next message is compressed. What the headers do not announce can't be.</summary>
    protected MessageEncoding ResponseEncoding
    {
        get
        {
            if (!Body.HasStarted)
            {
                AnnounceEncoding();
            }

            return CompressesResponses == true ? _announcedEncoding : MessageEncoding.Identity;
        }
    }

    /// <summary>Runs the call from its headers to its end. Never fails.</summary>
    public async Task ServeAsync()
    {
        if (TryAccept() is { } refusal)
        {
            End(refusal, ReferenceEquals(refusal, DeadlineExceeded) ? EndedBy.Deadline : EndedBy.Handler);
        }
        else
        {
            // It never fails, and says itself when it has ended.
            _ = RunAsync();
        }

        await new ValueTask(this, _quiet.Version);
        if (_unread != UnreadEnd.None)
        {
            LetGo();
        }

        if (await WriteEndAsync() is { } failure)
        {
            LogIfBug(failure);
        }

        if (_endedBy != EndedBy.Handler)
        {
            // The handler lives on, and may still ask who called and with what.
            _ = Address;
            KeepMetadata();
        }
    }

    public override void DeclareEndless()
    {
        TaskCompletionSource? declared;
        lock (_gate)
        {
            _isEndless = true;
            declared = _declared;
        }

        declared?.TrySetResult();
        if (Environment.LiveCalls.IsStopping)
        {
            EndIfOpenEnded();
        }
    }

    /// <summary>
    /// The door stops: a call ends now that would not end by itself, or whose one request has not come. Until it has there is no
    /// handler to give a grace to, and the client may never send the rest.
    /// </summary>
    public void EndIfOpenEnded()
    {
        bool isOpenEnded;
        lock (_gate)
        {
            isOpenEnded = _isEndless || _awaitsRequest;
        }

        if (isOpenEnded)
        {
            End(new Status(StatusCode.Unavailable, "the node is stopping"), EndedBy.Outside);
        }
    }

    /// <summary>The door has stopped, and the grace is over.</summary>
    public void EndForStop() => End(new Status(StatusCode.Unavailable, "the node has stopped"), EndedBy.Outside);

    void IValueTaskSource.GetResult(short token) => _quiet.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _quiet.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _quiet.OnCompleted(continuation, state, token, flags);

    protected abstract Task PumpAsync(CallContext context);

    protected override void OnCancellationAsked() => WatchAbortion();

    /// <summary>
    /// Has the call end when its stream is reset or the connection lost, whatever its handler does. What only reads needs it not:
    /// the read fails.
    /// </summary>
    protected void WatchAbortion()
    {
        CancellationToken aborted;
        lock (_gate)
        {
            if (State == StreamState.Closed || _isAbortionWatched)
            {
                return;
            }

            _isAbortionWatched = true;

            aborted = _features.Get<IHttpRequestLifetimeFeature>()!.RequestAborted;
        }

        var registration = aborted.UnsafeRegister(static call => ((GrpcCall)call!).OnAborted(), this);
        lock (_gate)
        {
            if (State != StreamState.Closed)
            {
                _abortion = registration;
                return;
            }
        }

        registration.Unregister();
    }

    /// <summary>Announces that the request's body is in use.</summary>
    /// <exception cref="OperationCanceledException">The call has ended.</exception>
    /// <exception cref="InvalidOperationException">The handler asks again while its last question is open.</exception>
    protected void BeginRead()
    {
        lock (_gate)
        {
            if (State == StreamState.Closed)
            {
                throw new OperationCanceledException("the call has ended");
            }

            if (_isReading)
            {
                throw new InvalidOperationException("requests are read by one reader at a time");
            }

            _isReading = true;
        }
    }

    /// <summary>
    /// The one request of a call has not come whole, and is waited for, until <see cref="EndRead"/>. While the door stops nothing but
    /// the health is still asked for, and its requests come in one piece.
    /// </summary>
    protected void AwaitRequest()
    {
        lock (_gate)
        {
            _awaitsRequest = true;
        }

        if (Environment.LiveCalls.IsStopping && !HealthChecking.Includes(Method))
        {
            EndIfOpenEnded();
        }
    }

    protected void EndRead()
    {
        bool isQuiet;
        lock (_gate)
        {
            _isReading = _awaitsRequest = false;
            isQuiet = TurnsQuiet();
        }

        if (isQuiet)
        {
            ContinueElsewhere();
        }
    }

    /// <summary>The client has closed its side.</summary>
    protected void HalfClose()
    {
        lock (_gate)
        {
            State = StreamTransitions.Next(State, StreamEvent.HalfClose) ?? State;
        }
    }

    /// <summary>Announces that the response is in use.</summary>
    /// <returns>False: the call has ended, and nothing may be written for it.</returns>
    protected bool BeginWrite()
    {
        lock (_gate)
        {
            if (State == StreamState.Closed)
            {
                return false;
            }

            _isWriting = true;
            return true;
        }
    }

    protected void EndWrite()
    {
        bool isQuiet;
        lock (_gate)
        {
            _isWriting = false;
            isQuiet = TurnsQuiet();
        }

        if (isQuiet)
        {
            ContinueElsewhere();
        }
    }

    protected void CountSent(int bytes)
    {
        Volatile.Write(ref _sentBytes, _sentBytes + bytes);
        Volatile.Write(ref _sent, _sent + 1);
    }

    protected void CountReceived(long bytes)
    {
        Volatile.Write(ref _receivedBytes, _receivedBytes + bytes);
        Volatile.Write(ref _received, _received + 1);
    }

    protected void SetRequestCompressed(bool isCompressed) => IsRequestCompressed = isCompressed;

    /// <summary>The stream was reset, or the connection is gone.</summary>
    protected void EndForClient() => End(new Status(StatusCode.Cancelled, "the client has gone away"), EndedBy.Client);

    /// <summary>A request that can't be read ends the call, whatever its handler makes of that.</summary>
    protected void EndForRequest(Status status) => End(status, EndedBy.Outside);

    /// <summary>What the call begins with: encodings, deadline, its place among the live ones.</summary>
    /// <returns>Why it can't begin; null: it can.</returns>
    private Status? TryAccept()
    {
        var headers = _request.Headers;
        var acceptEncoding = headers.GrpcAcceptEncoding;
        if (acceptEncoding.Count > 0)
        {
            _acceptedEncoding = Choose(acceptEncoding.ToString());
        }

        var encoding = headers.GrpcEncoding;
        if (encoding.Count > 0)
        {
            if (!MessageEncodingNames.TryParse(encoding.ToString(), out var known))
            {
                _features.Get<IHttpResponseFeature>()!.Headers.GrpcAcceptEncoding = MessageEncodingNames.Accepted;
                return new Status(StatusCode.Unimplemented, $"unknown {GrpcHeaders.Encoding}; there are: {MessageEncodingNames.Accepted}");
            }

            RequestEncoding = known;
        }

        var timeout = headers.GrpcTimeout;
        if (timeout.Count > 0 && ReadTimeout(timeout.ToString()) is { } wrong)
        {
            return wrong;
        }

        if (Environment.LiveCalls.TryAdd(this) is { } refusal)
        {
            return refusal;
        }

        if (_timeLeft is not null)
        {
            ArmDeadline();
        }

        return null;
    }

    private Status? ReadTimeout(string text)
    {
        if (!GrpcHeaders.TryParseTimeout(text, out var timeout))
        {
            return new Status(StatusCode.Internal, $"{GrpcHeaders.Timeout} must be 1 to 8 digits and one of H M S m u n");
        }

        if (timeout == TimeSpan.Zero)
        {
            return DeadlineExceeded;
        }

        var now = Time.GetUtcNow();
        _deadline = timeout < DateTimeOffset.MaxValue - now ? now + timeout : DateTimeOffset.MaxValue;
        _timeLeft = timeout;
        return null;
    }

    private static MessageEncoding Choose(string accepted)
    {
        foreach (var range in accepted.AsSpan().Split(','))
        {
            if (MessageEncodingNames.TryParse(accepted.AsSpan(range).Trim(), out var encoding) && encoding != MessageEncoding.Identity)
            {
                return encoding;
            }
        }

        return MessageEncoding.Identity;
    }

    private TimeSpan NextTimer()
    {
        var step = _timeLeft!.Value < LongestTimer ? _timeLeft.Value : LongestTimer;
        _timeLeft -= step;

        // A timer counts whole milliseconds, and must not fire before its time.
        return TimeSpan.FromMilliseconds(Math.Ceiling(step.TotalMilliseconds));
    }

    private void ArmDeadline()
    {
        var timer = Time.CreateTimer(static call => ((GrpcCall)call!).OnTimer(), this, NextTimer(), Timeout.InfiniteTimeSpan);
        lock (_gate)
        {
            if (State != StreamState.Closed)
            {
                _deadlineTimer = timer;
                return;
            }
        }

        // The stop was faster.
        timer.Dispose();
    }

    private void OnAborted()
    {
        EndForClient();
        GiveUpClient();
    }

    private void OnTimer()
    {
        if (State == StreamState.Closed)
        {
            GiveUpClient();
            return;
        }

        if (_timeLeft > TimeSpan.Zero)
        {
            _deadlineTimer?.Change(NextTimer(), Timeout.InfiniteTimeSpan);
            return;
        }

        End(DeadlineExceeded, EndedBy.Deadline);
    }

    private async Task RunAsync()
    {
        Environment.Handlers.Enter();
        var status = Status.Ok;
        try
        {
            await (Environment.Interceptors.IsEmpty ? PumpAsync(this) : Environment.Interceptors.Around(PumpAsync)(this));
        }
        catch (Exception exception)
        {
            LogIfBug(exception);
            status = Status.From(exception);
        }

        End(status, EndedBy.Handler);
        Environment.Handlers.Leave();
    }

    private void LogIfBug(Exception exception)
    {
        // What a handler meets because its call was ended is no bug of its own.
        if (exception is not (RpcException or OperationCanceledException))
        {
            Environment.LogLine($"the handler of {Method.FullName} failed: {exception}");
        }
    }

    /// <summary>Sets the response's headers, once, right before they are sent.</summary>
    public void PrepareHeaders()
    {
        var headers = _features.Get<IHttpResponseFeature>()!.Headers;
        headers.ContentType = _content.ContentType;
        AnnounceEncoding();
        if (_announcedEncoding != MessageEncoding.Identity)
        {
            headers.GrpcEncoding = _announcedEncoding.Name();
        }

        if (_request.Headers.GrpcAcceptEncoding.Count > 0)
        {
            headers.GrpcAcceptEncoding = MessageEncodingNames.Accepted;
        }

        if (HeadersOrNull is { } metadata)
        {
            MetadataHeaders.Write(metadata, headers, LogLeftOut);
        }
    }

    /// <summary>What is compressed at all is known before the first message, or the headers, whichever is earlier.</summary>
    private void AnnounceEncoding()
    {
        if (CompressesResponses is not null)
        {
            _announcedEncoding = _acceptedEncoding;
        }
    }

    private void LogLeftOut(string why) => Environment.LogLine($"{Method.FullName}: {why}; it was left out");

    private void KeepMetadata()
    {
        try
        {
            _ = RequestMetadata;
        }
        catch (RpcException)
        {
            lock (_gate)
            {
                _requestMetadata = new Metadata();
            }
        }
    }
}
