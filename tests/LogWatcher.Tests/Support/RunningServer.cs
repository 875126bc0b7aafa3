using System.Collections.Concurrent;
using System.Net;
using LogWatcher.Http2;
using LogWatcher.InteropServer;
using LogWatcher.Logs;
using LogWatcher.Rpc;
using LogWatcher.Services;

namespace LogWatcher.Tests.Support;

/// <summary>The HTTP/2 door on a free port, with the probe and gRPC's own services behind it, as <c>Program</c> wires it.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _log = new();
    private int _handlers;
    private GrpcServer _server = null!;

    private RunningServer()
    {
    }

    public ProbeService Probe { get; } = new();

    public HealthService Health { get; private set; } = null!;

    /// <summary>The lines for people so far.</summary>
    public IReadOnlyCollection<string> Log => _log;

    public GrpcServer Server => _server;

    /// <summary>Calls whose handler has not returned yet, where <see cref="StartCountingAsync"/> has them counted.</summary>
    public int Handlers => Volatile.Read(ref _handlers);

    public EndPoint EndPoint => _server.Addresses[0].EndPoint!;

    public static Task<RunningServer> StartAsync(
        Func<ServeOptions, ServeOptions>? change = null, InterceptorChain? interceptors = null, TimeProvider? time = null) =>
        StartAsync(new RunningServer(), change, interceptors ?? InterceptorChain.Empty, time, running => ProbeService.Register(running.Probe));

    /// <summary>The same with the node's own services, and with every handler counted.</summary>
    public static Task<RunningServer> StartCountingAsync(
        TimeProvider? time = null, LogSet? logs = null, ServiceOptions? services = null, params IReadOnlyList<Interceptor> interceptors)
    {
        var counting = new RunningServer();
        return StartAsync(
            counting,
            change: null,
            new InterceptorChain([counting.CountAsync, .. interceptors]),
            time,
            running => AllServices.Register(ProbeService.Register(running.Probe), logs ?? LogSet.Sample, services));
    }

    /// <summary>A test's own choice of services in place of the probe.</summary>
    public static Task<RunningServer> StartWithAsync(MethodTable methods, TimeProvider? time = null) =>
        StartAsync(new RunningServer(), change: null, InterceptorChain.Empty, time, _ => methods);

    /// <summary>The services of tests/LogWatcher.InteropServer in place of the probe.</summary>
    public static Task<RunningServer> StartInteropAsync(TimeProvider? time = null) =>
        StartAsync(new RunningServer(), change: null, InterceptorChain.Empty, time, _ => InteropServices.Register(new MethodTable()));

    private static async Task<RunningServer> StartAsync(
        RunningServer running,
        Func<ServeOptions, ServeOptions>? change,
        InterceptorChain interceptors,
        TimeProvider? time,
        Func<RunningServer, MethodTable> register)
    {
        ListenAddress.TryParse("http://127.0.0.1:0", out var anyPort).Should().BeTrue();
        var options = new ServeOptions { Listen = [anyPort] };
        var methods = AllServices.RegisterStandard(register(running), out var health);
        running.Health = health;
        running._server = await GrpcServer.StartAsync(
            change?.Invoke(options) ?? options, methods, interceptors, time ?? TimeProvider.System, running._log.Enqueue);
        return running;
    }

    public Task<FrameClient> ConnectAsync(int window = FrameClient.WideWindow) => FrameClient.ConnectAsync(EndPoint, window);

    /// <summary>Waits until no call runs and every handler that is counted has returned.</summary>
    public Task NoCallAsync() => WaitAsync(() => _server.LiveCalls > 0 || Handlers > 0);

    /// <summary>Waits until, beside that, no more connections are open than a test holds open itself.</summary>
    public Task IdleAsync(int connections = 0) => WaitAsync(() => _server.LiveCalls > 0 || _server.Connections > connections || Handlers > 0);

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private async Task CountAsync(CallContext context, CallDelegate next)
    {
        Interlocked.Increment(ref _handlers);
        try
        {
            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref _handlers);
        }
    }

    private async Task WaitAsync(Func<bool> isBusy)
    {
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        while (isBusy())
        {
            if (patience.IsCancellationRequested)
            {
                throw new TimeoutException($"left: {_server.LiveCalls} calls, {_server.Connections} connections, {Handlers} handlers");
            }

            await Task.Yield();
        }
    }
}
