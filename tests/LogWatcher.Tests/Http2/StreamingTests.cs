using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Http2;

/// <summary>Rules 11 and 12: when messages are sent, who may be slow, and how many streams there may be.</summary>
public sealed class StreamingTests
{
    private const int RefusedStream = 7;

    [Fact]
    public async Task Each_message_is_sent_before_the_next_is_waited_for()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync("/probe.Probe/Tick");
        await client.SendAsync(streamId, new byte[5], endStream: true);
        (await client.NextAsync(streamId)).Type.Should().Be(FrameType.Headers);

        for (var value = 1; value <= 3; value++)
        {
            Number.Parser.ParseFrom((await client.NextAsync(streamId)).Payload.AsSpan(5)).Value.Should().Be(value);
            server.Probe.Gate().Let(1);
        }
    }

    [Fact]
    public async Task What_is_ready_at_once_is_sent_together()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/Count", new CountRequest { Count = 1000 });

        reply.Messages(Number.Parser).Select(number => number.Value).Should().Equal(Enumerable.Range(1, 1000).Select(value => (long)value));
        reply.Frames.Count(frame => frame.Type == FrameType.Data).Should().BeLessThan(100);
    }

    [Fact]
    public async Task A_conversation_goes_back_and_forth()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        foreach (var method in new[] { "Echo", "EchoFromPool" })
        {
            var streamId = await client.OpenAsync("/probe.Probe/" + method);
            for (var message = 0; message < 20; message++)
            {
                var text = new Text { Text_ = $"message {message}" };
                await client.SendAsync(streamId, FrameClient.Framed(text), endStream: false);
                var frame = await client.NextAsync(streamId);
                frame = frame.Type == FrameType.Headers ? await client.NextAsync(streamId) : frame;
                Text.Parser.ParseFrom(frame.Payload.AsSpan(5)).Should().Be(text);
            }

            await client.SendAsync(streamId, Array.Empty<byte>(), endStream: true);
            (await client.ReplyAsync(streamId)).Status.Should().Be("0");
        }
    }

    [Fact]
    public async Task Nothing_ends_a_stream_for_being_slow_or_a_body_for_being_long()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        // Kestrel's own limits, which end connections after seconds, or at 30 MB: a clock can't be handed to it.
        var limits = server.Server.Limits;
        limits.MinRequestBodyDataRate.Should().BeNull();
        limits.MinResponseDataRate.Should().BeNull();
        limits.MaxRequestBodySize.Should().BeNull();

        var streamId = await client.OpenAsync("/probe.Probe/Sum");
        var message = FrameClient.Framed(new Number { Value = 1 });
        var megabyte = Enumerable.Repeat(message, 150_000).SelectMany(bytes => bytes).ToArray();
        for (var sent = 0; sent < 32; sent++)
        {
            await client.SendAsync(streamId, megabyte, endStream: sent == 31);
        }

        (await client.ReplyAsync(streamId)).Messages(Number.Parser).Should().Equal(new Number { Value = 32 * 150_000 });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task One_stream_too_many_is_refused_and_the_connection_lives(int maxStreams)
    {
        await using var server = await RunningServer.StartAsync(options => options with { MaxStreams = maxStreams });
        await using var client = await server.ConnectAsync();
        var held = new List<int>();
        for (var stream = 0; stream < maxStreams; stream++)
        {
            held.Add(await client.OpenAsync("/probe.Probe/Echo"));
            await client.SendAsync(held[^1], new byte[5], endStream: false);
            await client.NextAsync(held[^1]);
        }

        var refused = await client.CallAsync("/probe.Probe/Answer", new Text());
        refused.ResetCode.Should().Be(RefusedStream);

        await client.SendAsync(held[0], Array.Empty<byte>(), endStream: true);
        (await client.ReplyAsync(held[0])).Status.Should().Be("0");
        await client.PingAsync();
        (await client.CallAsync("/probe.Probe/Answer", new Text())).Status.Should().Be("0");
    }

    [Fact]
    public async Task A_connection_has_1000_streams_unless_told_otherwise()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        for (var stream = 0; stream < 1000; stream++)
        {
            await client.SendAsync(await client.OpenAsync("/probe.Probe/Wait"), new byte[5], endStream: true);
        }

        await server.Probe.Gate().ArrivedAsync(1000);
        server.Server.LiveCalls.Should().Be(1000);
        (await client.CallAsync("/probe.Probe/Answer", new Text())).ResetCode.Should().Be(RefusedStream);
        server.Probe.Gate().Open();
        for (var stream = 1; stream < 2000; stream += 2)
        {
            (await client.ReplyAsync(stream)).Status.Should().Be("0");
        }

        (await client.CallAsync("/probe.Probe/Answer", new Text())).Status.Should().Be("0");
    }

    [Fact]
    public async Task One_call_too_many_on_all_connections_is_RESOURCE_EXHAUSTED()
    {
        await using var server = await RunningServer.StartAsync(options => options with { MaxCalls = 6 });
        await using var client = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();
        foreach (var connection in new[] { client, other, client, other, client, other })
        {
            await connection.SendAsync(await connection.OpenAsync("/probe.Probe/Wait"), new byte[5], endStream: true);
        }

        await server.Probe.Gate().ArrivedAsync(6);
        foreach (var connection in new[] { client, other })
        {
            var refused = await connection.CallAsync("/probe.Probe/Answer", new Text());
            refused.IsTrailersOnly.Should().BeTrue();
            refused.Status.Should().Be("8");
            refused.Message.Should().Be("the node has 6 live calls, and no place for more until some end");
            (await connection.CallAsync("/grpc.health.v1.Health/Watch", [0, 0, 0, 0, 0])).Status.Should().Be("8");
            (await connection.CallAsync("/grpc.health.v1.Health/Check", [0, 0, 0, 0, 0])).Status.Should().Be("0", "it is busy, not dead");
        }

        server.Server.LiveCalls.Should().Be(6);
        server.Probe.Gate().Let(1);
        while (server.Server.LiveCalls == 6)
        {
            await Task.Yield();
        }

        (await other.CallAsync("/probe.Probe/Answer", new Text())).Status.Should().Be("0");
        server.Probe.Gate().Open();
        await server.NoCallAsync();
    }

    [Theory]
    [InlineData("EchoEndless", false)]
    [InlineData("WaitEndless", true)]
    public async Task An_endless_call_tells_by_its_headers_that_it_stands(string method, bool isHalfClosed)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync("/probe.Probe/" + method);
        if (isHalfClosed)
        {
            await client.SendAsync(streamId, new byte[5], endStream: true);

            // Until the handler says that it is endless, it may still fail with headers alone.
            await server.Probe.Gate().ArrivedAsync();
            await client.PingAsync();
            client.HasFrame(streamId).Should().BeFalse();
            server.Probe.Gate().Let(1);
        }

        var headers = await client.NextAsync(streamId);
        headers.Headers.Should().Contain((":status", "200")).And.Contain(("content-type", "application/grpc"));
        headers.EndsStream.Should().BeFalse();
        if (isHalfClosed)
        {
            await server.Probe.Gate().ArrivedAsync();
            server.Probe.Gate().Open();
        }
        else
        {
            await client.SendAsync(streamId, new byte[5], endStream: true);
            (await client.NextAsync(streamId)).Payload.Should().Equal(new byte[5]);
        }

        (await client.ReplyAsync(streamId)).Status.Should().Be("0");
    }

    [Fact]
    public async Task A_stream_that_idles_stays_whatever_pings_come()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync("/probe.Probe/Echo");

        // An hour of pings, one each second.
        for (var second = 0; second < 3600; second++)
        {
            await client.PingAsync();
        }

        await client.SendAsync(streamId, new byte[5], endStream: true);
        (await client.ReplyAsync(streamId)).Status.Should().Be("0");
        client.HasFrame(FrameClient.Connection).Should().BeFalse("no GOAWAY");
    }
}
