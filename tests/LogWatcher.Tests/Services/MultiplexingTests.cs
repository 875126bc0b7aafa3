using LogWatcher.Logs;
using LogWatcher.Protos.Assistant;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Services;

/// <summary>Seed 002's measure: two of ChillA (5 s) and two of ChillB (3 s), all at once, take 5 s; with three workers 6 s.</summary>
public sealed class MultiplexingTests
{
    private static readonly TimeSpan A = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan B = TimeSpan.FromSeconds(3);

    private readonly ObservedTime _time = new();
    private readonly ServiceOptions _options = new() { Pace = new Pace(1) };

    [Fact]
    public async Task On_one_pipe_they_take_the_time_of_the_longest()
    {
        await using var node = await StartNodeAsync();
        node.Feed(Calls());
        await Task.WhenAll(_time.TimerSetAsync(A), _time.TimerSetAsync(A), _time.TimerSetAsync(B), _time.TimerSetAsync(B));
        _time.Advance(B);
        (await HearAsync(node, 2)).Should().BeEquivalentTo(["2 OK b2", "4 OK b4"]);
        await node.ExpectSilenceAsync();
        _time.Advance(A - B);
        (await HearAsync(node, 2)).Should().BeEquivalentTo(["1 OK a1", "3 OK a3"]);
    }

    [Fact]
    public async Task On_one_pipe_with_three_workers_they_take_twice_that_of_the_shorter()
    {
        await using var node = await StartNodeAsync(WorkerLimit.Of(3));
        node.Feed(Calls());
        await Task.WhenAll(_time.TimerSetAsync(A), _time.TimerSetAsync(A), _time.TimerSetAsync(B));
        _time.Advance(B);
        (await node.HearAsync()).Should().Contain("\"b2\"");
        await _time.TimerSetAsync(B);
        _time.Advance(A - B);
        (await HearAsync(node, 2)).Should().BeEquivalentTo(["1 OK a1", "3 OK a3"]);
        await node.ExpectSilenceAsync();
        _time.Advance(B + B - A);
        (await HearAsync(node, 1)).Should().Equal("4 OK b4");
    }

    [Fact]
    public async Task On_one_connection_they_take_the_time_of_the_longest()
    {
        await using var server = await RunningServer.StartCountingAsync(_time, services: _options);
        await using var client = await server.ConnectAsync();
        var streams = await OpenAsync(client);
        await Task.WhenAll(_time.TimerSetAsync(A), _time.TimerSetAsync(A), _time.TimerSetAsync(B), _time.TimerSetAsync(B));
        _time.Advance(B);
        (await RepliesAsync(client, streams[1], streams[3])).Should().Equal("b2", "b4");
        client.HasFrame(streams[0]).Should().BeFalse();
        _time.Advance(A - B);
        (await RepliesAsync(client, streams[0], streams[2])).Should().Equal("a1", "a3");
    }

    [Fact]
    public async Task On_one_connection_with_three_workers_they_take_twice_that_of_the_shorter()
    {
        await using var server = await RunningServer.StartCountingAsync(_time, null, _options, WorkerLimit.Of(3));
        await using var client = await server.ConnectAsync();

        // Streams of one connection begin in any order: each of the three has its worker before the next is opened.
        var streams = await OpenAsync(client, async number => await (number < 3 ? _time.TimerSetAsync(number == 1 ? B : A) : Task.CompletedTask));
        _time.Advance(B);
        (await RepliesAsync(client, streams[1])).Should().Equal("b2");
        await _time.TimerSetAsync(B);
        _time.Advance(A - B);
        (await RepliesAsync(client, streams[0], streams[2])).Should().Equal("a1", "a3");
        client.HasFrame(streams[3]).Should().BeFalse();
        _time.Advance(B + B - A);
        (await RepliesAsync(client, streams[3])).Should().Equal("b4");
    }

    [Theory]
    [InlineData("cancel", "CANCELLED")]
    [InlineData("deadline", "DEADLINE_EXCEEDED")]
    public async Task A_call_that_ends_while_it_waits_for_a_worker_gives_way(string end, string status)
    {
        await using var node = await StartNodeAsync(WorkerLimit.Of(1));
        node.Feed(Chill(1, "ChillA", "a1"), Chill(2, "ChillA", "a2", ",\"timeout_ms\":1000"), Chill(3, "ChillB", "b3"));
        await _time.TimerSetAsync(A);
        if (end == "cancel")
        {
            node.Send("""{"type":"grpc_cancel","call":2}""");
        }
        else
        {
            await _time.TimerSetAsync(TimeSpan.FromSeconds(1));
            await node.ExpectSilenceAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        (await node.HearAsync()).Should().Contain("\"in_reply_to\": 2").And.Contain(status);
        _time.Advance(A);
        (await node.HearAsync()).Should().Contain("\"a1\"");
        await _time.TimerSetAsync(B);
        _time.Advance(B);
        (await node.HearAsync()).Should().Contain("\"b3\"");
    }

    private static string[] Calls() => [Chill(1, "ChillA", "a1"), Chill(2, "ChillB", "b2"), Chill(3, "ChillA", "a3"), Chill(4, "ChillB", "b4")];

    private static string Chill(int msgId, string method, string message, string options = "") => ChatLines.Of(
        $$$"""{"type":"grpc_call","msg_id":{{{msgId}}},"service":"AssistantService","method":"{{{method}}}","request":{"message":"{{{message}}}"}{{{options}}}}""");

    private static async Task<List<string>> HearAsync(RunningNode node, int count)
    {
        var said = new List<string>();
        while (said.Count < count)
        {
            var words = (await node.HearAsync()).Split('"', ' ', ',', '{', '}', ':').Where(word => word.Length > 0).ToArray();
            said.Add($"{words[3]} {words[5]} {words[^1]}");
        }

        return said;
    }

    private static async Task<int[]> OpenAsync(FrameClient client, Func<int, Task>? afterEach = null)
    {
        var streams = new List<int>();
        foreach (var (method, message) in new[] { ("ChillA", "a1"), ("ChillB", "b2"), ("ChillA", "a3"), ("ChillB", "b4") })
        {
            streams.Add(await client.OpenAsync("/AssistantService/" + method));
            await client.SendAsync(streams[^1], FrameClient.Framed(new ChillMessage { Message = message }), endStream: true);
            await (afterEach?.Invoke(streams.Count - 1) ?? Task.CompletedTask);
        }

        return [.. streams];
    }

    private static async Task<List<string>> RepliesAsync(FrameClient client, params int[] streams)
    {
        var messages = new List<string>();
        foreach (var stream in streams)
        {
            messages.Add(ChillMessage.Parser.ParseFrom((await client.ReplyAsync(stream)).Framed.Single().Payload).Message);
        }

        return messages;
    }

    private Task<RunningNode> StartNodeAsync(params IReadOnlyList<Interceptor> interceptors) => RunningNode.StartAsync(
        methods: AllServices.Register(new MethodTable(), LogSet.Sample, _options), interceptors: new InterceptorChain(interceptors), time: _time);
}
