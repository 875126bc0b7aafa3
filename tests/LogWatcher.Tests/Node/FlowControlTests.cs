using LogWatcher.Node;
using LogWatcher.Rpc;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>protocol.md, "Flow control": with a window, and without.</summary>
public sealed class FlowControlTests
{
    [Fact]
    public async Task The_node_sends_as_much_as_it_has_credit_for_and_goes_on_when_it_gets_more()
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(
            ProbeLines.Watch(1, "Count", """ "window": 2, "request": {"count": 5} """),
            """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 1, "data": {"value": 1}}""",
            """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 2, "data": {"value": 2}}""");
        await node.ExpectSilenceAsync();
        await node.ExpectAsync(ProbeLines.Credit(1, 1), """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 3, "data": {"value": 3}}""");
        await node.ExpectSilenceAsync();
        await node.ExpectAsync(
            ProbeLines.Credit(1, int.MaxValue),
            """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 4, "data": {"value": 4}}""",
            """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 5, "data": {"value": 5}}""",
            """{"type": "grpc_stream_end", "in_reply_to": 1, "status": "OK", "count": 5}""");

        // The end is no message, and credit for a call that has ended comes too late and means nothing.
        node.Feed(ProbeLines.Credit(1, 1));
        await node.ExpectSilenceAsync();
    }

    [Fact]
    public async Task The_end_needs_no_credit()
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(
            ProbeLines.Watch(1, "Count", """ "window": 1, "request": {"count": 1} """),
            """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 1, "data": {"value": 1}}""",
            """{"type": "grpc_stream_end", "in_reply_to": 1, "status": "OK", "count": 1}""");
        await node.ExpectAsync(
            ProbeLines.Unary(2, "Answer", """ "window": 1, "request": {"text": "a"} """),
            """{"type": "grpc_call_ok", "in_reply_to": 2, "status": "OK", "response": {"text": "a"}}""");
    }

    [Fact]
    public async Task A_call_that_waits_for_credit_holds_up_no_other()
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(
            ProbeLines.Watch(1, "Count", """ "window": 1, "request": {"count": 3} """),
            """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 1, "data": {"value": 1}}""");
        await node.ExpectAsync(
            [ProbeLines.Bidi(2, "Echo", """ "window": 1 """), ProbeLines.Text("s1", "a", 3), ProbeLines.Watch(4, "Count", """ "request": {"count": 1} """)],
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 2, "stream_id": "s1"}""",
            """{"type": "grpc_window_update", "in_reply_to": 2, "stream_id": "s1", "credit": 1}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 3, "data": {"text": "a"}}""",
            """{"type": "grpc_stream_msg", "in_reply_to": 4, "seq": 1, "data": {"value": 1}}""",
            """{"type": "grpc_stream_end", "in_reply_to": 4, "status": "OK", "count": 1}""");
    }

    [Fact]
    public async Task Credit_can_be_given_by_stream_and_not_to_a_call_without_a_window()
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(
            [ProbeLines.Bidi(1, "EchoThrice", """ "window": 1 """), ProbeLines.Text("s1", "a", 2)],
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""",
            """{"type": "grpc_window_update", "in_reply_to": 1, "stream_id": "s1", "credit": 1}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 2, "data": {"text": "a"}}""");
        await node.ExpectAsync(
            RunningNode.Line("""{"type": "grpc_window_update", "stream_id": "s1", "credit": 2}"""),
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 2, "data": {"text": "a"}}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 2, "data": {"text": "a"}}""");
        await node.ExpectAsync(
            [ProbeLines.Bidi(5, "Echo"), RunningNode.Line("""{"type": "grpc_window_update", "msg_id": 6, "call": 5, "credit": 1}""")],
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 5, "stream_id": "s2"}""",
            """{"type": "error", "in_reply_to": 6, "code": 22, "text": "the call has no flow control: open it with a window to give it credit"}""");
    }

    [Theory]
    [InlineData(1, new[] { 1, 1, 1, 1, 1 })]
    [InlineData(2, new[] { 1, 1, 1, 1, 1 })]
    [InlineData(3, new[] { 0, 2, 0, 2, 0 })]
    [InlineData(4, new[] { 0, 2, 0, 2, 0 })]
    [InlineData(5, new[] { 0, 0, 3, 0, 0 })]
    [InlineData(2_147_483_647, new[] { 0, 0, 0, 0, 0 })]
    public async Task Room_is_told_in_one_message_when_half_the_window_is_free_again(int window, int[] toldAfterEach)
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(
            ProbeLines.Bidi(1, "EchoAtGate", $"\"window\": {window}"), """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        foreach (var credit in toldAfterEach)
        {
            node.Feed(ProbeLines.Text("s1", "a", 2));
            node.Probe.Gate().Let(1);
            if (credit > 0)
            {
                (await node.HearAsync()).Should().Be($$"""{"type": "grpc_window_update", "in_reply_to": 1, "stream_id": "s1", "credit": {{credit}}}""");
            }

            (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_recv", "in_reply_to": 2, "data": {"text": "a"}}""");
            node.Feed(ProbeLines.Credit(1, 1));
        }

        await node.ExpectSilenceAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(Backlog.MaxMessages)]
    [InlineData(Backlog.MaxMessages + 1)]
    [InlineData(5_000)]
    public async Task A_client_may_send_its_window_and_not_one_more(int window)
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.Bidi(1, "EchoDeaf", $"\"window\": {window}"));
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        node.Feed(Enumerable.Repeat(ProbeLines.Text("s1", "a"), window));
        await node.ExpectSilenceAsync();
        await node.ExpectAsync(
            [ProbeLines.Text("s1", "a", 2), ProbeLines.Text("s1", "a", 3)],
            $$"""{"type": "grpc_stream_end", "in_reply_to": 1, "stream_id": "s1", "status": "RESOURCE_EXHAUSTED", "message": "the client sent more than its window of {{window}} messages allows: {{window}} are not taken yet", "count": 0}""",
            """{"type": "error", "in_reply_to": 3, "code": 22, "text": "stream s1 is CLOSED: it has ended"}""");
    }

    [Fact]
    public async Task A_window_is_no_way_around_the_bound_on_waiting_bytes()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.Bidi(1, "EchoDeaf", """ "window": 2147483647 """));
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");

        // Messages without a byte take memory too.
        var empty = RunningNode.Line("""{"type": "grpc_bidi_stream_send", "stream_id": "s1"}""");
        node.Feed(Enumerable.Repeat(empty, Backlog.MaxBytes / Backlog.MessageOverheadBytes));
        await node.ExpectSilenceAsync();
        await node.ExpectAsync(
            empty,
            """{"type": "grpc_stream_end", "in_reply_to": 1, "stream_id": "s1", "status": "RESOURCE_EXHAUSTED", "message": "too many bytes wait for handlers, whatever the window: 4194304 of this stream, which may have 4194304, and of all streams 67108864 at most", "count": 0}""");
    }

    [Fact]
    public async Task Without_a_window_a_stream_holds_reading_until_its_handler_takes_a_message()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        node.Feed(ProbeLines.Bidi(1, "EchoAtGate"));
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        node.Feed(Enumerable.Repeat(ProbeLines.Text("s1", "a", 2), Backlog.MaxMessages));
        await node.ExpectSilenceAsync();

        node.Feed(ProbeLines.Text("s1", "b", 3), ProbeLines.Echo(4));
        await time.TimerSetAsync(Backlog.MaxHold);
        time.Advance(Backlog.MaxHold - TimeSpan.FromTicks(1));
        node.Output.Lines.TryPeek(out _).Should().BeFalse("nothing is read while the stream is full");

        node.Probe.Gate().Let(1);
        var answers = new[] { await node.HearAsync(), await node.HearAsync() };
        answers.Should().BeEquivalentTo(
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 2, "data": {"text": "a"}}""",
            """{"type": "echo_ok", "in_reply_to": 4, "echo": 4}""");
    }

    [Fact]
    public async Task Without_a_window_a_stream_that_holds_reading_too_long_ends_and_reading_goes_on()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        node.Feed(ProbeLines.Bidi(1, "EchoDeaf"));
        node.Feed(Enumerable.Repeat(ProbeLines.Text("s1", "a"), Backlog.MaxMessages));
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        await node.ExpectSilenceAsync();

        node.Feed(ProbeLines.Text("s1", "one more"), ProbeLines.Echo(4), ProbeLines.Text("s1", "and another", 5));
        await time.TimerSetAsync(Backlog.MaxHold);
        time.Advance(Backlog.MaxHold);
        (await node.HearAsync()).Should().Be("""{"type": "grpc_stream_end", "in_reply_to": 1, "stream_id": "s1", "status": "RESOURCE_EXHAUSTED", "message": "the handler took none of its 1024 waiting messages for 5 s; open the stream with a window to know how many it can take", "count": 0}""");
        (await node.HearAsync()).Should().Be("""{"type": "echo_ok", "in_reply_to": 4, "echo": 4}""");
        (await node.HearAsync()).Should().Be("""{"type": "error", "in_reply_to": 5, "code": 22, "text": "stream s1 is CLOSED: it has ended"}""");
    }

    [Fact]
    public async Task Time_in_which_stdout_is_blocked_does_not_count()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        node.Feed(ProbeLines.Bidi(1, "EchoDeaf"));
        node.Feed(Enumerable.Repeat(ProbeLines.Text("s1", "a"), Backlog.MaxMessages));
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        await node.ExpectSilenceAsync();

        // The stream holds the reader, and then a flood of another call fills the output that nobody reads.
        node.Feed(ProbeLines.Watch(5, "CountLater", """ "metadata": {"gate": "flood"}, "request": {"count": 20000} """));
        await node.Probe.Gate("flood").ArrivedAsync();
        node.Feed(ProbeLines.Text("s1", "one more"));
        await time.TimerSetAsync(Backlog.MaxHold);
        node.Output.Block();
        node.Probe.Gate("flood").Open();
        await node.Output.HeldAsync();
        await node.FullAsync();
        for (var minute = TimeSpan.Zero; minute < TimeSpan.FromMinutes(1); minute += Backlog.MaxHold)
        {
            time.Advance(Backlog.MaxHold);
            await time.TimerSetAsync(Backlog.MaxHold);
        }

        node.Output.Unblock();
        for (var seq = 1; seq <= 20_000; seq++)
        {
            (await node.HearAsync()).Should().StartWith($$"""{"type": "grpc_stream_msg", "in_reply_to": 5, "seq": {{seq}}, """);
        }

        (await node.HearAsync()).Should().StartWith("""{"type": "grpc_stream_end", "in_reply_to": 5, "status": "OK", """);
        time.Advance(Backlog.MaxHold);
        (await node.HearAsync()).Should().Contain("RESOURCE_EXHAUSTED");
        await node.ExpectSilenceAsync();
    }

    [Fact]
    public async Task A_call_may_end_while_it_holds_the_reader()
    {
        // The reader looks at the clock while it waits for the stream's handler; right there the handler ends the call, on a
        // thread that takes the writer's lock first, and the call's gate after it.
        var time = new HookedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        node.Feed(ProbeLines.Bidi(1, "EchoDeaf"));
        node.Feed(Enumerable.Repeat(ProbeLines.Text("s1", "a"), Backlog.MaxMessages));
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        await node.ExpectSilenceAsync();
        var call = node.Node.Environment.Registry.SnapshotLive().Should().ContainSingle().Subject;
        var ender = new Thread(() => call.End(new Status(StatusCode.Aborted, "ended meanwhile"))) { IsBackground = true };
        time.OnNextTimestamp(() => time.OnNextTimestamp(() =>
        {
            ender.Start();
            SpinWait.SpinUntil(() => ender.ThreadState.HasFlag(ThreadState.WaitSleepJoin) || !ender.IsAlive);
        }));
        await node.ExpectAsync(
            [ProbeLines.Text("s1", "one more"), ProbeLines.Echo(4)],
            """{"type": "grpc_stream_end", "in_reply_to": 1, "stream_id": "s1", "status": "ABORTED", "message": "ended meanwhile", "count": 0}""",
            """{"type": "echo_ok", "in_reply_to": 4, "echo": 4}""");
    }

    [Fact]
    public async Task A_blocked_stdout_stops_reading_and_memory_stays_bounded()
    {
        await using var node = await RunningNode.StartAsync();
        node.Output.Block();
        var line = RunningNode.Line($$"""{"type": "echo", "msg_id": 1, "echo": "{{new string('x', 1000)}}"}""");
        var chunk = System.Text.Encoding.UTF8.GetBytes(line + "\n");
        const int Count = 20_000;
        for (var count = 0; count < Count; count++)
        {
            node.FeedBytes(chunk);
        }

        await node.Output.HeldAsync();
        await node.FullAsync();
        node.Input.Waiting.Should().BeGreaterThan(Count - (3 * EnvelopeWriter.HighWaterBytes / 1000), "what cannot be answered is not read");
        node.Output.Unblock();
        (await node.EndAsync()).Should().HaveCount(Count);
    }

    [Fact]
    public async Task A_handler_that_yields_without_end_and_without_waiting_leaves_the_reader_to_the_others()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.Watch(1, "Flood"), ProbeLines.Echo(2), ProbeLines.Cancel(1, 3));
        var ends = new List<string>();
        var seq = 0;
        while (ends.Count < 3)
        {
            var said = await node.HearAsync();
            if (said == $$$"""{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": {{{seq + 1}}}, "data": {"value": {{{seq + 1}}}}}""")
            {
                seq++;
            }
            else
            {
                ends.Add(said);
            }
        }

        ends.Should().Equal(
            """{"type": "echo_ok", "in_reply_to": 2, "echo": 2}""",
            $$"""{"type": "grpc_stream_end", "in_reply_to": 1, "status": "CANCELLED", "message": "the client cancelled the call", "count": {{seq}}}""",
            """{"type": "grpc_cancel_ok", "in_reply_to": 3}""");
        await node.ExpectSilenceAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"window\": 100")]
    public async Task A_message_for_a_handler_that_waits_for_it_is_never_too_many(string window)
    {
        // 16 deaf streams hold all the bytes that may wait; what the echo gets does not have to wait.
        await using var node = await RunningNode.StartAsync(time: new ObservedTime());
        await node.ExpectAsync(ProbeLines.Bidi(1, "Echo", window), """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        const int Streams = Backlog.MaxBytesOfAll / Backlog.MaxBytes;
        for (var stream = 2; stream < Streams + 2; stream++)
        {
            var half = ProbeLines.Text($"s{stream}", "a").Replace("\"a\"", "\"a\"" + new string(' ', Backlog.MaxBytes / 2), StringComparison.Ordinal);
            await node.ExpectAsync(
                [ProbeLines.Bidi(stream, "EchoDeaf", window), half, half],
                $$"""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": {{stream}}, "stream_id": "s{{stream}}"}""");
        }

        node.Feed(ProbeLines.Text("s1", "through", 50));
        if (window.Length > 0)
        {
            node.Feed(Enumerable.Range(0, 49).Select(_ => ProbeLines.Text("s1", "through", 50)));
        }

        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_recv", "in_reply_to": 50, "data": {"text": "through"}}""");
    }
}
