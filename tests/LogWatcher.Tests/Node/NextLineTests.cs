using System.Globalization;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Node;

/// <summary>
/// A handler that asks for more has the next line carried out before it begins to wait, if that line is its own: nobody but the
/// handler can tell.
/// </summary>
public sealed class NextLineTests(ITestOutputHelper output)
{
    // A read of so many lines at most is carried out before the next: which lines are at hand does not hang on the time.
    private const int MaxLinesARead = 16;

    [Fact]
    public async Task A_handler_waits_once_for_all_messages_of_a_read()
    {
        var chat = new CountingChat();
        var methods = new MethodTable().Add(LogwatcherReflection.Descriptor.Services.Single(service => service.Name == "Chat"), chat);
        await using var node = await RunningNode.StartAsync(methods: methods);
        node.Send("""{"type": "grpc_bidi_stream_open", "msg_id": 1, "service": "Chat", "method": "BiDiChat"}""");
        node.Feed(Enumerable.Range(1, MaxLinesARead).Select(_ => ProbeLines.Text("s1", "a")));
        node.Feed(Enumerable.Range(1, MaxLinesARead).Select(_ => ProbeLines.Text("s1", "b")));
        node.Feed(ProbeLines.CloseBidi("s1"));

        (await node.EndAsync()).Should().HaveCount(1 + (2 * MaxLinesARead) + 1);
        chat.Waits.Should().Be(3, "it waits for each of the two reads, and for the close");
    }

    [Fact]
    public async Task Lines_are_answered_alike_whether_they_come_alone_or_together()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 300; round++)
        {
            var lines = Enumerable.Range(0, random.Next(1, MaxLinesARead + 1)).Select(_ => RandomLine(random)).ToList();
            var alone = await AnswersAsync(lines.Select(line => new[] { line }));
            var together = await AnswersAsync([[.. lines]]);
            together.Should().Equal(alone, "of\n{0}", string.Join('\n', lines));
        }
    }

    [Fact]
    public async Task A_handler_on_another_thread_leaves_the_lines_to_the_reader()
    {
        const int Messages = 20_000;
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.Bidi(1, "EchoFromPool"));
        node.Feed(Enumerable.Range(0, Messages).Select(number => ProbeLines.Text("s1", number.ToString(CultureInfo.InvariantCulture))));
        node.Feed(ProbeLines.CloseBidi("s1"));

        var texts = (await node.EndAsync()).Select(ProbeLines.Said).Where(said => said.Contains("_recv", StringComparison.Ordinal)).ToList();
        texts.Should().HaveCount(Messages);
        texts.Select((said, number) => said.Contains($"\"text\": \"{number}\"", StringComparison.Ordinal)).Should().NotContain(false);
    }

    private static async Task<List<string>> AnswersAsync(IEnumerable<string[]> reads)
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(ProbeLines.Bidi(1, "EchoThrice"));
        node.Feed(ProbeLines.Bidi(2, "Echo", "\"window\": 2"));
        node.Feed(ProbeLines.ClientStream(3, "SumToZero"));
        node.Feed(ProbeLines.Bidi(4, "Echo", "\"encoding\": \"proto\""));
        foreach (var read in reads)
        {
            node.Feed(read);
        }

        return await node.EndAsync();
    }

    private static string RandomLine(Random random)
    {
        var stream = random.Pick("s1", "s1", "s1", "s2", "s2", "s3", "s4", "s5");
        long? msgId = random.Next(2) == 0 ? null : random.Next(10, 1000);
        return random.Next(12) switch
        {
            0 => ProbeLines.CloseBidi(stream, msgId),
            1 => ProbeLines.Cancel(random.Next(1, 6), 7),
            2 => ProbeLines.Echo(8),
            3 => ProbeLines.Number("s3", random.Next(3), msgId),
            4 => ProbeLines.Credit(random.Next(1, 5), 1),
            5 => RunningNode.Line($$"""{"type": "grpc_bidi_stream_send", "stream_id": "{{stream}}", "data": {{random.Pick("7", "{\"text\": 7}", "null", "\"AAAAAAA=\"")}}}"""),
            6 => RunningNode.Line($$$"""{"type": "grpc_bidi_stream_send", "msg_id": -1, "stream_id": "{{{stream}}}", "data": {"text": "x"}}"""),
            7 => ProbeLines.State(random.Next(1, 6), 9),
            _ => ProbeLines.Text(stream, random.Pick("a", "b", "c", "d", "bye", "fail", "crash"), msgId),
        };
    }

    /// <summary>Echoes, and counts how often it had to wait for a message.</summary>
    private sealed class CountingChat
    {
        public int Waits { get; private set; }

        public async IAsyncEnumerable<ChatText> BiDiChat(IAsyncEnumerable<ChatText> requests, CallContext context)
        {
            await using var messages = requests.GetAsyncEnumerator(CancellationToken.None);
            while (true)
            {
                var next = messages.MoveNextAsync();
                Waits += next.IsCompleted ? 0 : 1;
                if (!await next)
                {
                    yield break;
                }

                yield return messages.Current;
            }
        }
    }
}
