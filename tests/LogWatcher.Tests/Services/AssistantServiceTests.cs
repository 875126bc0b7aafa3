using Google.Protobuf;
using LogWatcher.Logs;
using LogWatcher.Protos.Assistant;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Services;

/// <summary>What of seed 002's assistant takes time or is left to chance, on both doors.</summary>
public sealed class AssistantServiceTests
{
    private const string Head = "{\"src\": \"n1\", \"dest\": \"c1\", \"body\": ";

    [Fact]
    public async Task The_seeds_guessing_game_is_played_to_the_letter()
    {
        (int Guess, string Compared)[] guesses =
        [
            (50, "< true value."), (75, "< true value."), (81, "> true value."), (80, "> true value."), (77, "< true value."),
            (78, "< true value."), (79, "= true value. Congratulations!!!"),
        ];
        var lines = new List<string>
        {
            "> " + RunningNode.Line("""{"type":"grpc_bidi_stream_open","msg_id":1,"service":"AssistantService","method":"GuessInt"}"""),
            "< " + Head + """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1", "msg_id": 1}}""",
        };
        foreach (var (guess, compared) in guesses)
        {
            lines.Add("> " + RunningNode.Line($$$"""{"type":"grpc_bidi_stream_send","msg_id":{{{guess}}},"stream_id":"s1","data":{"guess":{{{guess}}} }}"""));
            lines.Add(
                "< " + Head
                + $$"""{"type": "grpc_bidi_stream_recv", "in_reply_to": {{guess}},"""
                + $$""" "data": {"message": "Your guess {{guess}} {{compared}}", "guess": {{guess}}, "symbol": "{{compared[0]}}"}, """
                + $"\"msg_id\": {(lines.Count / 2) + 1}" + "}}");
        }

        // It is the server that ends the game.
        lines.Add(
            "< " + Head + """{"type": "grpc_stream_end", "in_reply_to": 1, "stream_id": "s1", "status": "OK", "count": 7, "msg_id": 9}}""");
        await ExpectOnBothDoorsAsync(new Conversation(lines), Methods(number: 79), TimeProvider.System);
    }

    [Fact]
    public async Task Any_number_from_1_to_100_is_chosen_and_no_other()
    {
        // By the real source of numbers: in so many games each turns up, but for one series in 10^40.
        const int Games = 10_000;
        var service = new AssistantService(new Pace(1), new Story(path: null), Random.Shared);
        var numbers = new HashSet<int>();
        GuessIntResponse? last = null;
        for (var game = 0; game < Games; game++)
        {
            await foreach (var answer in service.GuessInt(AllGuesses(), new PlainCall()))
            {
                last = answer;
            }

            last!.Symbol.Should().Be("=");
            numbers.Add(last.Guess);
        }

        numbers.Order().Should().Equal(Enumerable.Range(1, 100));

        static async IAsyncEnumerable<GuessIntRequest> AllGuesses()
        {
            await Task.CompletedTask;
            for (var guess = 1; guess <= 100; guess++)
            {
                yield return new GuessIntRequest { Guess = guess };
            }
        }
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(0, 1)]
    public async Task It_counts_a_step_at_a_time_which_is_never_paced(int stepSeconds, int seconds)
    {
        var clock = new ManualTimeProvider();
        await using var node = await RunningNode.StartAsync(methods: Methods(), time: clock);
        await using var server = await RunningServer.StartWithAsync(Methods(), clock);
        await using var client = await server.ConnectAsync();
        var timers = clock.Timers;
        node.Send($$$"""{"type": "grpc_server_stream", "msg_id": 1, "service": "AssistantService", "method": "Count", "request": {"from_val": 6, "step_sec": {{{stepSeconds}}}}}""");
        var call = await CallAsync(client, "Count", new CountRequest { FromVal = 6, StepSec = stepSeconds });
        await RunningNode.UntilAsync(() => clock.Timers == timers + 2);

        for (var count = 7; count <= 9; count++)
        {
            clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            await node.ExpectSilenceAsync();
            clock.Advance(TimeSpan.FromMilliseconds(1));

            (await node.HearAsync()).Should().Be($$$"""{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": {{{count - 6}}}, "data": {"count": {{{count}}}}}""");
            CountResponse.Parser.ParseFrom(await call.NextMessageAsync()).Count.Should().Be(count);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Pace.Default)]
    public async Task Calls_that_take_their_time_go_side_by_side_and_at_the_pace_that_is_said(double pace)
    {
        var clock = new ManualTimeProvider();
        await using var node = await RunningNode.StartAsync(methods: Methods(pace), time: clock);
        await using var server = await RunningServer.StartWithAsync(Methods(pace), clock);
        await using var client = await server.ConnectAsync();
        var timers = clock.Timers;
        var calls = new List<Http2Call>();
        foreach (var (method, id) in new[] { ("ChillA", 1), ("ChillB", 2), ("ChillA", 3), ("ChillB", 4) })
        {
            node.Send($$$"""{"type": "grpc_call", "msg_id": {{{id}}}, "service": "AssistantService", "method": "{{{method}}}", "request": {"id": {{{id}}}}}""");
            calls.Add(await CallAsync(client, method, new ChillMessage { Id = id }));
        }

        await RunningNode.UntilAsync(() => clock.Timers == timers + (2 * calls.Count));
        clock.Advance(TimeSpan.FromSeconds(3 / pace) - TimeSpan.FromMilliseconds(1));
        await node.ExpectSilenceAsync();
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await ExpectAnsweredAsync(2, 4);
        clock.Advance(TimeSpan.FromSeconds(2 / pace) - TimeSpan.FromMilliseconds(1));
        await node.ExpectSilenceAsync();
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await ExpectAnsweredAsync(1, 3);

        async Task ExpectAnsweredAsync(params int[] ids)
        {
            (await Task.WhenAll(node.HearAsync(), node.HearAsync())).Should().BeEquivalentTo(
                ids.Select(id => $$$"""{"type": "grpc_call_ok", "in_reply_to": {{{id}}}, "status": "OK", "response": {"id": {{{id}}}}}"""));
            foreach (var id in ids)
            {
                ChillMessage.Parser.ParseFrom(await calls[id - 1].NextMessageAsync()).Id.Should().Be(id);
                (await calls[id - 1].EndAsync()).Should().Be(("OK", null));
            }
        }
    }

    [Fact]
    public async Task A_story_of_ones_own_is_told_in_chunks_of_1024_bytes_and_then_the_server_cancels()
    {
        using var folder = new TempFolder();
        var text = string.Concat(Enumerable.Range(0, 500).Select(number => $"ä{number:D3}"));
        var service = new AssistantService(new Pace(1_000_000), new Story(folder.Write("story.txt", text)), Random.Shared);
        var chunks = new List<ByteString>();

        var telling = async () =>
        {
            await foreach (var chunk in service.TellStory(new TellStoryRequest { UserName = "Peter", Institution = "SUSTech" }, new PlainCall()))
            {
                chunks.Add(chunk.TextChunk);
            }
        };

        (await telling.Should().ThrowAsync<RpcException>()).Which.Status.Code.Should().Be(StatusCode.Cancelled);
        chunks[0].ToStringUtf8().Should().Be("Hi Peter from SUSTech! Here's your story:\n\n");
        chunks[^1].ToStringUtf8().Should().Be("\nThat's it! Hope you like the story~\n\n");
        chunks[1..^1].Select(chunk => chunk.Length).Should().Equal(1024, 1024, 452);
        ByteString.CopyFrom([.. chunks[1..^1].SelectMany(chunk => chunk)]).ToStringUtf8().Should().Be(text);
    }

    private static async Task ExpectOnBothDoorsAsync(Conversation conversation, MethodTable methods, TimeProvider time)
    {
        await using var node = await RunningNode.StartAsync(methods: methods, time: time);
        foreach (var line in conversation.Lines)
        {
            if (line.StartsWith(Conversation.Said))
            {
                node.Feed(line[2..]);
            }
            else
            {
                (await node.ReadAsync()).Should().Be(line[2..]);
            }
        }

        await using var server = await RunningServer.StartWithAsync(methods, time);
        await using var client = await server.ConnectAsync();
        await new Http2Conversation(client, methods).HoldAsync(conversation);
    }

    private static async Task<Http2Call> CallAsync(FrameClient client, string method, IMessage request)
    {
        var its = Methods().Find("AssistantService", method);
        var call = new Http2Call(client, its, await client.OpenAsync("/" + its.FullName));
        await call.SendAsync(request, isLast: true);
        return call;
    }

    private static MethodTable Methods(double pace = 1, int number = 1) =>
        AllServices.Register(new MethodTable(), LogSet.Sample, new ServiceOptions { Pace = new Pace(pace), Random = new Chosen(number) });

    /// <summary>Chance that is none.</summary>
    private sealed class Chosen(int number) : Random
    {
        public override int Next(int minValue, int maxValue) => number;
    }
}
