using LogWatcher.Http2;
using LogWatcher.Rpc;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Http2;

/// <summary>What messages hold of which only a part has come: bounded in all, and given back whichever way they end.</summary>
public sealed class PartialMessageTests
{
    private const int MaxMessageBytes = LengthPrefixedMessage.MaxMessageBytes;

    // Each holds as much as a message may have, and lacks the length of its frame's header.
    private const int StreamsToFill = (int)(PartialMessages.MaxBytes / MaxMessageBytes);

    private static readonly byte[] Frame = FrameClient.Framed(new byte[MaxMessageBytes]);

    [Theory]
    [InlineData("Echo")]
    [InlineData("Answer")]
    public async Task Past_the_bound_the_newcomer_is_RESOURCE_EXHAUSTED(string method)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();
        var streams = new List<int>();
        for (var stream = 0; stream < StreamsToFill; stream++)
        {
            streams.Add(await client.OpenAsync("/probe.Probe/" + method));
            await client.SendAsync(streams[^1], Frame.AsMemory(..MaxMessageBytes), endStream: false);
            await HeldAsync(server, (stream + 1L) * MaxMessageBytes);
        }

        client.HasFrame(streams[^1]).Should().Be(false, "the bound itself is not past it");

        var newcomer = await other.OpenAsync("/probe.Probe/" + method);
        await other.SendAsync(newcomer, new byte[1], endStream: false);
        var refused = await other.ReplyAsync(newcomer);
        refused.Status.Should().Be("8");
        refused.Message.Should().Contain("67108864");
        (await other.CallAsync("/probe.Probe/Answer", new byte[5])).Status.Should().Be("0", "a message that comes whole needs no room");

        // One byte more than one of those has.
        await client.SendAsync(streams[0], Frame.AsMemory(MaxMessageBytes..(MaxMessageBytes + 1)), endStream: false);
        (await client.ReplyAsync(streams[0])).Status.Should().Be("8");
        await HeldAsync(server, (StreamsToFill - 1L) * MaxMessageBytes);

        await client.SendAsync(streams[1], Frame.AsMemory(MaxMessageBytes..), endStream: true);
        (await client.ReplyAsync(streams[1])).Status.Should().Be("13", "it was whole, and is no message");
        await HeldAsync(server, (StreamsToFill - 2L) * MaxMessageBytes);
        foreach (var streamId in streams.Skip(2).SkipLast(1))
        {
            await client.ResetAsync(streamId);
        }

        await HeldAsync(server, MaxMessageBytes);
        await client.DisposeAsync();
        await HeldAsync(server, 0);
        await server.NoCallAsync();
    }

    [Fact]
    public async Task A_call_that_ends_gives_back_what_its_message_held()
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync("/probe.Probe/Echo", ("grpc-timeout", "1S"));
        await client.SendAsync(streamId, FrameClient.Framed(new Text { Text_ = "whole" }), endStream: false);
        await client.NextAsync(streamId);
        await client.NextAsync(streamId);
        server.Server.PartialBytes.Should().Be(0);
        await client.SendAsync(streamId, new byte[] { 0, 0, 0, 0, 9, 1 }, endStream: false);
        await HeldAsync(server, 6);

        time.Advance(TimeSpan.FromSeconds(1));

        (await client.ReplyAsync(streamId)).Frames[^1].Headers.Should().Contain(("grpc-status", "4"));
        await HeldAsync(server, 0);
    }

    [Fact]
    public async Task One_message_of_any_length_that_may_be_has_room()
    {
        const int Longer = 100 * 1024 * 1024;
        await using var server = await RunningServer.StartAsync(options => options with { MaxMessageBytes = Longer });
        await using var client = await server.ConnectAsync();
        var body = FrameClient.Framed(new byte[Longer]);

        var reply = await client.CallAsync("/probe.Probe/Sum", body);

        reply.Status.Should().Be("13", "it was read whole, and is no number");
        server.Server.PartialBytes.Should().Be(0);
    }

    private static async Task HeldAsync(RunningServer server, long bytes)
    {
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        while (server.Server.PartialBytes != bytes)
        {
            patience.Token.IsCancellationRequested.Should().BeFalse("{0} bytes are to be held, and {1} are", bytes, server.Server.PartialBytes);
            await Task.Yield();
        }
    }
}
