using System.Text;
using LogWatcher.Node;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests;

/// <summary>Streams that end, block or are no pipes, and signals: as a shell would bring them about. Not on Windows.</summary>
[Trait("Node", "executable")]
public sealed class StreamsAndSignalsTests
{
    // Answers of so many bytes fill every pipe and buffer between the node and a reader that does not read.
    private const int FloodBytes = 64 * 1024 * 1024;

    public static TheoryData<int, int> Signals() => new() { { NodeProcess.Sigterm, 143 }, { NodeProcess.Sigint, 130 } };

    [Theory]
    [MemberData(nameof(Signals))]
    public void A_signal_ends_an_idle_node_with_0(int signal, int _)
    {
        using var node = NodeProcess.Start().Initialise();

        node.Signal(signal);

        node.WaitForExit().Should().Be(0);
        node.ReadLineOrNull().Should().BeNull();
        node.Errors.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public void A_signal_ends_endless_calls_at_once(int signal, int _)
    {
        // Were the call not known to be endless, the grace would outlast the test.
        using var node = NodeProcess.Start("--grace", "86400").Initialise();
        node.Send(ChatLines.Watch(2, "\"filter\":\"timeout\",\"follow\":true"));
        node.ReadLine().Should().Contain("grpc_stream_msg");

        node.Signal(signal);

        node.ReadLine().Should().Contain("\"in_reply_to\": 2, \"status\": \"UNAVAILABLE\", \"message\": \"the node is stopping\", \"count\": 1, ");
        node.WaitForExit().Should().Be(0);
        node.Errors.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public void A_running_call_gets_the_grace_and_then_UNAVAILABLE(int signal, int _)
    {
        using var node = NodeProcess.Start("--grace", "0.2").Initialise();
        node.Send(ChatLines.Open(2));
        node.ReadLine();

        node.Signal(signal);

        node.ReadLine().Should().Contain("\"in_reply_to\": 2, \"stream_id\": \"s1\", \"status\": \"UNAVAILABLE\", \"message\": \"the node has stopped\", ");
        node.WaitForExit().Should().Be(0);
        node.Errors.Should().BeEmpty();
    }

    [Fact]
    public void In_the_grace_running_calls_can_finish_and_new_ones_are_refused()
    {
        using var node = NodeProcess.Start("--grace", "86400").Initialise();
        node.Send(ChatLines.Open(2));
        node.ReadLine();
        node.Send(ChatLines.Watch(3, "\"filter\":\"timeout\",\"follow\":true"));
        node.ReadLine();
        node.Signal(NodeProcess.Sigterm);
        node.ReadLine().Should().Contain("\"in_reply_to\": 3, \"status\": \"UNAVAILABLE\"", "then the signal has been heard");

        node.Send(ChatLines.Open(4));
        node.ReadLine().Should().Contain("\"in_reply_to\": 4, \"status\": \"UNAVAILABLE\", \"message\": \"the node is stopping\", \"count\": 0, ");
        node.Send(ChatLines.Send(5, "s1", "still there"));
        node.ReadLine().Should().Contain("\"echo: still there\"");
        node.Send(ChatLines.Close(6, "s1"));
        node.ReadLine().Should().Contain("\"in_reply_to\": 6, \"stream_id\": \"s1\", \"status\": \"OK\", \"count\": 1, ");
        node.WaitForExit().Should().Be(0, "with its last call the node is done, however long the grace");
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public void A_second_signal_ends_it_at_once(int signal, int exitCode)
    {
        using var node = NodeProcess.Start("--grace", "86400").Initialise();
        node.Send(ChatLines.Open(2));
        node.ReadLine();
        node.Send(ChatLines.Watch(3, "\"filter\":\"timeout\",\"follow\":true"));
        node.ReadLine();
        node.Signal(signal);
        node.ReadLine().Should().Contain("UNAVAILABLE", "then the first signal has been heard, and s1 has its grace");

        node.Signal(signal);

        node.WaitForExit().Should().Be(exitCode);
    }

    [Fact]
    public void A_second_signal_may_be_another()
    {
        using var node = NodeProcess.Start("--grace", "86400").Initialise();
        node.Send(ChatLines.Open(2));
        node.ReadLine();
        node.Send(ChatLines.Watch(3, "\"filter\":\"timeout\",\"follow\":true"));
        node.ReadLine();
        node.Signal(NodeProcess.Sigterm);
        node.ReadLine();

        node.Signal(NodeProcess.Sigint);

        node.WaitForExit().Should().Be(130);
    }

    [Fact]
    public void When_the_reader_of_stdout_goes_the_node_goes_quietly()
    {
        using var node = NodeProcess.Start().Initialise();

        node.CloseOutput();
        node.Send(ChatLines.Echo(2));

        node.WaitForExit().Should().Be(0, "stdin is still open");
        node.Errors.Should().BeEmpty();
    }

    [Fact]
    public void Head_takes_what_it_wants_of_a_flood()
    {
        using var node = NodeProcess.StartRedirected("| head -n 1");
        node.Send(ChatLines.Init);
        node.ReadLine().Should().Be(ChatLines.InitOk);

        node.Send(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(ChatLines.Echo(2) + "\n", 100_000))));
        node.EndInput();

        node.WaitForExit().Should().Be(0);
        node.Errors.Should().BeEmpty();
    }

    [Fact]
    public async Task When_nobody_reads_stdout_the_node_stops_reading_stays_small_and_says_what_it_could_not_write()
    {
        using var node = NodeProcess.Start("--grace", "0.2").Initialise();
        var line = Encoding.UTF8.GetBytes(ChatLines.Of("{\"type\":\"echo\",\"msg_id\":2,\"echo\":\"" + new string('x', 100_000) + "\"}") + "\n");
        long sent = 0;
        var isStopped = false;
        var flood = Task.Factory.StartNew(
            () =>
            {
                // Once it is told to stop, it may read on, and answers nothing any more: the flood ends with it.
                for (; sent < FloodBytes || Volatile.Read(ref isStopped); Interlocked.Add(ref sent, line.Length))
                {
                    node.Input.Write(line);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        // So much it takes before its bound is reached, and the reader then holds still with what it has, which nothing tells but that it does.
        var before = -1L;
        while ((before < EnvelopeWriter.HighWaterBytes || before != Interlocked.Read(ref sent)) && !flood.IsCompleted)
        {
            before = Interlocked.Read(ref sent);
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        before.Should().BeLessThan(4_000_000, "nobody read the answers");
        Volatile.Write(ref isStopped, true);
        node.Signal(NodeProcess.Sigterm);

        node.WaitForExit().Should().Be(1);
        node.Errors.Should().MatchRegex(@"^logwatcher: stdout is blocked: \d+ lines were not written\n$");
        await flood.Invoking(task => task).Should().ThrowAsync<IOException>("the node has gone before it read all");
    }

    [Fact]
    public void Stdout_and_stderr_may_be_the_same_file()
    {
        using var folder = new TempFolder();
        var path = folder["log"];
        using (var node = NodeProcess.StartRedirected($"> '{path}' 2>&1"))
        {
            node.Send(string.Join('\n', ChatLines.Init, "not json", ChatLines.Echo(2), "not json", ChatLines.Echo(3)));
            node.EndInput();
            node.WaitForExit().Should().Be(0);
        }

        var lines = File.ReadAllLines(path);

        // What goes to which comes in its order; between the two there is none.
        lines.Where(line => line.StartsWith('{')).Should().HaveCount(3).And.StartWith(ChatLines.InitOk);
        lines.Where(line => line.StartsWith("logwatcher: line ", StringComparison.Ordinal)).Should().HaveCount(2);
        lines.Should().HaveCount(5);
    }

    [Theory]
    [InlineData("> /dev/full", "")]
    [InlineData("> /dev/full", "--help")]
    [InlineData(">&-", "")]
    [InlineData(">&-", "--help")]
    public void Stdout_that_can_not_be_written_exits_1_and_says_why(string redirection, string arguments)
    {
        if (!File.Exists("/dev/full"))
        {
            return;
        }

        using var node = NodeProcess.StartRedirected(redirection, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        node.Send(ChatLines.Init);

        node.WaitForExit().Should().Be(1);
        node.Errors.Should().MatchRegex("^logwatcher: stdout can't be written: [^\n]+\n$");
    }

    [Fact]
    public void Stdin_may_be_a_file()
    {
        using var node = NodeProcess.StartRedirected($"< '{Path.Combine(Repository.Golden, "course-bidi.in.jsonl")}'");

        node.ReadLine().Should().Be(ChatLines.InitOk);
        node.WaitForExit().Should().Be(0);
    }

    [Theory]
    [InlineData("< /")]
    [InlineData("<&-")]
    public void Stdin_that_can_not_be_read_exits_1_and_says_why(string redirection)
    {
        using var node = NodeProcess.StartRedirected(redirection);

        node.ReadLineOrNull().Should().BeNull();
        node.WaitForExit().Should().Be(1);
        node.Errors.Should().MatchRegex("^logwatcher: stdin can't be read: [^\n]+\n$");
    }

    [Fact]
    public void Stderr_may_be_closed()
    {
        using var node = NodeProcess.StartRedirected("2>&-");
        node.Send("not json");
        node.Send(ChatLines.Init);

        node.ReadLine().Should().Be(ChatLines.InitOk);
        node.EndInput();
        node.WaitForExit().Should().Be(0);
    }
}
