using System.Globalization;
using System.Text;
using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>
/// A live call on the line door: its state, its credit, its deadline and its end; what needs the types of its messages is in
/// <see cref="TypedLineCall{TRequest, TResponse}"/>.
/// <para>
/// Three sides run at once: the reader (pushes, closes, credits, cancels), the handler (takes, writes, ends) and timers
/// (deadline, stop). The state and the queue are guarded by <see cref="Gate"/>; what is written is ordered by the writer's
/// lock. Where both are needed the writer's comes first, and a handler is never resumed under either.
/// </para>
/// </summary>
internal abstract class LineCall : CallContext
{
    /// <summary>Messages that a handler may write for one line before it must leave the reader to the other calls.</summary>
    public const int MaxInlineMessages = 1024;

    private readonly CallOptions _options;
    private readonly CallLines _lines;
    private readonly TimeSpan _timeLeft;
    private readonly Backlog _backlog;
    private readonly SendCredit? _credit;
    private ITimer? _deadlineTimer;
    private string? _peer;
    private int _freed;
    private long _answers;
    private long _endAnswers;
    private long _sent;
    private bool _isEndless;

    protected LineCall(CallEnvironment environment, CallRecord record, Method method, CallOptions options)
    {
        Environment = environment;
        Record = record;
        Method = method;
        _options = options;
        RequestMetadata = options.Metadata ?? new Metadata();
        _answers = _endAnswers = record.MsgId;
        _lines = new CallLines(environment.Identity.NodeId, record, method);
        _backlog = new Backlog(environment, Gate, isWindowed: options.Window is not null);
        _credit = options.Window is { } window ? new SendCredit(window) : null;
        State = method.TakesOneMessage ? StreamState.HalfClosed : StreamState.Open;
        if (options.TimeoutMs is { } timeoutMs)
        {
            _timeLeft = TimeSpan.FromMilliseconds(timeoutMs) - environment.Time.GetElapsedTime(environment.LineReadAt);
            Deadline = environment.Time.GetUtcNow() + _timeLeft;
        }
    }

    public override Method Method { get; }

    public override string Peer => _peer ??= Encoding.UTF8.GetString(Record.Owner.Name);

    public override Metadata RequestMetadata { get; }

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

    private string StreamName => string.Create(CultureInfo.InvariantCulture, $"s{Record.StreamNumber}");

    /// <summary>
    /// Runs the handler, on this thread until its first real wait, unless the call has ended already. Not before the call is
    /// registered.
    /// </summary>
    public abstract void Start();

    /// <summary>Starts a call whose opener brings its one request; one that does not fit ends the call instead.</summary>
    public void StartWith(in Envelope envelope, EnvelopeKey key)
    {
        Push(envelope, key, msgId: -1);
        CompleteRequests();
        Start();
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
        if (WhyTooMuch() is { } tooMuch)
        {
            End(new Status(StatusCode.ResourceExhausted, tooMuch));
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
        if (_credit is null)
        {
            throw new LineException(ErrorCode.PreconditionFailed, "the call has no flow control: open it with a window to give it credit");
        }

        _credit.Add(credit);
    }

    public override void DeclareEndless()
    {
        lock (Gate)
        {
            _isEndless = true;
        }

        EndIfItNeverWould();
    }

    /// <summary>
    /// Tells the call that stdin has ended or that the node is to stop: endless ones end, and at the end of stdin also those that
    /// ask for more messages or wait for credit.
    /// </summary>
    public void EndIfItNeverWould()
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
        else if (IsInputEnded && _credit is { IsAwaited: true })
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
    /// <param name="isCompressed">Whether it came compressed.</param>
    public void OnTaken(long msgId, bool isCompressed)
    {
        IsRequestCompressed = isCompressed;
        if (msgId >= 0)
        {
            _answers = msgId;
        }

        if (_options.Window is { } window && Record.StreamNumber > 0)
        {
            TellOfRoom(window);
        }
    }

    /// <inheritdoc cref="Backlog.Count"/>
    public void CountWaiting(int messages, int bytes) => _backlog.Count(messages, bytes);

    /// <summary>Reads a message in passing, for the <see cref="Receive"/> that may follow. Changes nothing; any thread.</summary>
    /// <returns>Null: this call does not read JSON.</returns>
    /// <exception cref="MessageFormatException">The value is no such message.</exception>
    public abstract object? TryReadEarly(ref JsonInput reader);

    protected abstract bool IsConsumerWaiting { get; }

    /// <summary>Reads the message at <paramref name="key"/> and gives it to the handler, or ends the call if it does not fit.</summary>
    protected abstract void Push(in Envelope envelope, EnvelopeKey key, long msgId);

    protected abstract void CompleteRequests();

    protected abstract void FailRequests(Exception failure);

    /// <summary>Writes the one response of a call that ends with it.</summary>
    protected abstract void WriteResponse(JsonOutput output);

    /// <summary>Arms the deadline. Once, by whoever opens the call, right before it starts.</summary>
    public void ArmDeadline()
    {
        if (_options.TimeoutMs is { } timeoutMs)
        {
            var status = new Status(StatusCode.DeadlineExceeded, $"the deadline of {timeoutMs} ms has passed");
            var timeLeft = _timeLeft > TimeSpan.Zero ? _timeLeft : TimeSpan.Zero;
            _deadlineTimer = Time.CreateTimer(_ => End(status), null, timeLeft, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The status of a call that failed; a bug is told to the log, once.</summary>
    protected Status StatusOf(Exception exception)
    {
        LogIfBug(exception);
        return Status.From(exception);
    }

    private void LogIfBug(Exception exception)
    {
        if (exception is not (RpcException or OperationCanceledException))
        {
            Environment.LogLine($"the handler of {Method.FullName} failed: {exception}");
        }
    }

    /// <summary>Whether a message can be written now: there is credit, room, and the reader is not held too long.</summary>
    protected bool MayWrite()
    {
        return _credit is not { IsSpent: true }
            && !Environment.Writer.IsFull
            && (!Environment.Writer.IsOnReader || Environment.InlineMessages++ < MaxInlineMessages);
    }

    /// <summary>Waits until <see cref="MayWrite"/> may say yes, or the call has ended.</summary>
    protected async ValueTask WaitToWriteAsync()
    {
        if (Environment.Writer.IsOnReader && Environment.InlineMessages >= MaxInlineMessages)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        if (_credit is not null)
        {
            var waiting = _credit.WaitAsync();
            if (!waiting.IsCompleted && IsInputEnded)
            {
                EndWithoutCredit();
            }

            await waiting;
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

        _lines.BeginMessage(output, _answers, _sent + 1);
        return true;
    }

    /// <summary>Ends what <see cref="BeginMessage"/> began, up to the line's commit.</summary>
    protected void FinishMessage(JsonOutput output)
    {
        _lines.FinishMessage(output, HeadersOrNull);
        _sent++;
        _credit?.Spend();
    }

    /// <summary>Waits for the handler as flow control allows; what then is too much ends the call.</summary>
    private string? WhyTooMuch()
    {
        if (IsConsumerWaiting)
        {
            // What the handler waits for does not wait, however much of others does.
            return null;
        }

        if (_options.Window is not { } window)
        {
            return _backlog.HasRoom || _backlog.WaitForRoom(() => State == StreamState.Closed)
                ? null
                : $"the handler took none of its {_backlog.Messages} waiting messages for {Backlog.MaxHold.TotalSeconds} s; open the stream with a window to know how many it can take";
        }

        if (_backlog.Messages >= window)
        {
            return $"the client sent more than its window of {window} messages allows: {_backlog.Messages} are not taken yet";
        }

        return _backlog.HasRoomAmongAll
            ? null
            : $"too much waits for handlers, whatever the windows: {Backlog.MaxBytesOfAll} bytes of all streams that have one, {_backlog.Bytes} of them of this stream";
    }

    /// <summary>Counts the one response, which goes out with the end: those who stand around the handler see it as sent.</summary>
    protected void CountResponse() => Volatile.Write(ref _sent, 1);

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
        Exception? failure = null;
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

            // Before the end can be read: whoever has read it may use the call's msg_id and its place again.
            Environment.Registry.Close(Record);
            if (!isSilent)
            {
                var trailersFailure = AddLastTrailers();
                failure = WriteEnd(line, status) ?? trailersFailure;
                line.Commit();
            }
        }

        if (failure is not null)
        {
            // Not under the writer's lock: whoever does not read stderr must not hold up stdout.
            LogIfBug(failure);
        }

        Release();
        return true;
    }

    /// <returns>Why the response could not be written; null: it was.</returns>
    private Exception? WriteEnd(in EnvelopeWriter.Line line, Status status)
    {
        try
        {
            WriteEnd(line.Output, status);
            return null;
        }
        catch (Exception exception) when (status.Code == StatusCode.Ok)
        {
            // The response itself could not be written: the call ends with that instead.
            Status = Status.From(exception);
            line.Restart();
            WriteEnd(line.Output, Status);
            return exception;
        }
    }

    private void WriteEnd(JsonOutput output, Status status)
    {
        _lines.BeginEnd(output, status, _endAnswers, _sent);
        if (Method.GivesOneMessage && status.Code == StatusCode.Ok)
        {
            WriteResponse(output);
        }

        _lines.FinishEnd(output, HeadersOrNull, TrailersOrNull);
    }

    private void Release()
    {
        _deadlineTimer?.Dispose();
        lock (Gate)
        {
            Monitor.PulseAll(Gate);
        }

        // What is resumed here finds the state CLOSED.
        _credit?.Release();
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

    private void EndWithoutCredit() =>
        End(new Status(StatusCode.Cancelled, "the input has ended, and nobody can send the credit this call waits for"));

    /// <summary>Tells the client that it may send more, in one message for half its window or more.</summary>
    private void TellOfRoom(int window)
    {
        using var line = Environment.Writer.Begin();
        if (State == StreamState.Open && ++_freed >= window - (window / 2))
        {
            _lines.WriteWindowUpdate(line.Output, _freed);
            _freed = 0;
            line.Commit();
        }
    }
}
