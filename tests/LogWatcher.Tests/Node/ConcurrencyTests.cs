using System.Text.Json;
using LogWatcher.Node;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>A thousand calls at once, resumed on the pool: lines stay whole, numbers in order, and every call ends once.</summary>
public sealed class ConcurrencyTests
{
    private const int Calls = 1_000;
    private const int MessagesPerCall = 20;

    [Fact]
    public async Task Server_streams_that_resume_on_the_pool_keep_their_lines_whole_and_their_order()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(Enumerable.Range(1, Calls).Select(call => RunningNode.Line(
            $$$"""{"type": "grpc_server_stream", "msg_id": {{{call}}}, "service": "Probe", "method": "Count", "request": {"count": {{{MessagesPerCall}}}, "pool_every": 3}}""",
            src: $"c{call % 7}")));

        var seqs = new long[Calls + 1];
        var ended = new bool[Calls + 1];
        foreach (var body in Bodies(await node.EndAsync(), firstMsgId: 1))
        {
            var call = body.GetProperty("in_reply_to").GetInt32();
            ended[call].Should().BeFalse("nothing comes behind an end");
            if (body.GetProperty("type").GetString() == "grpc_stream_msg")
            {
                body.GetProperty("seq").GetInt64().Should().Be(++seqs[call]);
                body.GetProperty("data").GetProperty("value").GetInt64().Should().Be(seqs[call]);
            }
            else
            {
                body.GetProperty("status").GetString().Should().Be("OK");
                body.GetProperty("count").GetInt64().Should().Be(MessagesPerCall);
                ended[call] = true;
            }
        }

        ended.Skip(1).Should().OnlyContain(isEnded => isEnded);
        seqs.Skip(1).Should().OnlyContain(seq => seq == MessagesPerCall);
    }

    [Fact]
    public async Task Bidi_streams_that_answer_from_the_pool_keep_the_order_of_each()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(Enumerable.Range(1, Calls).Select(call => RunningNode.Line(
            $$"""{"type": "grpc_bidi_stream_open", "msg_id": {{call}}, "service": "Probe", "method": "EchoFromPool"}""")));
        for (var message = 1; message <= MessagesPerCall; message++)
        {
            node.Feed(Enumerable.Range(1, Calls).Select(call => RunningNode.Line(
                $$$"""{"type": "grpc_bidi_stream_send", "stream_id": "s{{{call}}}", "data": {"text": "{{{message}}}"}}""")));
        }

        node.Feed(Enumerable.Range(1, Calls).Select(call => RunningNode.Line(
            $$"""{"type": "grpc_bidi_stream_close", "stream_id": "s{{call}}"}""")));

        var texts = new int[Calls + 1];
        var ends = 0;
        foreach (var body in Bodies(await node.EndAsync(), firstMsgId: 1))
        {
            var call = body.GetProperty("in_reply_to").GetInt32();
            switch (body.GetProperty("type").GetString())
            {
                case "grpc_bidi_stream_recv":
                    body.GetProperty("data").GetProperty("text").GetString().Should().Be($"{++texts[call]}");
                    break;
                case "grpc_stream_end":
                    body.GetProperty("status").GetString().Should().Be("OK");
                    body.GetProperty("count").GetInt64().Should().Be(MessagesPerCall);
                    texts[call].Should().Be(MessagesPerCall);
                    ends++;
                    break;
            }
        }

        ends.Should().Be(Calls);
    }

    [Fact]
    public async Task Cancels_deadlines_and_a_stop_that_rain_on_running_calls_end_each_of_them_once()
    {
        await using var node = await RunningNode.StartAsync(new NodeOptions { Grace = TimeSpan.FromMilliseconds(50) });
        var random = new Random(5);
        for (var call = 1; call <= Calls; call++)
        {
            var (method, timeout) = (random.Next(2) == 0 ? "Flood" : "CountLater", random.Next(3) == 0 ? ", \"timeout_ms\": 1" : "");
            node.Send($$$"""{"type": "grpc_server_stream", "msg_id": {{{call}}}, "service": "Probe", "method": "{{{method}}}", "window": 5, "request": {"count": 3}{{{timeout}}}}""");
            if (random.Next(3) == 0)
            {
                node.Send($$"""{"type": "grpc_cancel", "call": {{random.Next(1, call + 1)}}}""");
            }
        }

        node.Probe.Gate().Open();
        var answers = await node.AskAsync("""{"type": "echo", "msg_id": 5000, "echo": 1}""", src: "last") is var first ? new List<string> { first } : [];
        while (!answers[^1].Contains("\"dest\": \"last\"", StringComparison.Ordinal))
        {
            answers.Add(await node.ReadAsync());
        }

        node.Stop();
        (await node.ExitCode).Should().Be(LineNode.ExitOk);
        answers.AddRange(await node.ReadToEndAsync());

        var ended = new int[Calls + 1];
        foreach (var body in Bodies(answers, firstMsgId: 1))
        {
            if (!body.TryGetProperty("in_reply_to", out var reply) || reply.GetInt32() > Calls)
            {
                continue;
            }

            var call = reply.GetInt32();
            ended[call].Should().Be(0, "nothing comes behind an end");
            ended[call] += body.GetProperty("type").GetString() == "grpc_stream_end" ? 1 : 0;
        }

        ended.Skip(1).Should().OnlyContain(ends => ends == 1);
        node.Node.Environment.Registry.LiveCalls.Should().Be(0);
    }

    /// <summary>The bodies of lines that must be whole, and numbered without a gap.</summary>
    private static IEnumerable<JsonElement> Bodies(IEnumerable<string> lines, long firstMsgId)
    {
        foreach (var line in lines)
        {
            var body = JsonDocument.Parse(line).RootElement.GetProperty("body");
            body.GetProperty("msg_id").GetInt64().Should().Be(firstMsgId++);
            yield return body;
        }
    }
}
