using LogWatcher.Node;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>How many calls may live, how many are remembered, and that nothing else is.</summary>
public sealed class CallLimitTests
{
    [Fact]
    public async Task A_client_may_have_as_many_live_calls_as_the_limit_says_and_a_place_is_free_again_when_one_ends()
    {
        await using var node = await RunningNode.StartAsync(new NodeOptions { MaxCalls = 2 });
        const string Refused = "\"status\": \"RESOURCE_EXHAUSTED\", \"message\": \"this client has 2 live calls, and may have no more until some end (--max-calls)\"";
        await node.ExpectAsync(
            [ProbeLines.Bidi(1, "Echo"), ProbeLines.Unary(2, "Wait"), ProbeLines.Unary(3, "Answer"), ProbeLines.Bidi(4, "Echo"), ProbeLines.ClientStream(5, "Sum"), ProbeLines.Watch(6, "Count")],
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""",
            $$"""{"type": "grpc_call_ok", "in_reply_to": 3, {{Refused}}}""",
            $$"""{"type": "grpc_stream_end", "in_reply_to": 4, {{Refused}}, "count": 0}""",
            $$"""{"type": "grpc_call_ok", "in_reply_to": 5, {{Refused}}}""",
            $$"""{"type": "grpc_stream_end", "in_reply_to": 6, {{Refused}}, "count": 0}""");

        // A refused call takes no number, was never live, and is remembered as ended.
        await node.ExpectAsync(ProbeLines.State(4, 7), """{"type": "grpc_stream_state_ok", "in_reply_to": 7, "state": "CLOSED"}""");
        await node.ExpectAsync(
            [ProbeLines.Cancel(2, 8), ProbeLines.Bidi(4, "Echo")],
            """{"type": "grpc_call_ok", "in_reply_to": 2, "status": "CANCELLED", "message": "the client cancelled the call"}""",
            """{"type": "grpc_cancel_ok", "in_reply_to": 8}""",
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 4, "stream_id": "s2"}""");

        node.Feed(ProbeLines.Bidi(1, "Echo", src: "c2"));
        (await node.ReadAsync()).Should().Contain("\"stream_id\": \"s3\"", "each client has its own limit");
    }

    [Fact]
    public async Task All_clients_together_may_have_ten_times_as_many()
    {
        await using var node = await RunningNode.StartAsync(new NodeOptions { MaxCalls = 2 });
        for (var call = 0; call < 20; call++)
        {
            node.Feed(ProbeLines.Bidi(call, "Echo", src: $"many{call / 2}"));
            (await node.ReadAsync()).Should().Contain($"\"stream_id\": \"s{call + 1}\"");
        }

        await node.ExpectAsync(
            ProbeLines.Unary(1, "Answer"),
            """{"type": "grpc_call_ok", "in_reply_to": 1, "status": "RESOURCE_EXHAUSTED", "message": "the node has 20 live calls, and no place for more until some end"}""");
        node.Feed(RunningNode.Line("""{"type": "grpc_cancel", "call": 19}""", src: "many9"));
        (await node.ReadAsync()).Should().Contain("CANCELLED");
        await node.ExpectAsync(ProbeLines.Unary(1, "Answer"), """{"type": "grpc_call_ok", "in_reply_to": 1, "status": "OK", "response": {}}""");
    }

    [Fact]
    public async Task Whoever_has_read_the_end_of_a_call_may_use_its_place_and_its_msg_id_again()
    {
        await using var node = await RunningNode.StartAsync(new NodeOptions { MaxCalls = 1 });
        for (var round = 0; round < 2_000; round++)
        {
            await node.ExpectAsync(
                ProbeLines.Watch(1, "Count", """ "request": {"count": 1, "pool_every": 1} """),
                """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 1, "data": {"value": 1}}""",
                """{"type": "grpc_stream_end", "in_reply_to": 1, "status": "OK", "count": 1}""");
        }
    }

    [Fact]
    public async Task The_last_ten_thousand_ended_calls_are_remembered_with_their_owner_and_older_ones_never_were()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.Bidi(0, "Echo"), ProbeLines.CloseBidi("s1"));
        (await node.ReadAsync(2)).Should().HaveCount(2);
        node.Feed(Enumerable.Range(1, StreamRegistry.MaxRemembered - 1).Select(call => ProbeLines.Unary(call, "Answer")));
        (await node.ReadAsync(StreamRegistry.MaxRemembered - 1)).Should().OnlyContain(line => line.Contains("\"OK\"", StringComparison.Ordinal));
        await node.ExpectAsync(
            [ProbeLines.State(0, 20_000), ProbeLines.Text("s1", "a", 20_001), ProbeLines.Cancel(1, 20_002)],
            """{"type": "grpc_stream_state_ok", "in_reply_to": 20000, "stream_id": "s1", "state": "CLOSED"}""",
            """{"type": "error", "in_reply_to": 20001, "code": 22, "text": "stream s1 is CLOSED: it has ended"}""",
            """{"type": "error", "in_reply_to": 20002, "code": 22, "text": "the call is CLOSED: it has ended"}""");
        node.Feed(ProbeLines.State(0, 1, src: "c2"));
        (await node.ReadAsync()).Should().Contain("\"code\": 20, ", "to everyone else it does not exist");

        await node.ExpectAsync(
            [ProbeLines.Unary(30_000, "Answer"), ProbeLines.State(0, 20_003), ProbeLines.Text("s1", "a", 20_004), ProbeLines.State(1, 20_005)],
            """{"type": "grpc_call_ok", "in_reply_to": 30000, "status": "OK", "response": {}}""",
            """{"type": "error", "in_reply_to": 20003, "code": 20, "text": "there is no call 0 of this client"}""",
            """{"type": "error", "in_reply_to": 20004, "code": 20, "text": "there is no stream \"s1\" of this client"}""",
            """{"type": "grpc_stream_state_ok", "in_reply_to": 20005, "state": "CLOSED"}""");
    }

    [Fact]
    public async Task A_msg_id_leads_to_the_latest_call_that_it_opened_even_when_the_first_is_forgotten()
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(
            [ProbeLines.Unary(1, "Answer"), ProbeLines.Bidi(1, "Echo"), ProbeLines.Bidi(1, "Echo")],
            """{"type": "grpc_call_ok", "in_reply_to": 1, "status": "OK", "response": {}}""",
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""",
            """{"type": "error", "in_reply_to": 1, "code": 12, "text": "body.msg_id 1 is that of a live call of this client; each needs its own"}""");
        node.Feed(Enumerable.Range(2, StreamRegistry.MaxRemembered).Select(call => ProbeLines.Unary(call, "Answer")));
        (await node.ReadAsync(StreamRegistry.MaxRemembered)).Should().OnlyContain(line => line.Contains("\"OK\"", StringComparison.Ordinal));
        await node.ExpectAsync(ProbeLines.State(1, 50_000), """{"type": "grpc_stream_state_ok", "in_reply_to": 50000, "stream_id": "s1", "state": "OPEN"}""");
    }

    [Fact]
    public void A_registry_lets_go_of_clients_whose_calls_have_ended()
    {
        var registry = new StreamRegistry(maxCallsPerClient: 1);
        var kept = new List<WeakReference>();
        for (var client = 0; client <= StreamRegistry.MaxRemembered; client++)
        {
            kept.Add(OpenAndClose(registry, client));
        }

        GC.Collect();
        kept.Count(owner => owner.IsAlive).Should().Be(StreamRegistry.MaxRemembered, "only those whose last call is remembered are");
        GC.KeepAlive(registry);
    }

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

    private static WeakReference OpenAndClose(StreamRegistry registry, int client)
    {
        var record = registry.Add(System.Text.Encoding.UTF8.GetBytes($"c{client}"), msgId: 1, isStream: true);
        registry.Close(record);
        return new WeakReference(record.Owner);
    }
}
