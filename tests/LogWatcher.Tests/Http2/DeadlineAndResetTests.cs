using LogWatcher.Http2;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Http2;

/// <summary>Rules 7 and 9: deadlines, resets, connections that are lost, and servers that end first.</summary>
public sealed class DeadlineAndResetTests
{
    private const int NoError = 0;
    private const int Cancelled = 8;

    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("4m", 40_000)]
    [InlineData("5u", 50)]
    [InlineData("600n", 6)]
    [InlineData("1n", 1)]
    [InlineData("0S", 0)]
    [InlineData("99999999H", 3_599_999_964_000_000_000)]
    [InlineData("00000001S", 10_000_000)]
    public void A_timeout_is_up_to_8_digits_and_a_unit(string text, long ticks)
    {
        GrpcHeaders.TryParseTimeout(text, out var timeout).Should().BeTrue();
        timeout.Ticks.Should().Be(ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1s")]
    [InlineData("1h")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1.5S")]
    [InlineData(" 1S")]
    [InlineData("1 S")]
    [InlineData("100000000S")]
    [InlineData("١S")]
    public void Everything_else_is_none(string text) => GrpcHeaders.TryParseTimeout(text, out _).Should().BeFalse();

    [Theory]
    [InlineData("soon")]
    [InlineData("100000000S")]
    [InlineData("1s")]
    public async Task A_malformed_timeout_is_INTERNAL(string timeout)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/Answer", new Text(), ("grpc-timeout", timeout));

        reply.IsTrailersOnly.Should().BeTrue();
        reply.Status.Should().Be("13");
    }

    [Fact]
    public async Task A_timeout_of_nothing_has_passed()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/Answer", new Text(), ("grpc-timeout", "0S"));

        reply.IsTrailersOnly.Should().BeTrue();
        reply.Status.Should().Be("4");
    }

    [Fact]
    public async Task A_deadline_of_eleven_thousand_years_is_no_error()
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync("/probe.Probe/Wait", ("grpc-timeout", "99999999H"));
        await client.SendAsync(streamId, new byte[5], endStream: true);
        await server.Probe.Gate().ArrivedAsync();

        // The longest timer that there is fires in between.
        time.Advance(TimeSpan.FromDays(100));
        server.Server.LiveCalls.Should().Be(1);
        server.Probe.Gate().Open();

        (await client.ReplyAsync(streamId)).Status.Should().Be("0");
    }

    [Theory]
    [InlineData("Wait")]
    [InlineData("Persist")]
    public async Task At_its_deadline_a_call_ends_with_4_and_its_stream_is_reset(string method)
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync("/probe.Probe/" + method, ("grpc-timeout", "100m"));
        await client.SendAsync(streamId, new byte[5], endStream: true);
        await server.Probe.Gate().ArrivedAsync();

        time.Advance(TimeSpan.FromMilliseconds(99));
        server.Server.LiveCalls.Should().Be(1);
        time.Advance(TimeSpan.FromMilliseconds(1));

        var reply = await client.ReplyAsync(streamId);
        reply.IsTrailersOnly.Should().BeTrue(reply.ToString());
        reply.Status.Should().Be("4");
        var reset = await client.NextAsync(streamId);
        reset.Type.Should().Be(FrameType.Reset);
        reset.ErrorCode.Should().Be(NoError);
        server.Server.LiveCalls.Should().Be(0);

        // A handler that goes on regardless writes to nobody.
        server.Probe.Gate().Open();
        await HandlerEndedAsync(server);
        (await client.CallAsync("/probe.Probe/Answer", new Text())).Status.Should().Be("0");
        client.HasFrame(streamId).Should().BeFalse();
        server.Log.Should().BeEmpty();
    }

    [Fact]
    public async Task A_deadline_ends_a_stream_behind_what_was_sent()
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync("/probe.Probe/Echo", ("grpc-timeout", "1S"));
        await client.SendAsync(streamId, new byte[5], endStream: false);
        (await client.NextAsync(streamId)).Type.Should().Be(FrameType.Headers);
        (await client.NextAsync(streamId)).Type.Should().Be(FrameType.Data);

        time.Advance(TimeSpan.FromSeconds(1));

        var end = await client.NextAsync(streamId);
        end.Headers.Should().Contain(("grpc-status", "4"));
        end.EndsStream.Should().BeTrue();
        (await client.NextAsync(streamId)).Type.Should().Be(FrameType.Reset);
    }

    [Theory]
    [InlineData("Echo", false)]
    [InlineData("CountThenWait", true)]
    public async Task A_deadlines_end_reaches_a_client_that_is_behind(string method, bool isHalfClosed)
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync(window: 1000);
        var streamId = await client.OpenAsync("/probe.Probe/" + method, ("grpc-timeout", "1S"));
        await client.SendAsync(
            streamId,
            isHalfClosed ? FrameClient.Framed(new CountRequest { Count = 3000 }) : FrameClient.Framed(new Text { Text_ = new string('x', 20_000) }),
            endStream: isHalfClosed);
        (await client.NextAsync(streamId)).Type.Should().Be(FrameType.Headers);
        (await client.NextAsync(streamId)).Payload.Should().HaveCount(1000, "so far the window opens, and much more waits");

        time.Advance(TimeSpan.FromSeconds(1));
        await server.NoCallAsync();
        await client.PingAsync();
        await client.OpenWindowAsync(streamId, 1_000_000);

        (await client.ReplyAsync(streamId)).Status.Should().Be("4");
        if (!isHalfClosed)
        {
            (await client.NextAsync(streamId)).ErrorCode.Should().Be(NoError);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deadline_does_not_wait_for_a_client_that_does_not_read(bool isReset)
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync(window: 1000);
        var streamId = await client.OpenAsync("/probe.Probe/Flood", ("grpc-timeout", "1S"));
        await client.SendAsync(streamId, new byte[5], endStream: true);
        (await client.NextAsync(streamId)).Type.Should().Be(FrameType.Headers);
        while ((await client.NextAsync(streamId)) is { Payload.Length: 0 })
        {
        }

        time.Advance(TimeSpan.FromSeconds(1));
        await server.NoCallAsync();
        time.Advance(TimeSpan.FromSeconds(4.9));
        await client.PingAsync();
        client.HasFrame(streamId).Should().BeFalse("it may still read");
        if (isReset)
        {
            await client.ResetAsync(streamId);
        }
        else
        {
            time.Advance(TimeSpan.FromSeconds(0.1));
            (await client.ReplyAsync(streamId)).ResetCode.Should().Be(Cancelled, "the end can't be sent past what is not read, and this is no success");
        }

        await HandlerEndedAsync(server);
        server.Server.LiveCalls.Should().Be(0);
    }

    [Theory]
    [InlineData("Wait", true)]
    [InlineData("EchoDeaf", false)]
    public async Task A_reset_fires_the_handlers_token(string method, bool endStream)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync("/probe.Probe/" + method);
        await client.SendAsync(streamId, new byte[5], endStream);
        await server.Probe.Gate().ArrivedAsync();

        await client.ResetAsync(streamId);

        await HandlerEndedAsync(server);
        await server.NoCallAsync();
        (await client.CallAsync("/probe.Probe/Answer", new Text())).Status.Should().Be("0", "the connection lives");
        server.Log.Should().BeEmpty();
    }

    [Theory]
    [InlineData("Echo", false)]
    [InlineData("Flood", true)]
    public async Task A_reset_ends_a_handler_that_reads_or_writes(string method, bool endStream)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync(window: 1000);
        var streamId = await client.OpenAsync("/probe.Probe/" + method);
        await client.SendAsync(streamId, new byte[5], endStream);
        await client.NextAsync(streamId);

        await client.ResetAsync(streamId);

        await server.NoCallAsync();
        server.Log.Should().BeEmpty();
    }

    [Fact]
    public async Task A_lost_connection_fires_the_tokens_of_all_its_calls()
    {
        await using var server = await RunningServer.StartAsync();
        var client = await server.ConnectAsync();
        for (var call = 0; call < 10; call++)
        {
            var streamId = await client.OpenAsync("/probe.Probe/Wait");
            await client.SendAsync(streamId, new byte[5], endStream: true);
        }

        await server.Probe.Gate().ArrivedAsync(10);
        client.Abort();

        await server.IdleAsync();
        while (server.Probe.Finished < 10)
        {
            await Task.Yield();
        }

        await client.DisposeAsync();
        server.Log.Should().BeEmpty();
    }

    [Fact]
    public async Task A_server_that_ends_first_sends_its_trailers_and_then_resets_without_an_error()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync("/probe.Probe/EchoThrice");
        await client.SendAsync(streamId, FrameClient.Framed(new Text { Text_ = "bye" }), endStream: false);

        (await client.ReplyAsync(streamId)).Status.Should().Be("0");
        var reset = await client.NextAsync(streamId);
        reset.Type.Should().Be(FrameType.Reset);
        reset.ErrorCode.Should().Be(NoError);
    }

    private static async Task HandlerEndedAsync(RunningServer server)
    {
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        while (server.Probe.Finished == 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
