using LogWatcher.Tests.Support;

namespace LogWatcher.Tests;

/// <summary>The process: its arguments, its exit codes, what it says on stderr, and what it does when a stream ends under it.</summary>
[Trait("Node", "executable")]
public sealed class ProgramTests
{
    [Fact]
    public void Without_input_it_says_nothing_and_exits_0()
    {
        var result = NodeProcess.Run("");

        result.ExitCode.Should().Be(0);
        result.Output.Should().BeEmpty();
        result.Errors.Should().BeEmpty();
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--verbose --help")]
    public void Help_goes_to_stdout(string arguments)
    {
        var result = NodeProcess.Run(ChatLines.Init, arguments.Split(' '));

        result.ExitCode.Should().Be(0);
        result.OutputLines[0].Should().StartWith("usage: logwatcher [--logs PATH]...");
        result.OutputLines.Should().Contain(line => line.Contains("--grace SECONDS", StringComparison.Ordinal));
        result.Errors.Should().BeEmpty();
    }

    [Fact]
    public void Version_is_one_line()
    {
        var result = NodeProcess.Run("", "--version");

        result.ExitCode.Should().Be(0);
        result.OutputLines.Should().ContainSingle().Which.Should().MatchRegex(@"^logwatcher \d+\.\d+\.\d+ \(\.NET \d+\.\d+\.\d+(, machine code)?\)$");
    }

    [Theory]
    [InlineData("--nonsense", "unknown argument \"--nonsense\"")]
    [InlineData("file.log", "unknown argument \"file.log\"")]
    [InlineData("-v", "unknown argument \"-v\"")]
    [InlineData("--help=yes", "--help takes no value")]
    [InlineData("--logs", "--logs needs a value")]
    [InlineData("--logs=", "--logs needs a value that is not empty")]
    [InlineData("--max-line-bytes", "--max-line-bytes needs a value")]
    [InlineData("--max-line-bytes 63", "--max-line-bytes must be an integer from 64 to 1073741824, not \"63\"")]
    [InlineData("--max-line-bytes 1073741825", "--max-line-bytes must be an integer from 64 to 1073741824, not \"1073741825\"")]
    [InlineData("--max-line-bytes=4k", "--max-line-bytes must be an integer from 64 to 1073741824, not \"4k\"")]
    [InlineData("--max-calls 0", "--max-calls must be an integer from 1 to 1000000, not \"0\"")]
    [InlineData("--max-calls=-1", "--max-calls must be an integer from 1 to 1000000, not \"-1\"")]
    [InlineData("--watch-queue", "--watch-queue needs a value")]
    [InlineData("--watch-queue 0", "--watch-queue must be an integer from 1 to 1000000, not \"0\"")]
    [InlineData("--watch-queue=1000001", "--watch-queue must be an integer from 1 to 1000000, not \"1000001\"")]
    [InlineData("--watch-queue=many", "--watch-queue must be an integer from 1 to 1000000, not \"many\"")]
    [InlineData("--grace -1", "--grace must be seconds from 0 to 86400, not \"-1\"")]
    [InlineData("--grace 86401", "--grace must be seconds from 0 to 86400, not \"86401\"")]
    [InlineData("--grace soon", "--grace must be seconds from 0 to 86400, not \"soon\"")]
    public void Bad_arguments_exit_2_with_one_line_that_names_them_and_the_usage(string arguments, string text)
    {
        var result = NodeProcess.Run("", arguments.Split(' '));

        result.ExitCode.Should().Be(2);
        result.Output.Should().BeEmpty();
        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith("logwatcher: " + text + "; usage: logwatcher ");
    }

    [Fact]
    public void A_log_that_is_not_there_exits_1_with_one_line_that_names_it()
    {
        var result = NodeProcess.Run(ChatLines.Init, "--logs", "/nowhere/app.log");

        result.ExitCode.Should().Be(1);
        result.Output.Should().BeEmpty();
        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith("logwatcher: ").And.Contain("/nowhere/app.log");
    }

    [Theory]
    [InlineData("--files")]
    [InlineData("--story")]
    public void What_a_service_needs_and_is_not_there_exits_1_with_one_line_that_names_it(string option)
    {
        var result = NodeProcess.Run(ChatLines.Init, option, "/nowhere/at-all");

        result.ExitCode.Should().Be(1);
        result.Output.Should().BeEmpty();
        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith("logwatcher: ").And.Contain("/nowhere/at-all");
    }

    /// <summary>A pipe would be waited for, maybe for ever.</summary>
    [Theory]
    [InlineData("--story", "/dev/zero")]
    [InlineData("--story", "/dev")]
    [InlineData("--files", "/etc/passwd")]
    public void What_a_service_needs_and_is_something_else_exits_1_with_one_line_that_names_it(string option, string path)
    {
        var result = NodeProcess.Run(ChatLines.Init, option, path);

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith("logwatcher: ").And.Contain(path + " is no");
    }

    [Fact]
    public void Options_reach_the_node()
    {
        var result = NodeProcess.Run(
            string.Join('\n', ChatLines.Init, ChatLines.Open(2), ChatLines.Open(3), ChatLines.Of("{\"type\":\"echo\",\"msg_id\":4,\"echo\":\"" + new string('x', 300) + "\"}")),
            "--max-line-bytes=256", "--max-calls", "1", "--grace=0.5", "--grace", "1", "--watch-queue=1", "--watch-queue", "1000000");

        result.ExitCode.Should().Be(0);
        result.OutputLines[2].Should().Contain("RESOURCE_EXHAUSTED");
        result.OutputLines[3].Should().Contain("the line is longer than 256 bytes");
    }

    [Fact]
    public void Verbose_tells_of_each_call_that_ends()
    {
        var result = NodeProcess.Run(string.Join('\n', ChatLines.Init, ChatLines.Open(2), ChatLines.Close(3, "s1")), "--verbose");

        result.OutputLines.Should().HaveCount(3);
        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith("logwatcher: ").And.Contain("BiDiChat").And.Contain("OK");
    }

    [Fact]
    public void Every_line_is_answered_while_the_input_stays_open()
    {
        using var node = NodeProcess.Start().Initialise();

        foreach (var msgId in Enumerable.Range(2, 20))
        {
            node.Send(ChatLines.Echo(msgId));
            node.ReadLine().Should().Contain($"\"in_reply_to\": {msgId}, ");
        }

        node.EndInput();
        node.ReadLineOrNull().Should().BeNull();
        node.WaitForExit().Should().Be(0);
    }

    [Fact]
    public void A_deadline_ends_its_call_and_the_node_goes_on()
    {
        using var node = NodeProcess.Start().Initialise();

        node.Send(ChatLines.Open(2, ",\"timeout_ms\":1"));
        node.ReadLine().Should().Contain("grpc_bidi_stream_open_ok");
        node.ReadLine().Should().Contain(
            "\"type\": \"grpc_stream_end\", \"in_reply_to\": 2, \"stream_id\": \"s1\", \"status\": \"DEADLINE_EXCEEDED\", \"message\": \"the deadline of 1 ms has passed\", \"count\": 0, ");
        node.Send(ChatLines.Send(3, "s1", "too late"));
        node.ReadLine().Should().Contain("\"in_reply_to\": 3, \"code\": 22, ");
    }

    [Fact]
    public void A_deadline_stands_past_the_end_of_input()
    {
        var result = NodeProcess.Run(string.Join('\n', ChatLines.Init, ChatLines.Watch(2, "\"follow\":true", ",\"timeout_ms\":86400000"), ChatLines.Open(3, ",\"timeout_ms\":86400000")));

        result.ExitCode.Should().Be(0, "calls that wait for what nobody can send end at once, whatever their deadline");
        result.OutputLines[^1].Should().Contain("\"in_reply_to\": 2, \"status\": \"CANCELLED\"");
    }

    [Fact]
    public void The_assemblies_of_the_other_door_are_not_loaded()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var node = NodeProcess.Start().Initialise();
        node.Send(ChatLines.Watch(2, "\"filter\":\"ERROR\",\"limit\":1"));
        node.ReadLine().Should().Contain("disk full");

        var maps = File.ReadAllText($"/proc/{node.Id}/maps");

        maps.Should().Contain("/logwatcher").And.NotContain("AspNetCore").And.NotContain("Microsoft.Extensions");
    }
}
