using System.Globalization;
using LogWatcher.Node.Handlers;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>
/// The node on stdin and stdout, from its first line to its exit. One thread reads and carries out what it reads; one writes;
/// handlers that have to wait go on wherever their wait ends. Nothing here knows a console: a test hands in streams.
/// </summary>
internal sealed class LineNode
{
    public const int ExitOk = 0;
    public const int ExitFailed = 1;

    // Once the grace is over, what was said last gets so long to be written, if anybody reads at all.
    private static readonly TimeSpan FinalFlush = TimeSpan.FromMilliseconds(500);

    private readonly Stream _input;
    private readonly NodeOptions _options;
    private readonly EnvelopeWriter _writer;
    private readonly StreamRegistry _registry;
    private readonly CallEnvironment _environment;
    private readonly Dispatcher _dispatcher;
    private readonly TaskCompletionSource _inputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _inputFailure;

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
        _input = input;
        _options = options;
        _writer = new EnvelopeWriter(output, time);
        _registry = new StreamRegistry(options.MaxCalls);
        _environment = new CallEnvironment(new NodeIdentity(), _writer, _registry, interceptors, time, logLine);
        _dispatcher = new Dispatcher(_environment, Handlers(_environment, methods));
    }

    /// <summary>Runs the node until its input has ended and its calls with it, or it is told to stop.</summary>
    /// <param name="stop">Tells it to stop: no new calls, and the grace for those that run.</param>
    /// <returns>The exit code. Why it is not 0 has been logged.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        _writer.Start();
        new Thread(ReadToEnd) { IsBackground = true, Name = "reader" }.Start();
        var done = WhenDoneAsync();
        await Task.WhenAny(done, WhenStopped(stop), _writer.Finished);
        if (!done.IsCompleted && !_writer.Finished.IsCompleted)
        {
            await StopAsync();
        }

        _writer.Complete();
        await Task.WhenAny(_writer.Finished, WhenFinalFlushIsOver(stop));
        return ExitCode();
    }

    private static Dictionary<string, ILineHandler> Handlers(CallEnvironment environment, Lazy<MethodTable> methods)
    {
        var registry = environment.Registry;
        var opener = new CallOpener(environment, methods);
        return new Dictionary<string, ILineHandler>
        {
            ["grpc_bidi_stream_send"] = new StreamSendHandler(registry, MethodKind.Bidi),
            ["init"] = new InitHandler(environment),
            ["echo"] = new EchoHandler(environment),
            [CallOpener.OpenerOf(MethodKind.Unary)] = new OneRequestHandler(opener, MethodKind.Unary),
            [CallOpener.OpenerOf(MethodKind.ServerStreaming)] = new OneRequestHandler(opener, MethodKind.ServerStreaming),
            [CallOpener.OpenerOf(MethodKind.ClientStreaming)] = new StreamOpenHandler(environment, opener, MethodKind.ClientStreaming),
            ["grpc_client_stream_send"] = new StreamSendHandler(registry, MethodKind.ClientStreaming),
            ["grpc_client_stream_close"] = new StreamCloseHandler(registry, MethodKind.ClientStreaming),
            [CallOpener.OpenerOf(MethodKind.Bidi)] = new StreamOpenHandler(environment, opener, MethodKind.Bidi),
            ["grpc_bidi_stream_close"] = new StreamCloseHandler(registry, MethodKind.Bidi),
            ["grpc_cancel"] = new CancelHandler(environment),
            ["grpc_window_update"] = new WindowUpdateHandler(environment),
            ["grpc_stream_state"] = new StreamStateHandler(environment),
        };
    }

    private static async Task WhenStopped(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(stopped.SetResult);
        await stopped.Task;
    }

    private void ReadToEnd()
    {
        _writer.BecomeReader();
        try
        {
            var reader = new EnvelopeReader(_input, _options.MaxLineBytes);
            do
            {
                DispatchAll(reader);
                _writer.Flush();
            }
            while (reader.Fill());

            // The last line may have no end.
            DispatchAll(reader);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            _inputFailure = exception;
        }

        _environment.IsInputEnded = true;
        EndThoseThatWouldNot();
        _writer.CeaseReader();
        _inputEnded.SetResult();
    }

    private void DispatchAll(EnvelopeReader reader)
    {
        while (reader.TryTake(out var line, out var isTooLong))
        {
            _environment.InlineMessages = 0;
            try
            {
                _dispatcher.Dispatch(line, reader.LineNumber, isTooLong ? $"the line is longer than {_options.MaxLineBytes} bytes" : null);
            }
            catch (Exception exception)
            {
                // A bug, told once. The line is lost, the node is not.
                _environment.LogLine(string.Create(CultureInfo.InvariantCulture, $"line {reader.LineNumber} failed: {exception}"));
            }

            _writer.WaitForRoom();
        }
    }

    private async Task WhenDoneAsync()
    {
        await _inputEnded.Task;
        await _registry.WhenIdle();
    }

    private async Task StopAsync()
    {
        _environment.IsStopping = true;
        EndThoseThatWouldNot();
        _writer.Flush();
        var idle = _registry.WhenIdle();
        await Task.WhenAny(idle, _writer.Finished, Task.Delay(_options.Grace, _environment.Time));
        foreach (var call in _registry.SnapshotLive())
        {
            call.End(new Status(StatusCode.Unavailable, "the node has stopped"));
        }
    }

    private void EndThoseThatWouldNot()
    {
        foreach (var call in _registry.SnapshotLive())
        {
            call.EndIfNobodyWaits();
        }
    }

    /// <summary>When nobody waits any longer for a stdout that nobody reads: never, unless the node was told to stop.</summary>
    private async Task WhenFinalFlushIsOver(CancellationToken stop)
    {
        await WhenStopped(stop);
        await Task.Delay(_environment.IsStopping ? FinalFlush : _options.Grace, _environment.Time, CancellationToken.None);
    }

    private int ExitCode()
    {
        if (_writer.Finished is { IsCompleted: false })
        {
            _environment.LogLine($"stdout is blocked: {_writer.UnwrittenLines} lines were not written");
            return ExitFailed;
        }

        if (_writer.Finished.Exception?.InnerException is { } failure && failure is not BrokenPipeException)
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
