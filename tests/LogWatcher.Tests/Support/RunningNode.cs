using System.Collections.Concurrent;
using System.Text;
using LogWatcher.Node;
using LogWatcher.Rpc;

namespace LogWatcher.Tests.Support;

/// <summary>
/// A node on streams in memory, wired as <c>Program</c> wires it: a test feeds it lines and reads its answers one by one, in
/// its own time, on a clock of its own.
/// </summary>
internal sealed class RunningNode : IAsyncDisposable
{
    /// <summary>What a test waits at most for what must come: a test that hangs is to fail instead. No test asserts it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _log = new();
    private int _echoes;

    private RunningNode(NodeOptions options, MethodTable? methods, InterceptorChain interceptors, TimeProvider time)
    {
        Time = time;
        var table = new Lazy<MethodTable>(() => methods ?? ProbeService.Register(Probe));
        Node = new LineNode(Input, Output, options, table, interceptors, time, _log.Enqueue);
        Node.Start();
        new Thread(WaitForExit) { IsBackground = true }.Start();
    }

    public LineNode Node { get; }

    /// <summary>The service that the node serves, unless it was given others.</summary>
    public ProbeService Probe { get; } = new();

    public TimeProvider Time { get; }

    public FeedStream Input { get; } = new();

    public LineSink Output { get; } = new();

    /// <summary>The lines for people so far.</summary>
    public IReadOnlyCollection<string> Log => _log;

    /// <summary>Completes when the node has ended.</summary>
    public Task<int> ExitCode => _exit.Task.WaitAsync(Patience);

    /// <summary>A node that has not been initialised.</summary>
    public static RunningNode StartRaw(
        NodeOptions? options = null, MethodTable? methods = null, InterceptorChain? interceptors = null, TimeProvider? time = null) =>
        new(options ?? new NodeOptions(), methods, interceptors ?? InterceptorChain.Empty, time ?? TimeProvider.System);

    /// <summary>A node that knows it is n1; its <c>init_ok</c> (msg_id 0) has been read.</summary>
    public static async Task<RunningNode> StartAsync(
        NodeOptions? options = null, MethodTable? methods = null, InterceptorChain? interceptors = null, TimeProvider? time = null)
    {
        var node = StartRaw(options, methods, interceptors, time);
        node.Feed("""{"src": "c0", "dest": "n1", "body": {"type": "init", "msg_id": 0, "node_id": "n1", "node_ids": ["n1"]}}""");
        (await node.ReadAsync()).Should().Be("""{"src": "n1", "dest": "c0", "body": {"type": "init_ok", "in_reply_to": 0, "msg_id": 0}}""");
        return node;
    }

    /// <summary>Feeds lines, all of them in one read.</summary>
    public void Feed(params IEnumerable<string> lines) =>
        FeedBytes(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));

    /// <summary>Feeds bytes as one read.</summary>
    public void FeedBytes(ReadOnlyMemory<byte> bytes) => Input.Feed(bytes);

    /// <summary>Feeds a message of c1 to n1, see <see cref="Line"/>.</summary>
    public void Send(string body, string src = "c1") => Feed(Line(body, src));

    /// <summary>A message of c1 to n1: <c>Line("""{"type": "echo", "msg_id": 1, "echo": 5}""")</c>.</summary>
    public static string Line(string body, string src = "c1") => $$"""{"src": "{{src}}", "dest": "n1", "body": {{body}}}""";

    /// <summary>The next line of the output, whenever it comes.</summary>
    public async Task<string> ReadAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await Output.Lines.ReadAsync(patience.Token);
    }

    public async Task<List<string>> ReadAsync(int count)
    {
        var lines = new List<string>();
        while (lines.Count < count)
        {
            lines.Add(await ReadAsync());
        }

        return lines;
    }

    /// <summary>Feeds a line and reads the next answer.</summary>
    public async Task<string> AskAsync(string body, string src = "c1")
    {
        Send(body, src);
        return await ReadAsync();
    }

    /// <summary>What the next line says, see <see cref="ProbeLines.Said"/>.</summary>
    public async Task<string> HearAsync() => ProbeLines.Said(await ReadAsync());

    /// <summary>Feeds lines and hears as many answers as are expected, in this order.</summary>
    public async Task ExpectAsync(IEnumerable<string> lines, params string[] answers)
    {
        Feed(lines);
        foreach (var answer in answers)
        {
            (await HearAsync()).Should().Be(answer);
        }
    }

    /// <inheritdoc cref="ExpectAsync(IEnumerable{string}, string[])"/>
    public Task ExpectAsync(string line, params string[] answers) => ExpectAsync([line], answers);

    /// <summary>Hears that the node has done everything it was asked before, and said nothing else.</summary>
    public Task ExpectSilenceAsync()
    {
        var msgId = 9_000_000 + Interlocked.Increment(ref _echoes);
        return ExpectAsync(ProbeLines.Echo(msgId), $$"""{"type": "echo_ok", "in_reply_to": {{msgId}}, "echo": {{msgId}}}""");
    }

    /// <summary>The lines that come until the output ends.</summary>
    public async Task<List<string>> ReadToEndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var lines = new List<string>();
        await foreach (var line in Output.Lines.ReadAllAsync(patience.Token))
        {
            lines.Add(line);
        }

        Output.UnendedBytes.Should().Be(0, "only whole lines are written");
        return lines;
    }

    /// <summary>Waits until something is so inside the node that no line tells.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!isSo())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Waits until so much output has gathered, while nobody reads, that the node makes no more.</summary>
    public async Task FullAsync()
    {
        await UntilAsync(() => Node.Environment.Writer.IsFull);

        // That is seen while the line is made that fills it; behind the writer's lock, the time that it is full has begun, too.
        _ = Node.Environment.Writer.UnwrittenLines;
    }

    public void EndInput() => Input.End();

    /// <summary>Tells the node to stop, as a signal does.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Ends the input and reads what the node says until its exit.</summary>
    public async Task<List<string>> EndAsync()
    {
        EndInput();
        return await ReadToExitAsync();
    }

    /// <summary>Reads what the node says until its exit.</summary>
    public async Task<List<string>> ReadToExitAsync(int exitCode = LineNode.ExitOk)
    {
        (await ExitCode).Should().Be(exitCode);
        return await ReadToEndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // Whatever a test left in the way ends with it.
        EndInput();
        Output.Break();
        await Task.Run(() => Node.Environment.Registry.SnapshotLive().ForEach(call => call.EndSilently())).WaitAsync(Patience);
        _stop.Cancel();
        await _exit.Task.WaitAsync(Patience);
        _stop.Dispose();
    }

    private void WaitForExit()
    {
        try
        {
            _exit.SetResult(Node.WaitForExit(_stop.Token));
        }
        catch (Exception exception)
        {
            _exit.SetException(exception);
        }

        Output.Complete();
    }
}
