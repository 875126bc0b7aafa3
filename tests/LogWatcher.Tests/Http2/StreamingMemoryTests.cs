using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Http2;

/// <summary>What waits for a client that does not read. The process is measured as a whole, so nothing else runs beside it.</summary>
[Collection(nameof(RunsAlone))]
public sealed class StreamingMemoryTests
{
    [Fact]
    public async Task A_client_that_does_not_read_holds_up_its_own_stream_alone_and_memory_stays_bounded()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync(window: 10_000);
        var slow = await client.OpenAsync("/probe.Probe/Count");
        await client.SendAsync(slow, FrameClient.Framed(new CountRequest { Count = 3_000_000 }), endStream: true);
        await client.NextAsync(slow);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var call = 0; call < 100; call++)
        {
            (await client.CallAsync("/probe.Probe/Count", new CountRequest { Count = 100 })).Status.Should().Be("0");
        }

        (GC.GetTotalMemory(forceFullCollection: true) - before).Should().BeLessThan(8_000_000, "3,000,000 messages are some 20 MB");
        await client.OpenWindowAsync(slow, 1_000_000_000);
        var rest = await client.ReplyAsync(slow);
        rest.Status.Should().Be("0", "it was slow, not gone");
    }
}
