using LogWatcher.Tests.Support;

namespace LogWatcher.Tests;

/// <summary>More files than the node may have open.</summary>
[Trait("Node", "executable")]
public sealed class OpenFileLimitTests : IDisposable
{
    private const int Limit = 250;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_opens_as_many_as_it_may_ask_for()
    {
        Write(0, Limit + 50);
        using var node = NodeProcess.StartLimited($"-Sn {Limit}", "--logs", _folder.Path).Initialise();
        node.Send(ChatLines.Watch(2, ""));
        for (var number = 0; number < Limit + 50; number++)
        {
            node.ReadLine().Should().Contain("\"msg\": \"line of");
        }

        node.ReadLine().Should().Contain("\"status\": \"OK\"");
    }

    [Fact]
    public void It_says_so_if_there_are_more_and_goes_on()
    {
        Write(0, Limit + 50);
        using var node = NodeProcess.StartLimited($"-n {Limit}", "--logs", _folder.Path).Initialise();
        node.Send(ChatLines.Watch(2, ""));
        node.ReadLine().Should().Contain("\"status\": \"RESOURCE_EXHAUSTED\", \"message\": \"too many files are open");
        node.Send(ChatLines.Watch(3, "\"sources\":[\"1.log\"]"));
        node.ReadLine().Should().Contain("\"msg\": \"line of 1\"");
        node.ReadLine().Should().Contain("\"status\": \"OK\"");
        node.EndInput();
        node.WaitForExit().Should().Be(0);
    }

    [Fact]
    public void It_ends_a_watch_that_more_files_come_to_than_it_can_follow()
    {
        Write(0, 1);
        using var node = NodeProcess.StartLimited($"-n {Limit}", "--logs", _folder.Path).Initialise();
        node.Send(ChatLines.Watch(2, "\"follow\":true"));
        node.ReadLine().Should().Contain("\"msg\": \"line of 0\"");
        Write(1, Limit + 50);
        string line;
        do
        {
            line = node.ReadLine()!;
        }
        while (line.Contains("\"msg\": \"line of", StringComparison.Ordinal));
        line.Should().Contain("\"status\": \"RESOURCE_EXHAUSTED\", \"message\": \"too many files are open");
    }

    private void Write(int from, int to)
    {
        for (var number = from; number < to; number++)
        {
            _folder.Write($"{number}.log", $"line of {number}\n");
        }
    }
}
