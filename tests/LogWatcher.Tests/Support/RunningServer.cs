using System.Collections.Concurrent;
using System.Net;
using LogWatcher.Http2;
using LogWatcher.Rpc;
using LogWatcher.Services;

namespace LogWatcher.Tests.Support;

/// <summary>The HTTP/2 door on a free port, with the probe and gRPC's own services behind it, as <c>Program</c> wires it.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _log = new();
    private GrpcServer _server = null!;

    private RunningServer()
    {
    }

    public ProbeService Probe { get; } = new();

    public HealthService Health { get; private set; } = null!;

    /// <summary>The lines for people so far.</summary>
    public IReadOnlyCollection<string> Log => _log;

    public GrpcServer Server => _server;

    public EndPoint EndPoint => _server.Addresses[0].EndPoint!;

    public static async Task<RunningServer> StartAsync(
        Func<ServeOptions, ServeOptions>? change = null, InterceptorChain? interceptors = null, TimeProvider? time = null)
    {
        ListenAddress.TryParse("http://127.0.0.1:0", out var anyPort).Should().BeTrue();
        var options = new ServeOptions { Listen = [anyPort] };
        var running = new RunningServer();
        var methods = AllServices.RegisterStandard(ProbeService.Register(running.Probe), out var health);
        running.Health = health;
        running._server = await GrpcServer.StartAsync(
            change?.Invoke(options) ?? options, methods, interceptors ?? InterceptorChain.Empty, time ?? TimeProvider.System, running._log.Enqueue);
        return running;
    }

    public Task<FrameClient> ConnectAsync(int window = FrameClient.WideWindow) => FrameClient.ConnectAsync(EndPoint, window);

    /// <summary>Waits until no call runs.</summary>
    public async Task NoCallAsync()
    {
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        while (_server.LiveCalls > 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Waits until no call runs and no connection is open.</summary>
    public async Task IdleAsync()
    {
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        while (_server.LiveCalls > 0 || _server.Connections > 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();
}
