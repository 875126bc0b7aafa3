using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using LogWatcher.Rpc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LogWatcher.Http2;

/// <summary>An address that can't be listened on; the text names it and says why.</summary>
internal sealed class ListenException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The HTTP/2 door: Kestrel with nothing of ASP.NET Core around it, its limits as gRPC needs them, and a stop in which
/// connections end as soon as their last stream does.
/// </summary>
internal sealed class GrpcServer : IAsyncDisposable
{
    /// <summary>Connections at once: each may hold its windows' worth of memory, and a process has so many descriptors.</summary>
    public const int MaxConnections = 10_000;

    // What a client may send before it is taken: for one stream, and for all of a connection. The connection's is the larger, so
    // that a few streams which nobody reads do not hold up the others.
    private const int StreamWindowBytes = 512 * 1024;
    private const int ConnectionWindowBytes = 8 * 1024 * 1024;

    // Once all calls have ended, their last bytes have so long to get out.
    private static readonly TimeSpan FinalFlush = TimeSpan.FromMilliseconds(500);

    // How often the stop has connections look whether they are done.
    private static readonly TimeSpan StopStep = TimeSpan.FromMilliseconds(5);

    // A client that connects and says nothing is let go after so long: Kestrel's own patience for a request's headers.
    private static readonly TimeSpan FirstBytesPatience = TimeSpan.FromSeconds(30);

    // What Kestrel has left to do for a connection that is closed takes milliseconds, and our calls end with it at once.
    private static readonly TimeSpan ClosedPatience = TimeSpan.FromSeconds(30);

    private readonly ServiceProvider _services;
    private readonly IServer _kestrel;
    private readonly GrpcEnvironment _environment;
    private readonly List<ListenOptions> _listening = [];
    private readonly ConcurrentDictionary<OpenConnection, bool> _connections = new();
    private readonly ProtocolSniffer _sniffer;

    private GrpcServer(GrpcEnvironment environment)
    {
        _environment = environment;
        _sniffer = new ProtocolSniffer(FirstBytesPatience, environment.Time);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(Configure);
        _services = builder.Services.BuildServiceProvider();
        _kestrel = _services.GetRequiredService<IServer>();
    }

    /// <summary>Where it listens, with the ports that were free in place of 0.</summary>
    public IReadOnlyList<ListenAddress> Addresses { get; private set; } = [];

    /// <summary>Kestrel's limits as they are set.</summary>
    public KestrelServerLimits Limits => _services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

    /// <summary>What has come and gone so far. Any thread.</summary>
    public DoorCounts Counts => _environment.LiveCalls.Counts;

    /// <summary>Calls that run.</summary>
    public int LiveCalls => _environment.LiveCalls.Count;

    /// <summary>Bytes of messages that have not come whole.</summary>
    public long PartialBytes => _environment.Partial.Bytes;

    /// <summary>Connections that are open.</summary>
    public int Connections => _connections.Count;

    /// <param name="methods">What is served; filled, and not changed any more.</param>
    /// <exception cref="ListenException">An address is taken, or can't be had, or Kestrel does not take the certificate.</exception>
    public static async Task<GrpcServer> StartAsync(
        ServeOptions options, MethodTable methods, InterceptorChain interceptors, TimeProvider time, Action<string> logLine)
    {
        var environment = new GrpcEnvironment(options, interceptors, time, logLine);
        GrpcServer? server = null;
        try
        {
            foreach (var path in options.Listen.Select(address => address.SocketPath).OfType<string>())
            {
                SocketFile.RemoveIfDead(path);
            }

            server = new GrpcServer(environment);
            await server._kestrel.StartAsync(new GrpcEndpoint(methods, environment), CancellationToken.None);
        }
        catch (Exception exception) when (exception is IOException or SocketException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }

            // Of an argument that can't be, .NET's text repeats the value on lines of its own.
            var reason = exception.Message.Split('\n')[0].TrimEnd();
            throw new ListenException($"can't listen on {string.Join(", ", options.Listen)}: {reason}", exception);
        }

        server.Addresses = [.. options.Listen.Zip(server._listening, (asked, bound) => bound.EndPoint is IPEndPoint real ? asked.WithEndPoint(real) : asked)];
        return server;
    }

    /// <summary>
    /// Stops in good order: takes no new calls and connections, ends those that are open-ended, gives the others the grace, and closes
    /// each connection as soon as its last stream has ended. What handlers of ended calls have yet to put away is waited for a little.
    /// </summary>
    public async Task StopAsync()
    {
        using var abort = new CancellationTokenSource();
        _environment.LiveCalls.Stop();
        var closed = _kestrel.StopAsync(abort.Token);
        foreach (var call in _environment.LiveCalls.Snapshot())
        {
            call.EndIfOpenEnded();
        }

        var graceIsOver = Task.Delay(_environment.Options.Grace, _environment.Time);
        while (!closed.IsCompleted && !graceIsOver.IsCompleted)
        {
            await BeatAsync(closed);
        }

        foreach (var call in _environment.LiveCalls.Snapshot())
        {
            call.EndForStop();
        }

        var flushIsOver = Task.Delay(FinalFlush, _environment.Time);
        while (!(closed.IsCompleted && _environment.Handlers.IsNone) && !flushIsOver.IsCompleted)
        {
            await BeatAsync(closed);
        }

        await abort.CancelAsync();
        await closed;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>Has every connection look whether its streams have ended, or whether it never had any, and waits a little.</summary>
    private async Task BeatAsync(Task closed)
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Beat();
            connection.EndUnlessBegun();
        }

        await (closed.IsCompleted ? Task.Delay(StopStep) : Task.WhenAny(closed, Task.Delay(StopStep)));
    }

    /// <summary>
    /// Waits for Kestrel to be done with a connection. After thousands of streams that were reset at once it now and then waits
    /// for ever for some that have long ended, and the connection, closed as it is, would keep its place among all that there may be.
    /// </summary>
    private async Task UntilClosedAsync(Task serving, CancellationToken connectionClosed)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = connectionClosed.UnsafeRegister(static task => ((TaskCompletionSource)task!).TrySetResult(), closed);
        if (await Task.WhenAny(serving, closed.Task) != serving)
        {
            using var done = new CancellationTokenSource();
            if (await Task.WhenAny(serving, Task.Delay(ClosedPatience, _environment.Time, done.Token)) != serving)
            {
                return;
            }

            await done.CancelAsync();
        }

        await serving;
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;

        // Kestrel takes the sniffer's connections for such with TLS, and a proxy that ends TLS says https on one without.
        kestrel.AllowAlternateSchemes = true;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = MaxConnections;
        limits.MaxConcurrentUpgradedConnections = 0;

        // A stream may idle, and its reader be slow, for as long as they like.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.MaxRequestBodySize = null;
        limits.Http2.MaxStreamsPerConnection = _environment.Options.MaxStreams;
        limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
        limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        foreach (var address in _environment.Options.Listen)
        {
            if (address.EndPoint is null)
            {
                kestrel.ListenUnixSocket(address.SocketPath!, options => Configure(options, address));
            }
            else
            {
                kestrel.Listen(address.EndPoint, options => Configure(options, address));
            }
        }
    }

    private void Configure(ListenOptions options, ListenAddress address)
    {
        _listening.Add(options);
        options.Protocols = HttpProtocols.Http1AndHttp2;
        options.Use(next => connection => TrackAsync(connection, next));
        if (address.IsTls)
        {
            var certificates = _environment.Options.Certificates!;
            options.UseHttps(https =>
            {
                https.ServerCertificate = certificates[0];
                https.ServerCertificateChain = [.. certificates.Skip(1)];
            });
        }

        options.Use(next => async connection =>
        {
            if (address.IsTls || await _sniffer.SniffAsync(connection))
            {
                if (connection.Features.Get<ITlsApplicationProtocolFeature>()?.ApplicationProtocol.Span.SequenceEqual("h2"u8) == true)
                {
                    connection.Features.Get<OpenConnection>()!.Begin();
                }

                await UntilClosedAsync(next(connection), connection.ConnectionClosed);
            }
        });
    }

    /// <summary>Knows of a connection as long as it is open: from before the handshake of TLS.</summary>
    private async Task TrackAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var open = new OpenConnection(connection.Features.Get<IConnectionHeartbeatFeature>(), connection.Abort);
        connection.Features.Set<IConnectionHeartbeatFeature>(open);
        connection.Features.Set(open);
        _connections.TryAdd(open, true);
        try
        {
            await next(connection);
        }
        finally
        {
            _connections.TryRemove(open, out _);
        }
    }
}
