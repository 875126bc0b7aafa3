using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>How calls end from outside: by their deadline or their client, whatever their handler does.</summary>
public sealed class DeadlineAndCancelTests
{
    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    public static TheoryData<string, string, string> Calls => new()
    {
        { "grpc_call", "Wait", """{"type": "grpc_call_ok", "in_reply_to": 1, STATUS}""" },
        { "grpc_call", "Persist", """{"type": "grpc_call_ok", "in_reply_to": 1, STATUS}""" },
        { "grpc_server_stream", "CountLater", """{"type": "grpc_stream_end", "in_reply_to": 1, STATUS, "count": 0}""" },
        { "grpc_client_stream_open", "Sum", """{"type": "grpc_call_ok", "in_reply_to": 1, STATUS}""" },
        { "grpc_client_stream_open", "SumDeaf", """{"type": "grpc_call_ok", "in_reply_to": 1, STATUS}""" },
        { "grpc_bidi_stream_open", "Echo", """{"type": "grpc_stream_end", "in_reply_to": 1, "stream_id": "s1", STATUS, "count": 0}""" },
        { "grpc_bidi_stream_open", "EchoDeaf", """{"type": "grpc_stream_end", "in_reply_to": 1, "stream_id": "s1", STATUS, "count": 0}""" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_deadline_ends_a_call_of_any_kind_when_it_has_passed_and_not_a_moment_before(string opener, string method, string end)
    {
        var time = new ObservedTime();
        await using var node = await StartAsync(opener, method, time, "\"timeout_ms\": 1500");
        time.Advance(TimeSpan.FromMilliseconds(1500) - OneTick);
        await node.ExpectSilenceAsync();
        time.Advance(OneTick);
        (await node.HearAsync()).Should().Be(
            end.Replace("STATUS", "\"status\": \"DEADLINE_EXCEEDED\", \"message\": \"the deadline of 1500 ms has passed\"", StringComparison.Ordinal));
        await ExpectClosedAsync(node);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_cancel_ends_a_call_of_any_kind_and_is_confirmed_behind_the_end(string opener, string method, string end)
    {
        await using var node = await StartAsync(opener, method, new ObservedTime(), "");
        await node.ExpectAsync(
            ProbeLines.Cancel(1, 90),
            end.Replace("STATUS", "\"status\": \"CANCELLED\", \"message\": \"the client cancelled the call\"", StringComparison.Ordinal),
            """{"type": "grpc_cancel_ok", "in_reply_to": 90}""");
        await ExpectClosedAsync(node);
    }

    [Fact]
    public async Task A_cancel_without_a_msg_id_is_carried_out_and_not_confirmed()
    {
        await using var node = await StartAsync("grpc_bidi_stream_open", "Echo", new ObservedTime(), "");
        await node.ExpectAsync(
            RunningNode.Line("""{"type": "grpc_cancel", "stream_id": "s1"}"""),
            """{"type": "grpc_stream_end", "in_reply_to": 1, "stream_id": "s1", "status": "CANCELLED", "message": "the client cancelled the call", "count": 0}""");
        await ExpectClosedAsync(node);
    }

    [Fact]
    public async Task A_handler_that_heeds_its_token_is_left_and_one_that_does_not_writes_nothing_any_more()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.Unary(1, "Wait"), ProbeLines.Unary(2, "Persist", """ "metadata": {"gate": "deaf"} """));
        await node.Probe.Gate().ArrivedAsync();
        await node.Probe.Gate("deaf").ArrivedAsync();
        await node.ExpectAsync(
            [ProbeLines.Cancel(1, 3), ProbeLines.Cancel(2, 4)],
            """{"type": "grpc_call_ok", "in_reply_to": 1, "status": "CANCELLED", "message": "the client cancelled the call"}""",
            """{"type": "grpc_cancel_ok", "in_reply_to": 3}""",
            """{"type": "grpc_call_ok", "in_reply_to": 2, "status": "CANCELLED", "message": "the client cancelled the call"}""",
            """{"type": "grpc_cancel_ok", "in_reply_to": 4}""");
        await RunningNode.UntilAsync(() => node.Probe.Finished == 1);
        node.Probe.Gate("deaf").Open();
        await RunningNode.UntilAsync(() => node.Probe.Finished == 2);
        (await node.EndAsync()).Should().BeEmpty();
        node.Log.Should().BeEmpty("to unwind is no failure");
    }

    [Fact]
    public async Task A_handler_that_is_let_go_may_wait_for_credit_or_for_messages()
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(
            [ProbeLines.Watch(1, "Flood", """ "window": 1 """), ProbeLines.Cancel(1, 2)],
            """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 1, "data": {"value": 1}}""",
            """{"type": "grpc_stream_end", "in_reply_to": 1, "status": "CANCELLED", "message": "the client cancelled the call", "count": 1}""",
            """{"type": "grpc_cancel_ok", "in_reply_to": 2}""");
        await RunningNode.UntilAsync(() => node.Probe.Finished == 1);
    }

    [Fact]
    public async Task A_deadline_that_passes_at_once_ends_a_stream_behind_the_line_that_opens_it()
    {
        var time = new HookedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        time.FiresAtOnce = true;
        await node.ExpectAsync(
            [ProbeLines.Bidi(1, "Echo", """ "timeout_ms": 1 """), ProbeLines.Text("s1", "a", 2), ProbeLines.Watch(3, "Count", """ "timeout_ms": 1, "request": {"count": 1} """)],
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""",
            """{"type": "grpc_stream_end", "in_reply_to": 1, "stream_id": "s1", "status": "DEADLINE_EXCEEDED", "message": "the deadline of 1 ms has passed", "count": 0}""",
            """{"type": "error", "in_reply_to": 2, "code": 22, "text": "stream s1 is CLOSED: it has ended"}""",
            """{"type": "grpc_stream_end", "in_reply_to": 3, "status": "DEADLINE_EXCEEDED", "message": "the deadline of 1 ms has passed", "count": 0}""");
    }

    [Fact]
    public async Task A_call_that_ends_in_time_hears_no_more_of_its_deadline()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        await node.ExpectAsync(
            ProbeLines.Unary(1, "Answer", """ "timeout_ms": 10, "request": {"text": "a"} """),
            """{"type": "grpc_call_ok", "in_reply_to": 1, "status": "OK", "response": {"text": "a"}}""");
        time.Advance(TimeSpan.FromDays(1));
        await node.ExpectSilenceAsync();
    }

    [Fact]
    public async Task An_end_answers_the_close_once_there_was_one_whatever_the_status()
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(
            [ProbeLines.Bidi(1, "EchoDeaf"), ProbeLines.CloseBidi("s1", 2), ProbeLines.Cancel(1, 3)],
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""",
            """{"type": "grpc_stream_end", "in_reply_to": 2, "stream_id": "s1", "status": "CANCELLED", "message": "the client cancelled the call", "count": 0}""",
            """{"type": "grpc_cancel_ok", "in_reply_to": 3}""");
        await node.ExpectAsync(
            [ProbeLines.ClientStream(4, "SumDeaf"), ProbeLines.CloseClientStream("s2"), ProbeLines.Cancel(4, 5)],
            """{"type": "grpc_client_stream_open_ok", "in_reply_to": 4, "stream_id": "s2"}""",
            """{"type": "grpc_call_ok", "in_reply_to": 4, "status": "CANCELLED", "message": "the client cancelled the call"}""",
            """{"type": "grpc_cancel_ok", "in_reply_to": 5}""");
    }

    private static async Task<RunningNode> StartAsync(string opener, string method, ObservedTime time, string more)
    {
        var node = await RunningNode.StartAsync(time: time);
        node.Feed(ProbeLines.Open(opener, 1, method, more));
        if (opener.EndsWith("_open", StringComparison.Ordinal))
        {
            (await node.HearAsync()).Should().Be($$"""{"type": "{{opener}}_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        }

        if (method is not ("Sum" or "Echo"))
        {
            await node.Probe.Gate().ArrivedAsync();
        }

        await node.ExpectSilenceAsync();
        return node;
    }

    private static async Task ExpectClosedAsync(RunningNode node)
    {
        await node.ExpectAsync(ProbeLines.Cancel(1, 91), """{"type": "error", "in_reply_to": 91, "code": 22, "text": "the call is CLOSED: it has ended"}""");

        // Whatever its handler does now, it does in silence.
        node.Probe.Gate().Open();
        node.Feed(ProbeLines.State(1, 92));
        (await node.HearAsync()).Should().EndWith("\"state\": \"CLOSED\"}");
        (await node.EndAsync()).Should().BeEmpty();
    }
}
