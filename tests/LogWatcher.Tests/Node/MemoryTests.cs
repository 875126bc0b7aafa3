using LogWatcher.Node;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>What a node holds. The process is measured as a whole, so nothing else runs beside these.</summary>
[Collection(nameof(RunsAlone))]
public sealed class MemoryTests
{
    [Fact]
    public async Task Ten_thousand_open_streams_are_all_served()
    {
        await using var node = await RunningNode.StartAsync();
        const int Streams = 10_000;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        node.Feed(Enumerable.Range(1, Streams).Select(call => ProbeLines.Bidi(call, "Echo")));
        (await node.ReadAsync(Streams)).Should().HaveCount(Streams);
        (GC.GetTotalMemory(forceFullCollection: true) - before).Should().BeLessThan(100_000_000, "an idle stream takes a few kilobytes at most");
        node.Feed(Enumerable.Range(1, Streams).Select(call => ProbeLines.Text($"s{call}", $"{call}", 20_000 + call)));
        for (var call = 1; call <= Streams; call++)
        {
            (await node.HearAsync()).Should().Be($$$"""{"type": "grpc_bidi_stream_recv", "in_reply_to": {{{20_000 + call}}}, "data": {"text": "{{{call}}}"}}""");
        }

        node.Feed(ProbeLines.Bidi(Streams + 1, "Echo"));
        (await node.HearAsync()).Should().Contain("this client has 10000 live calls");
        (await node.EndAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Messages_into_a_stream_that_nobody_reads_take_no_memory_without_bound()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        node.Feed(ProbeLines.Bidi(1, "EchoDeaf"));
        node.Feed(Enumerable.Repeat(ProbeLines.Text("s1", "a"), Backlog.MaxMessages));
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        await node.ExpectSilenceAsync();

        const int Pieces = 1_000;
        const int LinesPerPiece = 100;
        var piece = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(ProbeLines.Text("s1", new string('x', 100)) + "\n", LinesPerPiece)));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var count = 0; count < Pieces; count++)
        {
            node.FeedBytes(piece);
        }

        await time.TimerSetAsync(Backlog.MaxHold);
        (GC.GetTotalMemory(forceFullCollection: true) - before).Should().BeLessThan(10_000_000, "what the stream can't take is not read");
        node.Input.Waiting.Should().BeGreaterThan(Pieces / 2);

        time.Advance(Backlog.MaxHold);
        (await node.HearAsync()).Should().Contain("RESOURCE_EXHAUSTED");
        for (var count = 1; count < Pieces * LinesPerPiece; count++)
        {
            (await node.ReadAsync()).Should().Contain("is CLOSED: it has ended");
        }

        await node.ExpectSilenceAsync();
        node.Node.Environment.WaitingBytes(isWindowed: false).Should().Be(0);
    }
}
