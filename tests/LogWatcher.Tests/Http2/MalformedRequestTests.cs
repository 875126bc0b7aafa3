using System.Threading.Channels;
using Google.Protobuf;
using LogWatcher.Protos.V1;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Http2;

/// <summary>
/// Whatever a client sends or breaks off, it is answered or reset, the server serves on, and nothing is left of it: no call, no
/// handler, no timer.
/// </summary>
public sealed class MalformedRequestTests(ITestOutputHelper output)
{
    private const int Mutants = 3_000;
    private const string Answer = "/probe.Probe/Answer";

    [Fact]
    public async Task A_request_with_random_bytes_changed_is_answered_or_reset()
    {
        var random = Randomness.Create(output);
        await using var server = await RunningServer.StartCountingAsync();
        var client = await server.ConnectAsync();
        var ends = new SortedDictionary<string, int>();
        for (var mutant = 0; mutant < Mutants; mutant++)
        {
            var (path, body) = RandomRequest(random);
            var headers = FrameClient.CallHeaders(path, ("x-text", "text"), ("x-bytes-bin", "AAEC"), ("grpc-accept-encoding", "gzip"), ("grpc-timeout", "20S"));
            MutateHeaders(random, headers);
            MutateBody(random, ref body);
            string end;
            try
            {
                end = await AnswerAsync(client, headers, body);
            }
            catch (Exception exception) when (exception is IOException or ChannelClosedException)
            {
                // What breaks HTTP/2 itself may end the connection, and no other one.
                end = "connection ended";
                await client.DisposeAsync();
                client = await server.ConnectAsync();
            }

            ends[end] = ends.GetValueOrDefault(end) + 1;
            await ServesOnAsync(client, $"call {mutant}");
        }

        output.WriteLine(string.Join(", ", ends.Select(end => $"{end.Key}: {end.Value}")));
        ends.Keys.Should().Contain(["0", "12", "13", "HTTP 415"]);
        await client.DisposeAsync();
        await server.IdleAsync();
        server.Log.Should().BeEmpty("what a client does wrong is no bug");
    }

    [Theory]
    [InlineData("before its body")]
    [InlineData("in a message")]
    [InlineData("while its handler waits for messages")]
    [InlineData("while its handler waits")]
    [InlineData("half-closed, while its handler waits")]
    [InlineData("while the response flows")]
    [InlineData("while the response is not read")]
    [InlineData("behind its end")]
    [InlineData("twice")]
    public async Task A_reset_in_any_state_of_the_stream_leaves_nothing(string state)
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartCountingAsync(time);
        await using var client = await server.ConnectAsync(window: state == "while the response is not read" ? 1000 : FrameClient.WideWindow);
        for (var call = 0; call < 20; call++)
        {
            var streamId = await BringToAsync(state);
            await client.ResetAsync(streamId);
            if (state == "twice")
            {
                await client.ResetAsync(streamId);
            }

            await ServesOnAsync(client, "after the reset");
        }

        await server.NoCallAsync();
        time.Timers.Should().Be(0);
        server.Log.Should().BeEmpty();

        async Task<int> BringToAsync(string name)
        {
            (string Method, byte[] Body, bool EndStream, Func<int, Task> Reached) way = name switch
            {
                "before its body" or "twice" => ("Echo", [], false, _ => Task.CompletedTask),
                "in a message" => ("Echo", [0, 0, 0], false, _ => Task.CompletedTask),
                "while its handler waits for messages" => ("Sum", new byte[5], false, _ => Task.CompletedTask),
                "while its handler waits" => ("EchoDeaf", new byte[5], false, _ => server.Probe.Gate().ArrivedAsync()),
                "half-closed, while its handler waits" => ("Wait", new byte[5], true, _ => server.Probe.Gate().ArrivedAsync()),
                "while the response flows" or "while the response is not read" => ("Flood", new byte[5], true, client.NextAsync),
                _ => ("Answer", new byte[5], true, client.ReplyAsync),
            };
            var streamId = await client.OpenAsync("/probe.Probe/" + way.Method, ("grpc-timeout", "1H"));
            if (way.Body.Length > 0)
            {
                await client.SendAsync(streamId, way.Body, way.EndStream);
            }

            await way.Reached(streamId);
            return streamId;
        }
    }

    [Theory]
    [InlineData("in the preface", "505249202a20485454502f322e")]
    [InlineData("in a frame's header", "000005 0001")]
    [InlineData("in a block of headers", "000064 01 04 00000001 00 07 3a6d6574")]
    [InlineData("between a block and its continuation", "000003 01 00 00000001 000161")]
    public async Task A_connection_that_is_cut_off_leaves_nothing(string where, string hex)
    {
        await using var server = await RunningServer.StartCountingAsync();
        await using var other = await server.ConnectAsync();
        var bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        if (where == "in the preface")
        {
            using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await socket.ConnectAsync(server.EndPoint);
            await socket.SendAsync(bytes);
            socket.Close(0);
        }
        else
        {
            await using var client = await server.ConnectAsync();
            var streamId = await client.OpenAsync("/probe.Probe/Echo");
            await client.SendAsync(streamId, new byte[] { 0, 0, 0, 0, 9, 1 }, endStream: false);
            await client.PingAsync();
            await client.SendRawAsync(bytes);
            client.Abort();
        }

        await server.NoCallAsync();
        await ServesOnAsync(other, "on another connection");
    }

    [Theory]
    [InlineData("data on a stream that nobody opened", "000001 00 00 00000063 00")]
    [InlineData("data on no stream", "000001 00 00 00000000 00")]
    [InlineData("headers on a stream of the server's", "000001 01 04 00000002 82")]
    [InlineData("headers that are no HPACK", "000003 01 04 00000065 ffffff")]
    [InlineData("settings of half a setting", "000003 04 00 00000000 000100")]
    [InlineData("a window opened by nothing", "000004 08 00 00000000 00000000")]
    [InlineData("a push, which is the server's", "000004 05 04 00000001 00000002")]
    [InlineData("a frame over the limit", "ffffff 00 00 00000001")]
    [InlineData("a reset of a stream that nobody opened", "000004 03 00 00000063 00000008")]
    public async Task What_breaks_HTTP_2_ends_its_connection_and_no_other(string what, string hex)
    {
        await using var server = await RunningServer.StartCountingAsync();
        await using var other = await server.ConnectAsync();
        await using var client = await server.ConnectAsync();
        await client.SendAsync(await client.OpenAsync("/probe.Probe/Wait"), new byte[5], endStream: true);
        await server.Probe.Gate().ArrivedAsync();

        await client.SendRawAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        await client.Closed;
        await server.NoCallAsync();
        await ServesOnAsync(other, what);
    }

    [Fact]
    public async Task Frames_and_settings_that_nobody_knows_are_passed_over()
    {
        await using var server = await RunningServer.StartCountingAsync();
        await using var client = await server.ConnectAsync();

        await client.SendAsync((FrameType)0xee, 0xff, FrameClient.Connection, [1, 2, 3]);
        await client.SendAsync(FrameType.Settings, 0, FrameClient.Connection, [0xff, 0xee, 1, 2, 3, 4]);

        await ServesOnAsync(client, "behind them");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task Ten_thousand_streams_reset_at_once_leave_nothing(int connections)
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartCountingAsync(time);
        await using var other = await server.ConnectAsync();
        for (var connection = 0; connection < connections; connection++)
        {
            await using var client = await server.ConnectAsync();
            try
            {
                await client.OpenAndResetAsync("/probe.Probe/Wait", 10_000 / connections);
                await client.PingAsync();
            }
            catch (Exception exception) when (exception is IOException or ChannelClosedException)
            {
                // Kestrel ends a connection that does nothing else (CVE-2023-44487).
            }

            await ServesOnAsync(other, "beside them");
        }

        await other.DisposeAsync();

        // A connection that Kestrel does not let go of goes with time.
        await server.NoCallAsync();
        var idle = server.IdleAsync();
        while (!idle.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await idle;
        time.Timers.Should().Be(0);
        server.Log.Should().BeEmpty();
    }

    [Fact]
    public async Task Watches_that_are_broken_off_leave_no_watcher_and_no_timer()
    {
        using var folder = new TempFolder();
        var path = folder.Write("app.log", "INFO one\n");
        var time = new ManualTimeProvider();
        var logs = LogWatcher.Logs.LogSet.Open([path], time, useHints: false);
        await using var server = await RunningServer.StartCountingAsync(time, logs);
        var request = FrameClient.Framed(new WatchLogsRequest { Follow = true });
        await using var client = await server.ConnectAsync();
        var lost = await server.ConnectAsync();
        var watches = new List<int>();
        foreach (var connection in new[] { client, lost })
        {
            for (var watch = 0; watch < 100; watch++)
            {
                var streamId = await connection.OpenAsync("/logwatcher.v1.LogWatcher/WatchLogs", ("grpc-timeout", "1H"));
                await connection.SendAsync(streamId, request, endStream: true);
                (await connection.NextAsync(streamId)).Type.Should().Be(FrameType.Headers);
                watches.Add(streamId);
            }
        }

        server.Handlers.Should().Be(200);
        lost.Abort();
        foreach (var streamId in watches.Take(100))
        {
            await client.ResetAsync(streamId);
        }

        // As long as the server is not done with the lost connection, it has a timer to give it up by.
        await server.IdleAsync(connections: 1);
        time.Timers.Should().Be(0);
        await lost.DisposeAsync();
        server.Log.Should().BeEmpty();
    }

    /// <summary>A call as it should be, with an answer that is exactly known.</summary>
    private static async Task ServesOnAsync(FrameClient client, string when)
    {
        var reply = await client.CallAsync(Answer, new Text { Text_ = when });
        reply.Messages(Text.Parser).Should().Equal(new Text { Text_ = when });
        reply.Status.Should().Be("0", when);
    }

    /// <summary>How a request is answered: its status, HTTP's if it was no call, or that it was reset.</summary>
    private static async Task<string> AnswerAsync(FrameClient client, List<(string, string)> headers, byte[] body)
    {
        var streamId = await client.OpenAsync(headers);
        await client.SendAsync(streamId, body, endStream: true);
        var first = await client.NextAsync(streamId);
        if (first is { Type: FrameType.Headers, EndsStream: false } && first.Headers.Contains((":status", "200")))
        {
            // A watch may follow without end.
            while (first is { EndsStream: false, Type: not FrameType.Reset } && client.HasFrame(streamId))
            {
                first = await client.NextAsync(streamId);
            }

            if (!first.EndsStream)
            {
                await client.ResetAsync(streamId);
                return "0";
            }
        }

        return first.Type == FrameType.Reset
            ? $"reset {first.ErrorCode}"
            : CallReply.Value(first.Headers, "grpc-status") ?? "HTTP " + CallReply.Value(first.Headers, ":status");
    }

    private static (string Path, byte[] Body) RandomRequest(Random random)
    {
        var text = new Text { Text_ = new string('x', random.Next(50)) };
        return random.Next(6) switch
        {
            0 => (Answer, FrameClient.Framed(text)),
            1 => ("/probe.Probe/EchoThrice", [.. FrameClient.Framed(text), .. FrameClient.Framed(text)]),
            2 => ("/probe.Probe/Sum", [.. FrameClient.Framed(new Number { Value = random.NextInt64() }), .. FrameClient.Framed(new Number { Value = 1 })]),
            3 => ("/probe.Probe/Inspect", FrameClient.Framed(text)),
            4 => ("/grpc.health.v1.Health/Check", FrameClient.Framed(new LogWatcher.Protos.Health.V1.HealthCheckRequest { Service = "probe.Probe" })),
            _ => ("/logwatcher.v1.LogWatcher/WatchLogs", FrameClient.Framed(new WatchLogsRequest { Filter = "level >= WARN", Limit = 3, Since = "2h" })),
        };
    }

    private static void MutateHeaders(Random random, List<(string Name, string Value)> headers)
    {
        for (var changes = random.Next(3); changes > 0; changes--)
        {
            var index = random.Next(headers.Count);
            var value = headers[index].Value.ToCharArray();
            value[random.Next(value.Length)] = (char)random.Pick(random.Next(0x20, 0x7f), random.Next(0x100));
            headers[index] = (headers[index].Name, new string(value));
        }
    }

    private static void MutateBody(Random random, ref byte[] body)
    {
        for (var changes = random.Next(4); changes > 0; changes--)
        {
            var at = random.Next(body.Length);
            switch (random.Next(4))
            {
                case 0: body = body[..at]; break;
                case 1: body = [.. body[..at], (byte)random.Next(256), .. body[at..]]; break;
                case 2: body[at] ^= (byte)(1 << random.Next(8)); break;
                default: body[at] = (byte)random.Next(256); break;
            }

            body = body.Length == 0 ? [0] : body;
        }
    }
}
