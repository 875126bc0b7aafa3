using System.Globalization;
using System.Threading.Tasks.Sources;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Node;

/// <summary>
/// Before a handler is waited for, the next line is carried out if it is its own: nobody can tell.
/// </summary>
public sealed class NextLineTests(ITestOutputHelper output)
{
    // A read of so many lines at most is carried out before the next: which lines are at hand does not hang on the time.
    private const int MaxLinesARead = 16;

    [Fact]
    public async Task A_handler_is_waited_for_once_for_all_messages_of_a_read()
    {
        var chat = new CountingChat();
        await using var node = await StartAsync(chat);
        node.Send("""{"type": "grpc_bidi_stream_open", "msg_id": 1, "service": "Chat", "method": "BiDiChat"}""");
        node.Feed(Enumerable.Range(1, MaxLinesARead).Select(_ => ProbeLines.Text("s1", "a")));
        node.Feed(Enumerable.Range(1, MaxLinesARead).Select(_ => ProbeLines.Text("s1", "b")));
        node.Feed(ProbeLines.CloseBidi("s1"));

        (await node.EndAsync()).Should().HaveCount(1 + (2 * MaxLinesARead) + 1);
        chat.Waits.Should().Be(3, "it is waited for before each of the two reads, and before the close");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_says_all_it_has_to_say_before_it_is_given_the_next_line(bool isOneRead)
    {
        await using var node = await StartAsync(new ChatWithAWelcome());
        node.Send("""{"type": "grpc_bidi_stream_open", "msg_id": 1, "service": "Chat", "method": "BiDiChat"}""");
        string[] lines = [ProbeLines.Text("s1", "a", 2), ProbeLines.Text("s1", "b", 3)];
        foreach (var read in isOneRead ? [lines] : lines.Select(line => new[] { line }))
        {
            node.Feed(read);
        }

        (await node.EndAsync())[1..].Select(ProbeLines.Said).Should().Equal(
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 1, "data": {"text": "your turn"}}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 2, "data": {"text": "a"}}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 2, "data": {"text": "your turn"}}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 3, "data": {"text": "b"}}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 3, "data": {"text": "your turn"}}""");
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_goes_on_in_the_line_of_another_call_leaves_the_next_line_until_that_one_is_answered(bool isOneRead)
    {
        await using var node = await StartAsync(new TurnTakingChat());
        node.Send("""{"type": "grpc_bidi_stream_open", "msg_id": 1, "service": "Chat", "method": "BiDiChat"}""");
        node.Send("""{"type": "grpc_bidi_stream_open", "msg_id": 2, "service": "Chat", "method": "BiDiChat"}""");
        string[] lines = [ProbeLines.Text("s1", TurnTakingChat.Wait, 3), ProbeLines.Text("s2", TurnTakingChat.Wake, 4), ProbeLines.Text("s1", "next", 5)];
        foreach (var read in isOneRead ? [lines] : lines.Select(line => new[] { line }))
        {
            node.Feed(read);
        }

        (await node.EndAsync())[2..].Select(ProbeLines.Said).Should().Equal(
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 3, "data": {"text": "wait"}}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 4, "data": {"text": "wake"}}""",
            """{"type": "grpc_bidi_stream_recv", "in_reply_to": 5, "data": {"text": "next"}}""");
    }

    /// <summary>A node with a chat of its own.</summary>
    private static Task<RunningNode> StartAsync<TChat>(TChat chat)
        where TChat : class => RunningNode.StartAsync(
        methods: new MethodTable().Add(LogwatcherReflection.Descriptor.Services.Single(service => service.Name == "Chat"), chat));

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

    /// <summary>Echoes; a stream that is told to wait goes on in the line that tells another one to wake it.</summary>
    private sealed class TurnTakingChat
    {
        public const string Wait = "wait";
        public const string Wake = "wake";

        private readonly TaskCompletionSource _turn = new();

        public async IAsyncEnumerable<ChatText> BiDiChat(IAsyncEnumerable<ChatText> requests, CallContext context)
        {
            await foreach (var request in requests)
            {
                if (request.Text == Wait)
                {
                    await _turn.Task;
                }
                else if (request.Text == Wake)
                {
                    _turn.SetResult();
                }

                yield return request;
            }
        }
    }

    /// <summary>Echoes, and counts how often whoever writes the answers began to wait for one.</summary>
    private sealed class CountingChat
    {
        public int Waits { get; private set; }

        public IAsyncEnumerable<ChatText> BiDiChat(IAsyncEnumerable<ChatText> requests, CallContext context) => new Answers(this, requests);

        private sealed class Answers(CountingChat chat, IAsyncEnumerable<ChatText> requests)
            : IAsyncEnumerable<ChatText>, IAsyncEnumerator<ChatText>, IValueTaskSource<bool>
        {
            private readonly IAsyncEnumerator<ChatText> _requests = requests.GetAsyncEnumerator(CancellationToken.None);
            private ManualResetValueTaskSourceCore<bool> _next;

            public ChatText Current => _requests.Current;

            public IAsyncEnumerator<ChatText> GetAsyncEnumerator(CancellationToken cancellationToken) => this;

            public ValueTask<bool> MoveNextAsync()
            {
                _next.Reset();
                _ = ReadAsync();
                return new ValueTask<bool>(this, _next.Version);
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;

            public bool GetResult(short token) => _next.GetResult(token);

            public ValueTaskSourceStatus GetStatus(short token) => _next.GetStatus(token);

            public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
            {
                chat.Waits++;
                _next.OnCompleted(continuation, state, token, flags);
            }

            private async Task ReadAsync() => _next.SetResult(await _requests.MoveNextAsync());
        }
    }

    /// <summary>Reads beside its main flow, which says something of its own once the first question is open.</summary>
    private sealed class ChatWithAWelcome
    {
        public async IAsyncEnumerable<ChatText> BiDiChat(IAsyncEnumerable<ChatText> requests, CallContext context)
        {
            await using var messages = requests.GetAsyncEnumerator(CancellationToken.None);
            while (true)
            {
                var next = messages.MoveNextAsync();
                yield return new ChatText { Text = "your turn" };
                if (!await next)
                {
                    yield break;
                }

                yield return messages.Current;
            }
        }
    }
}
