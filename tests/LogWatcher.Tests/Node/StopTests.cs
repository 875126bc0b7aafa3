using LogWatcher.Node;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>protocol.md, "Start, end, signals": what a first SIGTERM or SIGINT asks for.</summary>
public sealed class StopTests
{
    private static readonly NodeOptions Options = new();

    // What was said last gets so long once the grace is over, and a handler whose call has ended.
    private static readonly TimeSpan FinalFlush = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task A_node_without_calls_exits_at_once()
    {
        await using var node = await RunningNode.StartAsync(time: new ObservedTime());
        node.Stop();
        (await node.ReadToExitAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task A_node_that_was_asked_nothing_exits_at_once()
    {
        await using var node = RunningNode.StartRaw(time: new ObservedTime());
        node.Stop();
        (await node.ReadToExitAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Endless_calls_end_at_once_new_ones_are_refused_and_running_ones_get_the_grace()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        await node.ExpectAsync(
            [ProbeLines.Watch(1, "Tick"), ProbeLines.Unary(2, "Persist"), ProbeLines.Bidi(3, "Echo"), ProbeLines.Watch(4, "CountLater", """ "metadata": {"gate": "in time"}, "request": {"count": 1} """)],
            """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 1, "data": {"value": 1}}""",
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 3, "stream_id": "s1"}""");
        await node.Probe.Gate().ArrivedAsync(2);
        await node.Probe.Gate("in time").ArrivedAsync();

        node.Stop();
        (await node.HearAsync()).Should().Be("""{"type": "grpc_stream_end", "in_reply_to": 1, "status": "UNAVAILABLE", "message": "the node is stopping", "count": 1}""");
        await time.TimerSetAsync(Options.Grace);
        await node.ExpectAsync(
            [ProbeLines.Unary(5, "Answer"), ProbeLines.Bidi(6, "Echo"), ProbeLines.Text("s1", "still there", 7)],
            """{"type": "grpc_call_ok", "in_reply_to": 5, "status": "UNAVAILABLE", "message": "the node is stopping"}""",
            """{"type": "grpc_stream_end", "in_reply_to": 6, "status": "UNAVAILABLE", "message": "the node is stopping", "count": 0}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 7, "data": {"text": "still there"}}""");
        node.Probe.Gate("in time").Open();
        (await node.HearAsync()).Should().Be("""{"type": "grpc_stream_msg", "in_reply_to": 4, "seq": 1, "data": {"value": 1}}""");
        (await node.HearAsync()).Should().Be("""{"type": "grpc_stream_end", "in_reply_to": 4, "status": "OK", "count": 1}""");

        time.Advance(Options.Grace);
        (await node.HearAsync()).Should().Be("""{"type": "grpc_call_ok", "in_reply_to": 2, "status": "UNAVAILABLE", "message": "the node has stopped"}""");
        (await node.HearAsync()).Should().Be("""{"type": "grpc_stream_end", "in_reply_to": 3, "stream_id": "s1", "status": "UNAVAILABLE", "message": "the node has stopped", "count": 1}""");
        node.Probe.Gate().Open();
        (await node.ReadToExitAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task A_node_whose_calls_end_within_the_grace_waits_no_longer()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        node.Feed(ProbeLines.Unary(1, "Wait"));
        await node.Probe.Gate().ArrivedAsync();
        node.Stop();
        await time.TimerSetAsync(Options.Grace);
        node.Probe.Gate().Open();
        (await node.ReadToExitAsync()).Should().HaveCount(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handler_whose_call_has_ended_may_still_put_away_what_it_holds_but_not_for_ever(bool comesToItsEnd)
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        await node.ExpectAsync(
            [ProbeLines.Unary(1, "Persist"), ProbeLines.Cancel(1, 2)],
            """{"type": "grpc_call_ok", "in_reply_to": 1, "status": "CANCELLED", "message": "the client cancelled the call"}""",
            """{"type": "grpc_cancel_ok", "in_reply_to": 2}""");
        node.EndInput();
        await time.TimerSetAsync(FinalFlush);
        time.Advance(FinalFlush - TimeSpan.FromTicks(1));
        node.Probe.Finished.Should().Be(0);
        node.ExitCode.IsCompleted.Should().BeFalse();
        if (comesToItsEnd)
        {
            node.Probe.Gate().Open();
        }
        else
        {
            time.Advance(TimeSpan.FromTicks(1));
        }

        (await node.ReadToExitAsync()).Should().BeEmpty();
        node.Probe.Finished.Should().Be(comesToItsEnd ? 1 : 0);
    }

    [Fact]
    public async Task A_call_that_says_it_is_endless_while_the_node_stops_ends_there()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        node.Feed(ProbeLines.Watch(1, "TickLater"));
        await node.Probe.Gate().ArrivedAsync();
        node.Stop();
        await time.TimerSetAsync(Options.Grace);
        node.Probe.Gate().Open();
        (await node.ReadToExitAsync()).Select(ProbeLines.Said).Should().Equal(
            """{"type": "grpc_stream_end", "in_reply_to": 1, "status": "UNAVAILABLE", "message": "the node is stopping", "count": 0}""");
    }

    [Fact]
    public async Task A_blocked_stdout_gets_the_grace_and_then_the_node_says_what_it_has_not_written()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        node.Output.Block();
        node.Feed(ProbeLines.Echo(1));
        await node.Output.HeldAsync();
        node.Feed(ProbeLines.Unary(2, "Wait"));
        await node.Probe.Gate().ArrivedAsync();
        node.Stop();
        await time.TimerSetAsync(Options.Grace);
        time.Advance(Options.Grace);
        await time.TimerSetAsync(FinalFlush);
        time.Advance(FinalFlush);
        (await node.ExitCode).Should().Be(LineNode.ExitFailed);
        node.Log.Should().Equal("stdout is blocked: 2 lines were not written");
    }

    [Fact]
    public async Task A_blocked_stdout_gets_the_grace_though_no_call_runs()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        node.Output.Block();
        node.Feed(ProbeLines.Echo(1));
        await node.Output.HeldAsync();
        node.Stop();
        await time.TimerSetAsync(Options.Grace);
        time.Advance(Options.Grace - TimeSpan.FromTicks(1));
        node.Output.Unblock();
        (await node.ReadToExitAsync()).Select(ProbeLines.Said).Should().Equal("""{"type": "echo_ok", "in_reply_to": 1, "echo": 1}""");
        node.Log.Should().BeEmpty();
    }

    [Fact]
    public async Task A_flood_of_input_keeps_no_node_from_exiting()
    {
        // A reader of stdout so slow that, each time it takes some, as much as the node can hold is there again: unless the
        // node, which goes on to read, makes no more.
        const int ManyReads = 100;
        await using var node = await RunningNode.StartAsync(time: new ObservedTime());
        node.Output.BeforeWrite = () =>
        {
            var reads = node.Input.Reads;
            SpinWait.SpinUntil(() => node.Node.Environment.Writer.IsFull || node.Input.Reads > reads + ManyReads);
        };
        var hasExited = false;
        var flood = Task.Run(() =>
        {
            while (!Volatile.Read(ref hasExited))
            {
                if (node.Input.Waiting < ManyReads)
                {
                    node.Feed(Enumerable.Repeat(ProbeLines.Echo(1), 100));
                }
            }
        });
        (await node.HearAsync()).Should().Be("""{"type": "echo_ok", "in_reply_to": 1, "echo": 1}""");
        node.Stop();
        try
        {
            (await node.ExitCode).Should().Be(LineNode.ExitOk);
        }
        finally
        {
            node.Output.BeforeWrite = null;
            Volatile.Write(ref hasExited, true);
            await flood;
        }

        (await node.ReadToEndAsync()).Should().OnlyContain(line => line.Contains("echo_ok", StringComparison.Ordinal));
    }
}
