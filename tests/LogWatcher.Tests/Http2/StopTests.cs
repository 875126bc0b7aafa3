using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using LogWatcher.Http2;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Http2;

/// <summary>Rule 10: the stop in good order, in process; the grace's clock is the test's.</summary>
public sealed class StopTests
{
    [Fact]
    public async Task An_idle_connection_is_closed_at_once()
    {
        await using var server = await RunningServer.StartAsync(time: new ManualTimeProvider());
        await using var client = await server.ConnectAsync();
        (await client.CallAsync("/probe.Probe/Answer", new Text())).Status.Should().Be("0");

        await server.Server.StopAsync().WaitAsync(RunningNode.Patience);

        await client.Closed;
        server.Server.Connections.Should().Be(0);
    }

    [Theory]
    [InlineData("http", "")]
    [InlineData("http", "PRI * HT")]
    [InlineData("http", "POST /probe.Pro")]
    [InlineData("http", "POST /probe.Probe/Answer HTTP/1.1\r\nHost: test\r\n")]
    [InlineData("https", "")]
    [InlineData("https", "\u0016\u0003\u0001\u0002\u0000\u0001")]
    public async Task A_connection_that_has_not_asked_for_anything_is_closed_at_once(string scheme, string sent)
    {
        // The clock stands still, as above.
        ListenAddress.TryParse(scheme + "://127.0.0.1:0", out var address).Should().BeTrue();
        await using var server = await RunningServer.StartAsync(
            options => options with { Listen = [address], Certificates = [SelfSigned()] }, time: new ManualTimeProvider());
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.EndPoint);
        await socket.SendAsync(Encoding.Latin1.GetBytes(sent));
        while (server.Server.Connections == 0)
        {
            await Task.Yield();
        }

        await server.Server.StopAsync().WaitAsync(RunningNode.Patience);

        server.Server.Connections.Should().Be(0);
    }

    [Fact]
    public async Task A_connection_is_closed_as_soon_as_its_last_stream_ends()
    {
        // The clock stands still: neither the grace nor any patience of the server ends this.
        await using var server = await RunningServer.StartAsync(time: new ManualTimeProvider());
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync("/probe.Probe/Echo");
        await client.SendAsync(streamId, new byte[5], endStream: false);
        await client.NextAsync(streamId);
        await client.NextAsync(streamId);

        var stopped = server.Server.StopAsync();
        await GoneAwayAsync(client);

        (await client.CallAsync("/probe.Probe/Answer", new Text())).Status.Should().Be("14", "new calls are refused at once");
        await client.SendAsync(streamId, FrameClient.Framed(new Text { Text_ = "still there" }), endStream: true);
        var reply = await client.ReplyAsync(streamId);
        reply.Messages(Text.Parser).Should().Equal(new Text { Text_ = "still there" });
        reply.Status.Should().Be("0");
        await stopped.WaitAsync(RunningNode.Patience);
        await client.Closed;
    }

    [Theory]
    [InlineData("Answer", "")]
    [InlineData("Answer", "0000000009")]
    [InlineData("Answer", "0000000000")]
    [InlineData("Count", "000000")]
    public async Task A_call_whose_one_request_has_not_come_whole_ends_at_once(string method, string sent)
    {
        // The clock stands still: the grace never ends.
        await using var server = await RunningServer.StartAsync(time: new ManualTimeProvider());
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync("/probe.Probe/" + method);
        await client.SendAsync(streamId, Convert.FromHexString(sent), endStream: false);
        await client.PingAsync();

        var stopped = server.Server.StopAsync();

        (await client.ReplyAsync(streamId)).Status.Should().Be("14", "no handler has seen it, and the client may never send the rest");
        await stopped.WaitAsync(RunningNode.Patience);
        await client.Closed;
    }

    [Fact]
    public async Task And_so_it_does_over_HTTP_1()
    {
        await using var server = await RunningServer.StartAsync(time: new ManualTimeProvider());
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.EndPoint);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            "POST /probe.Probe/Answer HTTP/1.1\r\nHost: test\r\nContent-Type: application/grpc-web\r\nContent-Length: 9\r\n\r\n\0\0\0"));
        while (server.Server.LiveCalls == 0)
        {
            await Task.Yield();
        }

        var stopped = server.Server.StopAsync();

        // The rest of the body is waited for by Kestrel alone, for 5 s, so that the client gets to read this.
        using (var reader = new StreamReader(new NetworkStream(socket), Encoding.ASCII))
        {
            var head = new List<string?>();
            do
            {
                head.Add(await reader.ReadLineAsync().WaitAsync(RunningNode.Patience));
            }
            while (head[^1] is { Length: > 0 });
            head.Should().StartWith("HTTP/1.1 200 OK").And.Contain("Grpc-Status: 14");
        }

        socket.Close();
        await stopped.WaitAsync(RunningNode.Patience);
    }

    [Fact]
    public async Task Endless_calls_end_at_once_and_running_ones_after_the_grace()
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync();
        var endless = await client.OpenAsync("/probe.Probe/EchoEndless");
        await client.SendAsync(endless, new byte[5], endStream: false);
        await client.NextAsync(endless);
        var running = await client.OpenAsync("/probe.Probe/Persist");
        await client.SendAsync(running, new byte[5], endStream: true);
        await server.Probe.Gate().ArrivedAsync();

        var stopped = server.Server.StopAsync();

        (await client.ReplyAsync(endless)).Status.Should().Be("14");
        await client.PingAsync();
        client.HasFrame(running).Should().BeFalse("it has its grace");

        // The timer of the grace may not be there yet.
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        while (!client.HasFrame(running) && !patience.IsCancellationRequested)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        var reply = await client.ReplyAsync(running);
        reply.Status.Should().Be("14");
        reply.Message.Should().Be("the node has stopped");
        server.Probe.Gate().Open();
        await stopped.WaitAsync(RunningNode.Patience);
        await client.Closed;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handler_whose_call_has_ended_may_still_put_away_what_it_holds_but_not_for_ever(bool comesToItsEnd)
    {
        var time = new ObservedTime();
        await using var server = await RunningServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync();
        var deaf = await client.OpenAsync("/probe.Probe/Persist");
        await client.SendAsync(deaf, new byte[5], endStream: true);
        await server.Probe.Gate().ArrivedAsync();

        var stopped = server.Server.StopAsync();
        var grace = new ServeOptions { Listen = [] }.Grace;
        await time.TimerSetAsync(grace);
        time.Advance(grace);
        var finalFlush = TimeSpan.FromMilliseconds(500);
        await time.TimerSetAsync(finalFlush);
        await client.Closed;
        time.Advance(finalFlush - TimeSpan.FromTicks(1));

        // Nothing tells that it still waits but that it does; who does not wait is done in a few milliseconds.
        await Task.WhenAny(stopped, Task.Delay(TimeSpan.FromMilliseconds(300)));
        stopped.IsCompleted.Should().BeFalse();
        if (comesToItsEnd)
        {
            server.Probe.Gate().Open();
        }
        else
        {
            time.Advance(TimeSpan.FromTicks(1));
        }

        await stopped.WaitAsync(RunningNode.Patience);
        server.Probe.Finished.Should().Be(comesToItsEnd ? 1 : 0);
    }

    [Fact]
    public async Task A_client_that_does_not_read_can_not_hold_up_the_stop()
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync(window: 1000);
        var streamId = await client.OpenAsync("/probe.Probe/Flood");
        await client.SendAsync(streamId, new byte[5], endStream: true);
        await client.NextAsync(streamId);

        var stopped = server.Server.StopAsync();
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        while (!stopped.IsCompleted && !patience.IsCancellationRequested)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        stopped.IsCompletedSuccessfully.Should().BeTrue();
        await client.Closed;
        server.Server.LiveCalls.Should().Be(0);
    }

    [Fact]
    public async Task A_stop_under_load_leaves_no_call_without_an_end()
    {
        await using var server = await RunningServer.StartAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(async number =>
        {
            await using var client = await server.ConnectAsync();
            var ends = new List<string>();
            try
            {
                while (true)
                {
                    var reply = await client.CallAsync(number % 2 == 0 ? "/probe.Probe/Answer" : "/probe.Probe/Count", new CountRequest { Count = 50 });
                    ends.Add(reply.Status ?? $"reset {reply.ResetCode}");
                    if (number == 0 && ends.Count == 200)
                    {
                        _ = server.Server.StopAsync();
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or System.Threading.Channels.ChannelClosedException)
            {
                return ends;
            }
        }));

        clients.SelectMany(ends => ends).Should().OnlyContain(end => end == "0" || end == "14");
        await server.IdleAsync();
        server.Log.Should().BeEmpty();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static async Task GoneAwayAsync(FrameClient client)
    {
        while ((await client.NextAsync(FrameClient.Connection)).Type != FrameType.GoAway)
        {
        }
    }
}
