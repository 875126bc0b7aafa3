using System.Globalization;
using System.Text;
using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>
/// A live call on the line door: its state, its credit, its deadline and its end; what needs the types of its messages is in
/// <see cref="LineCall{TRequest, TResponse}"/>.
/// <para>
/// Three sides run at once: the reader (pushes, closes, credits, cancels), the handler (takes, writes, ends) and timers
/// (deadline, stop). The state and the queue are guarded by <see cref="Gate"/>; what is written is ordered by the writer's
/// lock. Where both are needed the writer's comes first, and a handler is never resumed under either.
/// </para>
/// </summary>
internal abstract class LineCall : CallContext
{
    /// <summary>Messages of one stream that may wait for its handler before the reader waits for it.</summary>
    public const int MaxWaitingMessages = 1024;

    /// <summary>Bytes of messages that may wait for one stream's handler: as many as one line can bring.</summary>
    public const int MaxWaitingBytes = 4 * 1024 * 1024;

    /// <summary>Bytes of messages that may wait in all, so that many streams can't do together what one can't.</summary>
    public const int MaxWaitingBytesOfAll = 64 * 1024 * 1024;

    /// <summary>Messages that a handler may write for one line before it must leave the reader to the other calls.</summary>
    public const int MaxInlineMessages = 1024;

    /// <summary>How long one stream may hold up reading, not counting the time in which stdout itself is blocked.</summary>
    public static readonly TimeSpan MaxHold = TimeSpan.FromSeconds(5);

    private readonly byte[] _head;
    private readonly CallOptions _options;
    private ITimer? _deadlineTimer;
    private TaskCompletionSource? _creditWaiter;
    private string? _peer;
    private long _credit;
    private int _freed;
    private int _waitingMessages;
    private int _waitingBytes;
    private long _answers;
    private long _endAnswers;
    private long _sent;
    private bool _isEndless;
    private bool _areHeadersSent;
    private bool _isHolding;

    protected LineCall(CallEnvironment environment, CallRecord record, Method method, CallOptions options)
    {
        Environment = environment;
        Record = record;
        Method = method;
        _options = options;
        _answers = _endAnswers = record.MsgId;
        _credit = options.Window ?? 0;
        State = method.TakesOneMessage ? StreamState.HalfClosed : StreamState.Open;
        var head = new JsonOutput();
        NodeIdentity.WriteHead(head, environment.Identity.NodeId, record.Owner.Name);
        _head = head.Written.ToArray();
        if (options.TimeoutMs is { } timeoutMs)
        {
            Deadline = environment.Time.GetUtcNow().AddMilliseconds(timeoutMs);
        }
    }

    public override Method Method { get; }

    public override string Peer => _peer ??= Encoding.UTF8.GetString(Record.Owner.Name);

    public override Metadata RequestMetadata => _options.Metadata;

    public override DateTimeOffset? Deadline { get; }

    public override TimeProvider Time => Environment.Time;

    public override long MessagesSent => Volatile.Read(ref _sent);

    public CallRecord Record { get; }

    public StreamState State { get; private set; }

    /// <summary>Whether nothing more can come for this call.</summary>
    public bool IsInputEnded => Environment.IsInputEnded;

    protected CallEnvironment Environment { get; }

    /// <summary>Guards the state and the queue; what waits on it is the reader, for room in the queue.</summary>
    protected object Gate { get; } = new();

    protected bool IsProto => _options.IsProto;

    /// <summary>The compression of messages in length-prefixed form.</summary>
    protected MessageEncoding Compression => _options.Compression;

    private bool IsWindowed => _options.Window is not null;

    private string StreamName => string.Create(CultureInfo.InvariantCulture, $"s{Record.StreamNumber}");

    private bool IsFull =>
        _waitingMessages >= MaxWaitingMessages
        || _waitingBytes >= MaxWaitingBytes
        || Volatile.Read(ref Environment.WaitingBytes(IsWindowed)) >= MaxWaitingBytesOfAll;

    /// <summary>Runs the handler, on this thread until its first real wait. Not before the call is registered.</summary>
    public abstract void Start();

    /// <summary>Starts a call whose opener brings its one request; one that does not fit ends the call instead.</summary>
    public void StartWith(in Envelope envelope, EnvelopeKey key)
    {
        Push(envelope, key, msgId: -1);
        if (State != StreamState.Closed)
        {
            CompleteRequests();
            Start();
        }
    }

    /// <summary>
    /// Takes a message from the client. If too many wait already, waits for the handler as flow control allows; for the
    /// reader alone. A message that does not fit ends the call.
    /// </summary>
    /// <param name="key">Where the message stands in the envelope.</param>
    /// <exception cref="LineException">22: the client has closed its side, or the call has ended.</exception>
    public void Receive(in Envelope envelope, EnvelopeKey key)
    {
        RequireState(StreamEvent.Message);
        if (IsWindowed && (_waitingMessages >= _options.Window || _waitingBytes >= MaxWaitingBytes || IsFull))
        {
            End(new Status(
                StatusCode.ResourceExhausted,
                $"the client sent more than its window of {_options.Window} messages allows: {_waitingMessages} are not taken yet"));
        }
        else if (!IsWindowed && IsFull && !WaitForHandler())
        {
            End(new Status(
                StatusCode.ResourceExhausted,
                $"the handler took none of its {_waitingMessages} waiting messages for {MaxHold.TotalSeconds} s; open the stream with a window to know how many it can take"));
        }
        else
        {
            Push(envelope, key, envelope.MsgIdOrNull ?? -1);
        }
    }

    /// <summary>The client closes its side.</summary>
    /// <param name="msgId">Of the closing line; if it has one, the end answers it.</param>
    /// <exception cref="LineException">22: it has closed its side before, or the call has ended.</exception>
    public void HalfClose(long? msgId)
    {
        lock (Gate)
        {
            RequireState(StreamEvent.HalfClose);
            State = StreamTransitions.Next(State, StreamEvent.HalfClose)!.Value;
            _endAnswers = msgId ?? _endAnswers;
        }

        CompleteRequests();
    }

    /// <summary>The client can take more messages. What waits for that goes on right here.</summary>
    /// <exception cref="LineException">22: the call was opened without a window.</exception>
    public void AddCredit(long credit)
    {
        if (!IsWindowed)
        {
            throw new LineException(ErrorCode.PreconditionFailed, "the call has no flow control: open it with a window to give it credit");
        }

        TaskCompletionSource? waiter;
        lock (Gate)
        {
            Interlocked.Add(ref _credit, credit);
            (waiter, _creditWaiter) = (_creditWaiter, null);
        }

        waiter?.TrySetResult();
    }

    public override void DeclareEndless()
    {
        lock (Gate)
        {
            _isEndless = true;
        }

        EndIfNobodyWaits();
    }

    /// <summary>Tells the call that stdin has ended or that the node is to stop: endless ones end, and those that ask for more.</summary>
    public void EndIfNobodyWaits()
    {
        bool isEndless;
        bool asksForMore;
        lock (Gate)
        {
            isEndless = _isEndless;
            asksForMore = IsInputEnded && State == StreamState.Open && IsConsumerWaiting;
        }

        if (isEndless && Environment.IsStopping)
        {
            End(new Status(StatusCode.Unavailable, "the node is stopping"));
        }
        else if (isEndless && IsInputEnded)
        {
            End(new Status(StatusCode.Cancelled, "the input has ended, and this call would never end by itself"));
        }
        else if (asksForMore)
        {
            EndSilently();
        }
        else if (IsInputEnded && Volatile.Read(ref _creditWaiter) is not null)
        {
            EndWithoutCredit();
        }
    }

    /// <summary>Ends the call, once: writes the end, moves the state to CLOSED and lets go of everything the call held.</summary>
    /// <returns>False: it had ended already.</returns>
    public bool End(Status status) => End(status, isSilent: false);

    /// <summary>Ends the call without a word: its client has gone quiet, and has been answered.</summary>
    public void EndSilently() => End(new Status(StatusCode.Cancelled, "the input has ended"), isSilent: true);

    /// <summary>The handler has taken a message. Not under the gate.</summary>
    /// <param name="msgId">Of the line that brought it; -1: it had none.</param>
    public void OnTaken(long msgId)
    {
        if (msgId >= 0)
        {
            _answers = msgId;
        }

        if (IsWindowed && Record.StreamNumber > 0)
        {
            TellOfRoom();
        }
    }

    /// <summary>Counts messages that begin or, below 0, cease to wait. Under the gate.</summary>
    public void CountWaiting(int messages, int bytes)
    {
        _waitingMessages += messages;
        _waitingBytes += bytes;
        Interlocked.Add(ref Environment.WaitingBytes(IsWindowed), bytes);
        if (_isHolding)
        {
            Monitor.PulseAll(Gate);
        }
    }

    /// <summary>Reads a message in passing and keeps it for the <see cref="Receive"/> that may follow. For the reader alone.</summary>
    /// <returns>False: this call does not read JSON.</returns>
    /// <exception cref="MessageFormatException">The value is no such message.</exception>
    public abstract bool TryReadEarly(ref Utf8JsonReader reader);

    protected abstract bool IsConsumerWaiting { get; }

    /// <summary>Reads the message at <paramref name="key"/> and gives it to the handler, or ends the call if it does not fit.</summary>
    protected abstract void Push(in Envelope envelope, EnvelopeKey key, long msgId);

    protected abstract void CompleteRequests();

    protected abstract void FailRequests(Exception failure);

    /// <summary>Writes the one response of a call that ends with it.</summary>
    protected abstract void WriteResponse(JsonOutput output);

    /// <summary>Arms the deadline. Once, by whoever opens the call.</summary>
    public void ArmDeadline()
    {
        if (_options.TimeoutMs is { } timeoutMs)
        {
            var status = new Status(StatusCode.DeadlineExceeded, $"the deadline of {timeoutMs} ms has passed");
            _deadlineTimer = Time.CreateTimer(_ => End(status), null, TimeSpan.FromMilliseconds(timeoutMs), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Whether a message can be written now: there is credit, room, and the reader is not held too long.</summary>
    protected bool MayWrite()
    {
        if (IsWindowed && Volatile.Read(ref _credit) == 0)
        {
            return false;
        }

        return !Environment.Writer.IsFull && (!Environment.Writer.IsOnReader || Environment.InlineMessages++ < MaxInlineMessages);
    }

    /// <summary>Waits until <see cref="MayWrite"/> may say yes, or the call has ended.</summary>
    protected async ValueTask WaitToWriteAsync()
    {
        if (Environment.Writer.IsOnReader && Environment.InlineMessages >= MaxInlineMessages)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        if (IsWindowed)
        {
            await WaitForCreditAsync();
        }

        await Environment.Writer.WaitForRoomAsync();
    }

    /// <summary>Begins the line of one of the server's messages.</summary>
    /// <returns>False: the call has ended, and nothing may be written for it.</returns>
    protected bool BeginMessage(JsonOutput output)
    {
        if (State == StreamState.Closed)
        {
            return false;
        }

        output.WriteRaw(_head);
        if (Record.StreamNumber > 0)
        {
            output.WriteRaw("grpc_bidi_stream_recv\", \"in_reply_to\": "u8);
            output.WriteNumber(_answers);
        }
        else
        {
            output.WriteRaw("grpc_stream_msg\", \"in_reply_to\": "u8);
            output.WriteNumber(Record.MsgId);
            output.WriteRaw(", \"seq\": "u8);
            output.WriteNumber(_sent + 1);
        }

        output.WriteRaw(", \"data\": "u8);
        return true;
    }

    /// <summary>Ends what <see cref="BeginMessage"/> began, up to the line's commit.</summary>
    protected void FinishMessage(JsonOutput output)
    {
        WriteHeaders(output);
        _sent++;
        if (IsWindowed)
        {
            Interlocked.Decrement(ref _credit);
        }
    }

    private void RequireState(StreamEvent wanted)
    {
        if (StreamTransitions.Next(State, wanted) is null)
        {
            throw new LineException(
                ErrorCode.PreconditionFailed,
                State == StreamState.Closed
                    ? $"stream {StreamName} is CLOSED: it has ended"
                    : $"stream {StreamName} is HALF_CLOSED: the client has closed its side");
        }
    }

    private bool End(Status status, bool isSilent)
    {
        using (var line = Environment.Writer.Begin())
        {
            lock (Gate)
            {
                if (StreamTransitions.Next(State, StreamEvent.End) is not { } closed)
                {
                    return false;
                }

                State = closed;
                Status = status;
            }

            if (!isSilent)
            {
                WriteEnd(line, status);
                line.Commit();
            }
        }

        Release();
        return true;
    }

    private void WriteEnd(in EnvelopeWriter.Line line, Status status)
    {
        try
        {
            WriteEnd(line.Output, status);
        }
        catch (Exception exception) when (status.Code == StatusCode.Ok)
        {
            // The response itself could not be written: the call ends with that instead.
            Status = Status.From(exception);
            line.Restart();
            WriteEnd(line.Output, Status);
        }
    }

    private void WriteEnd(JsonOutput output, Status status)
    {
        var isCall = Method.GivesOneMessage;
        output.WriteRaw(_head);
        output.WriteRaw(isCall ? "grpc_call_ok\", \"in_reply_to\": "u8 : "grpc_stream_end\", \"in_reply_to\": "u8);
        output.WriteNumber(_endAnswers);
        if (!isCall && Record.StreamNumber > 0)
        {
            WriteStreamId(output);
        }

        WriteStatus(output, status);
        if (!isCall)
        {
            output.WriteRaw(", \"count\": "u8);
            output.WriteNumber(_sent);
        }
        else if (status.Code == StatusCode.Ok)
        {
            output.WriteRaw(", \"response\": "u8);
            WriteResponse(output);
            _sent = 1;
        }

        WriteHeaders(output);
        if (TrailersOrNull is { } trailers)
        {
            output.WriteRaw(", \"trailers\": "u8);
            MetadataJson.Write(output, trailers);
        }
    }

    /// <summary>Writes <c>, "status": …</c> and, unless it is OK, <c>, "message": …</c>.</summary>
    public static void WriteStatus(JsonOutput output, Status status)
    {
        output.WriteRaw(", \"status\": \""u8);
        output.WriteRaw(Encoding.UTF8.GetBytes(status.Name));
        output.WriteByte((byte)'"');
        if (status.Code != StatusCode.Ok)
        {
            output.WriteRaw(", \"message\": "u8);
            output.WriteString(status.Message);
        }
    }

    private void WriteStreamId(JsonOutput output)
    {
        output.WriteRaw(", \"stream_id\": \"s"u8);
        output.WriteNumber(Record.StreamNumber);
        output.WriteByte((byte)'"');
    }

    private void WriteHeaders(JsonOutput output)
    {
        if (!_areHeadersSent && HeadersOrNull is { } headers)
        {
            output.WriteRaw(", \"headers\": "u8);
            MetadataJson.Write(output, headers);
        }

        _areHeadersSent = true;
    }

    private void Release()
    {
        Environment.Registry.Close(Record);
        _deadlineTimer?.Dispose();
        TaskCompletionSource? waiter;
        lock (Gate)
        {
            (waiter, _creditWaiter) = (_creditWaiter, null);
            Monitor.PulseAll(Gate);
        }

        // What is resumed here finds the state CLOSED.
        waiter?.TrySetResult();
        FailRequests(new OperationCanceledException("the call has ended"));
        try
        {
            Cancel();
        }
        catch (AggregateException exception)
        {
            Environment.LogLine($"a cancellation callback of {Method.FullName} failed: {exception}");
        }
    }

    /// <summary>Has the reader wait until the handler takes a message. False: it took none for too long.</summary>
    private bool WaitForHandler()
    {
        Environment.Writer.Flush();
        var started = Time.GetTimestamp();
        var blockedBefore = Environment.Writer.BlockedTime;
        lock (Gate)
        {
            _isHolding = true;
            while (IsFull && State == StreamState.Open)
            {
                var held = Time.GetElapsedTime(started) - (Environment.Writer.BlockedTime - blockedBefore);
                if (held >= MaxHold)
                {
                    break;
                }

                using var timer = Time.CreateTimer(_ => PulseGate(), null, MaxHold - held, Timeout.InfiniteTimeSpan);
                Monitor.Wait(Gate);
            }

            _isHolding = false;
            return !IsFull || State == StreamState.Closed;
        }
    }

    private void PulseGate()
    {
        lock (Gate)
        {
            Monitor.PulseAll(Gate);
        }
    }

    private async ValueTask WaitForCreditAsync()
    {
        TaskCompletionSource waiter;
        lock (Gate)
        {
            if (_credit > 0 || State == StreamState.Closed)
            {
                return;
            }

            // Without asynchronous continuations: what the reader's credit wakes goes on there.
            waiter = _creditWaiter = new TaskCompletionSource();
        }

        if (IsInputEnded)
        {
            EndWithoutCredit();
        }

        await waiter.Task;
    }

    private void EndWithoutCredit() =>
        End(new Status(StatusCode.Cancelled, "the input has ended, and nobody can send the credit this call waits for"));

    /// <summary>Tells the client that it may send more, in one message for half its window or more.</summary>
    private void TellOfRoom()
    {
        using var line = Environment.Writer.Begin();
        if (State != StreamState.Open || ++_freed < (_options.Window + 1) / 2)
        {
            return;
        }

        var output = line.Output;
        output.WriteRaw(_head);
        output.WriteRaw("grpc_window_update\", \"in_reply_to\": "u8);
        output.WriteNumber(Record.MsgId);
        WriteStreamId(output);
        output.WriteRaw(", \"credit\": "u8);
        output.WriteNumber(_freed);
        _freed = 0;
        line.Commit();
    }
}
