using LogWatcher.Logs;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Golden;

/// <summary>
/// Every conversation in <c>Conversations</c> (see <see cref="Conversation"/>), on the line door byte for byte but for what is
/// <see cref="Varying"/>, and over HTTP/2 by the same messages. A new one is a file with a <c>&lt;</c> alone for each answer, and then as with
/// <see cref="GoldenTests"/>.
/// </summary>
[Trait("Node", "executable")]
public sealed class ConversationTests
{
    private static readonly string Folder = Path.Combine(Repository.Golden, "Conversations");
    private static readonly bool IsAccepting = Environment.GetEnvironmentVariable("ACCEPT") == "1";

    public static TheoryData<string> Conversations() => new(Directory.GetFiles(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Conversations))]
    public void The_executable_answers_byte_for_byte(string name)
    {
        var expected = Conversation.Read(Path.Combine(Folder, name));

        var held = expected.Hold(out var result);

        if (IsAccepting)
        {
            File.WriteAllText(Path.Combine(Folder, name), held.Text);
            expected = held;
        }

        held.Text.Should().Be(expected.Text);
        result.Errors.Should().BeEmpty();
        result.ExitCode.Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public async Task The_same_messages_go_over_HTTP2(string name)
    {
        var conversation = Conversation.Read(Path.Combine(Folder, name));
        using var folder = new TempFolder();
        using var server = ServeProcess.Start(["--listen", "http://127.0.0.1:0", .. conversation.Arguments(folder)]);
        await using var client = await FrameClient.ConnectAsync(server.EndPoints[0]);

        await new Http2Conversation(client, Methods()).HoldAsync(conversation);

        server.Process.Signal(NodeProcess.Sigterm);
        server.Process.WaitForExit().Should().Be(0);
        server.Process.Errors.Should().MatchRegex("^logwatcher: listening on [^\n]*\n$", "nothing went wrong");
    }

    [Fact]
    public void Every_method_is_in_a_conversation()
    {
        var lines = Directory.GetFiles(Folder).SelectMany(File.ReadLines).Where(line => line.StartsWith(Conversation.Said)).ToList();

        Methods().Methods
            .Where(method => !lines.Any(line => line.Contains($"\"service\":\"{method.Service}\",\"method\":\"{method.Name}\"", StringComparison.Ordinal)))
            .Select(method => method.FullName).Should().BeEmpty();
    }

    private static MethodTable Methods() => AllServices.Register(new MethodTable(), LogSet.Sample);
}
