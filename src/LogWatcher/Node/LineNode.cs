using System.Globalization;
using LogWatcher.Node.Handlers;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>
/// The node on stdin and stdout, from its first line to its exit. One thread reads, and carries out what it has read or, if that
/// is much, hands it to another; one writes; handlers that have to wait go on wherever their wait ends. Nothing here knows a
/// console: a test hands in streams.
/// </summary>
internal sealed class LineNode
{
    public const int ExitOk = 0;
    public const int ExitFailed = 1;

    // Once the grace is over, what was said last gets so long to be written, if anybody reads at all; and once that is done, the
    // handlers of calls that were ended get so long to put away what they hold.
    private static readonly TimeSpan FinalFlush = TimeSpan.FromMilliseconds(500);

    private readonly EnvelopeReader _reader;
    private readonly NodeOptions _options;
    private readonly EnvelopeWriter _writer;
    private readonly CallEnvironment _environment;
    private readonly Dispatcher _dispatcher;

    // Guards nothing; is pulsed when anything that WaitForExit waits for may have come.
    private readonly object _changed = new();
    private Exception? _inputFailure;

    // The lines that are being carried out, and which is next; of whoever carries them out.
    private LineBatch? _batch;
    private int _next;
    private volatile bool _isReaderDone;

    /// <param name="methods">What the node serves; asked for by the first call.</param>
    /// <param name="logLine">Takes lines for people, from any thread.</param>
    public LineNode(
        Stream input,
        Stream output,
        NodeOptions options,
        Lazy<MethodTable> methods,
        InterceptorChain interceptors,
        TimeProvider time,
        Action<string> logLine)
    {
        _options = options;
        _writer = new EnvelopeWriter(output, time);
        _environment = new CallEnvironment(new NodeIdentity(), _writer, options.MaxCalls, interceptors, time, logLine);
        _environment.CarryOutNextOf = CarryOutNextOf;
        _reader = new EnvelopeReader(input, options.MaxLineBytes, new EarlyReader(_environment));
        _dispatcher = new Dispatcher(_environment, Handlers(_environment, methods));
    }

    /// <summary>Begins to read and to write, each on a thread of its own.</summary>
    public void Start()
    {
        _writer.Start(Wake);
        new Thread(ReadToEnd) { IsBackground = true, Name = "reader" }.Start();
    }

    /// <summary>
    /// Waits on this thread until its input has ended and its calls with it, or it is told to stop. Without asynchrony:
    /// what that takes to start would be a good part of the way to <c>init_ok</c>.
    /// </summary>
    /// <param name="stop">Tells it to stop: no new calls, and the grace for those that run.</param>
    /// <returns>The exit code. Why it is not 0 has been logged.</returns>
    public int WaitForExit(CancellationToken stop)
    {
        using var registration = stop.Register(Wake);
        WaitUntil(() => IsDone || _writer.IsFinished || stop.IsCancellationRequested);
        var graceLeft = IsDone || _writer.IsFinished ? _options.Grace : Stop();

        // What was said is written, however slowly it is read, unless the node was told to stop.
        _writer.Complete();
        WaitUntil(() => _writer.IsFinished || stop.IsCancellationRequested);
        WaitUntil(() => _writer.IsFinished, graceLeft > FinalFlush ? graceLeft : FinalFlush);
        WaitForHandlers();
        return ExitCode();
    }

    /// <summary>What has come and gone so far. Any thread.</summary>
    public DoorCounts Counts
    {
        get
        {
            var (lines, bytes) = _writer.Made;
            var registry = _environment.RegistryIfAny;
            var traffic = new Traffic(_reader.LinesRead, lines, _reader.BytesRead, bytes);
            return new DoorCounts("stdin", registry?.AllCalls ?? 0, registry?.LiveCalls ?? 0, traffic);
        }
    }

    /// <summary>What its calls share: for tests, which look in here at what the node holds.</summary>
    public CallEnvironment Environment => _environment;

    private bool IsDone => _isReaderDone && _environment.RegistryIfAny is not { LiveCalls: > 0 };

    private static Dictionary<string, ILineHandler> Handlers(CallEnvironment environment, Lazy<MethodTable> methods)
    {
        var opener = new CallOpener(environment, methods);
        var lab = new ProtoLabHandler(environment);
        return new Dictionary<string, ILineHandler>
        {
            ["grpc_bidi_stream_send"] = new StreamSendHandler(environment, MethodKind.Bidi),
            ["init"] = new InitHandler(environment),
            ["echo"] = new EchoHandler(environment),
            [CallOpener.OpenerOf(MethodKind.Unary)] = new OneRequestHandler(opener, MethodKind.Unary),
            [CallOpener.OpenerOf(MethodKind.ServerStreaming)] = new OneRequestHandler(opener, MethodKind.ServerStreaming),
            [CallOpener.OpenerOf(MethodKind.ClientStreaming)] = new StreamOpenHandler(environment, opener, MethodKind.ClientStreaming),
            ["grpc_client_stream_send"] = new StreamSendHandler(environment, MethodKind.ClientStreaming),
            ["grpc_client_stream_close"] = new StreamCloseHandler(environment, MethodKind.ClientStreaming),
            [CallOpener.OpenerOf(MethodKind.Bidi)] = new StreamOpenHandler(environment, opener, MethodKind.Bidi),
            ["grpc_bidi_stream_close"] = new StreamCloseHandler(environment, MethodKind.Bidi),
            ["grpc_cancel"] = new CancelHandler(environment),
            ["grpc_window_update"] = new WindowUpdateHandler(environment),
            ["grpc_stream_state"] = new StreamStateHandler(environment),
            ["proto_define"] = lab,
            ["proto_encode"] = lab,
            ["proto_decode"] = lab,
        };
    }

    private void ReadToEnd()
    {
        // Nothing here uses ambient state: without it a handler is resumed at half the cost.
        ExecutionContext.SuppressFlow();
        var pipeline = new LinePipeline(CarryOut);
        try
        {
            var batch = pipeline.Take();
            while (_reader.Read(batch))
            {
                batch.ReadAt = _environment.Time.GetTimestamp();
                var next = pipeline.Take();
                _reader.MoveRest(batch, next);
                pipeline.HandIn(batch);
                batch = next;
            }

            batch.ReadAt = _environment.Time.GetTimestamp();
            pipeline.HandIn(batch);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            _inputFailure = exception;
        }

        pipeline.Complete();
        _environment.IsInputEnded = true;
        _environment.RegistryIfAny?.NotifyWhenIdle(Wake);
        _writer.BecomeReader();
        EndThoseThatNeverWould();
        _writer.CeaseReader();
        _isReaderDone = true;
        Wake();
    }

    private void CarryOut(LineBatch batch)
    {
        _writer.BecomeReader();
        _environment.LineReadAt = batch.ReadAt;
        _batch = batch;
        for (_next = 0; _next < batch.Count;)
        {
            CarryOutNext(batch);
        }

        _batch = null;
        _writer.CeaseReader();
    }

    private void CarryOutNext(LineBatch batch)
    {
        var envelope = batch[_next++];
        _environment.InlineMessages = 0;
        try
        {
            _dispatcher.Dispatch(envelope);
        }
        catch (Exception exception)
        {
            // A bug, told once. The line is lost, the node is not.
            _environment.LogLine(string.Create(CultureInfo.InvariantCulture, $"line {envelope.Parsed.Number} failed: {exception}"));
        }

        _writer.WaitForRoom();
    }

    /// <summary>
    /// Carries out the next line, if it is for this call, as is the one that is being carried out: a call that has gone on in the
    /// line of another waits until that one is answered.
    /// </summary>
    private bool CarryOutNextOf(LineCall call)
    {
        if (!_writer.IsOnReader || _batch is not { } batch || _next >= batch.Count
            || batch.EarlyCallOf(_next - 1) != call || batch.EarlyCallOf(_next) != call)
        {
            return false;
        }

        CarryOutNext(batch);
        return true;
    }

    /// <summary>Ends all calls, those that run after the grace. Returns what is left of it.</summary>
    private TimeSpan Stop()
    {
        var started = _environment.Time.GetTimestamp();
        _environment.IsStopping = true;
        _environment.Registry.Close();
        _environment.Registry.NotifyWhenIdle(Wake);
        EndThoseThatNeverWould();
        _writer.Flush();
        WaitUntil(() => _environment.Registry.LiveCalls == 0 || _writer.IsFinished, _options.Grace);
        foreach (var call in _environment.Registry.SnapshotLive())
        {
            call.End(new Status(StatusCode.Unavailable, "the node has stopped"));
        }

        return _options.Grace - _environment.Time.GetElapsedTime(started);
    }

    private void EndThoseThatNeverWould()
    {
        if (_environment.RegistryIfAny is { } registry)
        {
            foreach (var call in registry.SnapshotLive())
            {
                call.EndIfItNeverWould();
            }
        }
    }

    private void WaitForHandlers()
    {
        var handlers = _environment.Handlers;
        handlers.NotifyWhenNone(Wake);
        if (!handlers.IsNone)
        {
            WaitUntil(() => handlers.IsNone, FinalFlush);
        }
    }

    private void WaitUntil(Func<bool> isOver, TimeSpan? atMost = null)
    {
        // The timer itself says that the time is up: measured by another clock, it may have fired a little early.
        var isTimeUp = false;
        using var timer = atMost is null ? null : _environment.Time.CreateTimer(_ => TimeIsUp(), null, atMost.Value, Timeout.InfiniteTimeSpan);
        lock (_changed)
        {
            while (!isOver() && !isTimeUp)
            {
                Monitor.Wait(_changed);
            }
        }

        void TimeIsUp()
        {
            lock (_changed)
            {
                isTimeUp = true;
                Monitor.PulseAll(_changed);
            }
        }
    }

    private void Wake()
    {
        lock (_changed)
        {
            Monitor.PulseAll(_changed);
        }
    }

    private int ExitCode()
    {
        if (!_writer.IsFinished)
        {
            _environment.LogLine($"stdout is blocked: {_writer.UnwrittenLines} lines were not written");
            return ExitFailed;
        }

        if (_writer.Failure is { } failure and not BrokenPipeException)
        {
            _environment.LogLine($"stdout can't be written: {failure.Message}");
            return ExitFailed;
        }

        if (_inputFailure is not null)
        {
            _environment.LogLine($"stdin can't be read: {_inputFailure.Message}");
            return ExitFailed;
        }

        return ExitOk;
    }
}
