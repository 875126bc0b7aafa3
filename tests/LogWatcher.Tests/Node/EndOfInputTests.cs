using LogWatcher.Node;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>protocol.md, "Start, end, signals": stdin at its end. The client has gone quiet, not away.</summary>
public sealed class EndOfInputTests
{
    [Fact]
    public async Task A_node_that_was_asked_nothing_exits()
    {
        await using var node = RunningNode.StartRaw();
        (await node.EndAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Calls_that_end_by_themselves_run_to_their_end()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.Unary(1, "Wait", """ "request": {"text": "a"} """), ProbeLines.Watch(2, "CountLater", """ "request": {"count": 1} """));
        node.EndInput();
        await node.Probe.Gate().ArrivedAsync(2);
        node.Probe.Gate().Let(2);
        (await node.ReadToExitAsync()).Select(ProbeLines.Said).Should().BeEquivalentTo(
            """{"type": "grpc_call_ok", "in_reply_to": 1, "status": "OK", "response": {"text": "a"}}""",
            """{"type": "grpc_stream_msg", "in_reply_to": 2, "seq": 1, "data": {"value": 1}}""",
            """{"type": "grpc_stream_end", "in_reply_to": 2, "status": "OK", "count": 1}""");
    }

    [Fact]
    public async Task An_open_bidi_stream_answers_what_was_sent_and_goes_without_a_word_when_it_asks_for_more()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(
            ProbeLines.Bidi(1, "EchoAtGate"),
            ProbeLines.Text("s1", "a", 2),
            ProbeLines.Text("s1", "b", 3),
            ProbeLines.Bidi(4, "Echo"),
            ProbeLines.Bidi(5, "EchoFromPool"),
            ProbeLines.Text("s3", "c"));
        node.EndInput();
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 4, "stream_id": "s2"}""");
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 5, "stream_id": "s3"}""");
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_recv", "in_reply_to": 5, "data": {"text": "c"}}""");
        foreach (var (text, msgId) in new[] { ("a", 2), ("b", 3) })
        {
            node.Probe.Gate().Let(1);
            (await node.HearAsync()).Should().Be($$$"""{"type": "grpc_bidi_stream_recv", "in_reply_to": {{{msgId}}}, "data": {"text": "{{{text}}}"}}""");
        }

        node.Probe.Gate().Let(1);
        (await node.ReadToExitAsync()).Should().BeEmpty("its client has gone quiet, and has been answered");
    }

    [Fact]
    public async Task An_open_client_stream_goes_without_a_word()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.ClientStream(1, "Sum"), ProbeLines.Number("s1", 5, 2), ProbeLines.ClientStream(3, "SumToZero"), ProbeLines.Number("s2", 6), ProbeLines.Number("s2", 0));
        (await node.EndAsync()).Select(ProbeLines.Said).Should().Equal(
            """{"type": "grpc_client_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""",
            """{"type": "grpc_client_stream_open_ok", "in_reply_to": 3, "stream_id": "s2"}""",
            """{"type": "grpc_call_ok", "in_reply_to": 3, "status": "OK", "response": {"value": 6}}""");
    }

    [Fact]
    public async Task A_half_closed_stream_runs_on()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.Bidi(1, "EchoDeaf"), ProbeLines.Text("s1", "a", 2), ProbeLines.CloseBidi("s1", 3), ProbeLines.ClientStream(4, "SumDeaf"), ProbeLines.CloseClientStream("s2"));
        node.EndInput();

        // Only then are both streams closed by their client, and none by its handler before.
        await RunningNode.UntilAsync(() => node.Node.Environment.IsInputEnded);
        await node.Probe.Gate().ArrivedAsync(2);
        node.Probe.Gate().Open();
        (await node.ReadToExitAsync()).Select(ProbeLines.Said).Should().BeEquivalentTo(
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""",
            """{"type": "grpc_client_stream_open_ok", "in_reply_to": 4, "stream_id": "s2"}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 2, "data": {"text": "a"}}""",
            """{"type": "grpc_stream_end", "in_reply_to": 3, "stream_id": "s1", "status": "OK", "count": 1}""",
            """{"type": "grpc_call_ok", "in_reply_to": 4, "status": "OK", "response": {"value": -1}}""");
    }

    [Fact]
    public async Task An_endless_call_is_cancelled_whether_it_said_so_before_the_end_or_after()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.Watch(1, "Tick"), ProbeLines.Bidi(2, "EchoEndless"), ProbeLines.Watch(3, "TickLater", """ "metadata": {"gate": "late"} """));
        (await node.ReadAsync(2)).Should().HaveCount(2);
        await node.Probe.Gate().ArrivedAsync();
        await node.Probe.Gate("late").ArrivedAsync();
        node.EndInput();
        var said = new List<string> { await node.HearAsync(), await node.HearAsync() };
        node.Probe.Gate("late").Open();
        said.AddRange((await node.ReadToExitAsync()).Select(ProbeLines.Said));
        said.Should().BeEquivalentTo(
            """{"type": "grpc_stream_end", "in_reply_to": 1, "status": "CANCELLED", "message": "the input has ended, and this call would never end by itself", "count": 1}""",
            """{"type": "grpc_stream_end", "in_reply_to": 2, "stream_id": "s1", "status": "CANCELLED", "message": "the input has ended, and this call would never end by itself", "count": 0}""",
            """{"type": "grpc_stream_end", "in_reply_to": 3, "status": "CANCELLED", "message": "the input has ended, and this call would never end by itself", "count": 0}""");
    }

    [Fact]
    public async Task A_call_that_waits_for_credit_is_cancelled_whether_it_waited_before_the_end_or_after()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(
            ProbeLines.Watch(1, "Count", """ "window": 1, "request": {"count": 2} """),
            ProbeLines.Watch(2, "CountLater", """ "window": 1, "request": {"count": 2} """),
            ProbeLines.Bidi(3, "EchoThrice", """ "window": 2 """),
            ProbeLines.Text("s1", "a", 4));
        node.EndInput();
        await node.Probe.Gate().ArrivedAsync();
        node.Probe.Gate().Let(1);
        (await node.ReadToExitAsync()).Select(ProbeLines.Said).Should().BeEquivalentTo(
            """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 1, "data": {"value": 1}}""",
            """{"type": "grpc_stream_end", "in_reply_to": 1, "status": "CANCELLED", "message": "the input has ended, and nobody can send the credit this call waits for", "count": 1}""",
            """{"type": "grpc_stream_msg", "in_reply_to": 2, "seq": 1, "data": {"value": 1}}""",
            """{"type": "grpc_stream_end", "in_reply_to": 2, "status": "CANCELLED", "message": "the input has ended, and nobody can send the credit this call waits for", "count": 1}""",
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 3, "stream_id": "s1"}""",
            """{"type": "grpc_window_update", "in_reply_to": 3, "stream_id": "s1", "credit": 1}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 4, "data": {"text": "a"}}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 4, "data": {"text": "a"}}""",
            """{"type": "grpc_stream_end", "in_reply_to": 3, "stream_id": "s1", "status": "CANCELLED", "message": "the input has ended, and nobody can send the credit this call waits for", "count": 2}""");
    }

    [Fact]
    public async Task Deadlines_run_on_behind_the_end()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        node.Feed(ProbeLines.Unary(1, "Persist", """ "timeout_ms": 700 """));
        await node.Probe.Gate().ArrivedAsync();
        node.EndInput();
        time.Advance(TimeSpan.FromMilliseconds(700));
        (await node.HearAsync()).Should().Be("""{"type": "grpc_call_ok", "in_reply_to": 1, "status": "DEADLINE_EXCEEDED", "message": "the deadline of 700 ms has passed"}""");
        node.Probe.Gate().Open();
        (await node.ReadToExitAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task The_last_line_needs_no_line_end()
    {
        await using var node = await RunningNode.StartAsync();
        node.FeedBytes(System.Text.Encoding.UTF8.GetBytes(ProbeLines.Echo(1)));
        (await node.EndAsync()).Select(ProbeLines.Said).Should().Equal("""{"type": "echo_ok", "in_reply_to": 1, "echo": 1}""");
    }

    [Fact]
    public async Task Output_that_is_read_late_is_written_whole_however_long_that_takes()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        node.Output.Block();
        node.Feed(ProbeLines.Echo(1), ProbeLines.Echo(2));
        node.EndInput();
        await node.Output.HeldAsync();
        time.Advance(TimeSpan.FromDays(1));
        node.Output.Unblock();
        (await node.ReadToExitAsync()).Should().HaveCount(2);
    }

    [Fact]
    public async Task A_stdin_that_cannot_be_read_is_an_end_with_a_failure()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.Unary(1, "Wait"));
        await node.Probe.Gate().ArrivedAsync();
        node.Input.Fail(new IOException("the disk is gone"));
        node.Probe.Gate().Open();
        (await node.ReadToExitAsync(LineNode.ExitFailed)).Should().HaveCount(1);
        node.Log.Should().Equal("stdin can't be read: the disk is gone");
    }

    [Fact]
    public async Task A_reader_of_stdout_that_has_gone_ends_the_node_quietly()
    {
        await using var node = await RunningNode.StartAsync();
        node.Output.Break();
        node.Feed(ProbeLines.Watch(1, "Flood"));
        (await node.ReadToExitAsync()).Should().BeEmpty();
        node.Log.Should().BeEmpty();
    }

    [Fact]
    public async Task A_stdout_that_cannot_be_written_is_a_failure()
    {
        await using var node = await RunningNode.StartAsync();
        node.Output.Break(new IOException("no space left"));
        node.Feed(ProbeLines.Echo(1));
        (await node.ReadToExitAsync(LineNode.ExitFailed)).Should().BeEmpty();
        node.Log.Should().Equal("stdout can't be written: no space left");
    }
}
