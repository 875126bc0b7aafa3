using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using LogWatcher.Node;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Node;

/// <summary>
/// Transcripts, mutated: whatever comes in, the node lives and is right after each line. Behind every line stands a question
/// of another client, which must be answered to the byte: an echo, or a message into a stream that is open all the while.
/// Every line that comes out must be in the course's form, their numbers without a gap, and to nobody but who has spoken.
/// The log may complain of lines, but tell of no bug. A failure names its seed: LOGWATCHER_TEST_SEED reproduces it.
/// </summary>
public sealed partial class FuzzTests(ITestOutputHelper output)
{
    private const int Rounds = 100;
    private const int LinesPerRound = 1_000;

    // Longer than every question, and shorter than many a mutated line.
    private const int ShortLineBytes = 150;

    private const string ProbeStream = """{"src":"probe","dest":"n1","body":{"type":"grpc_bidi_stream_open","msg_id":1000000,"service":"Probe","method":"Echo"}}""";

    // The first stream is the probe's, so those of c1 begin with s2.
    private static readonly string[] Seeds =
    [
        """{"src":"c1","dest":"n1","body":{"type":"grpc_bidi_stream_open","msg_id":2,"service":"Chat","method":"BiDiChat"}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_bidi_stream_open","msg_id":3,"service":"logwatcher.v1.Chat","method":"BiDiChat","window":2,"timeout_ms":100000}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_bidi_stream_open","msg_id":4,"service":"Chat","method":"BiDiChat","encoding":"proto","compression":"gzip"}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_bidi_stream_send","msg_id":5,"stream_id":"s2","data":{"text":"hello \u00e9\ud83d\ude00"}}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_bidi_stream_send","msg_id":6,"stream_id":"s4","data":"AAAAAAcKBWhlbGxv"}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_bidi_stream_close","msg_id":7,"stream_id":"s2"}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_client_stream_open","msg_id":8,"service":"Chat","method":"BiDiChat"}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_client_stream_send","msg_id":9,"stream_id":"s3","data":{}}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_server_stream","msg_id":10,"service":"LogWatcher","method":"WatchLogs","request":{"filter":"ERROR or (level >= WARN -disk)","limit":2}}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_server_stream","msg_id":11,"service":"LogWatcher","method":"WatchLogs","request":{"follow":true,"sources":["*"]},"metadata":{"a-bin":["AAA="],"b":"c"}}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_call","msg_id":12,"service":"LogWatcher","method":"WatchLogs","request":{}}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_cancel","msg_id":13,"stream_id":"s2"}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_cancel","msg_id":14,"call":10}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_window_update","msg_id":15,"stream_id":"s3","credit":3}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_stream_state","msg_id":16,"call":3}}""",
        """{"src":"c1","dest":"n1","body":{"type":"echo","msg_id":17,"echo":[1,2.50,"x",{"y":null}]}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_client_stream_open","msg_id":18,"service":"Probe","method":"SumToZero","metadata":{"a":"b"}}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_client_stream_send","msg_id":19,"stream_id":"s2","data":{"value":5}}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_client_stream_close","msg_id":20,"stream_id":"s2"}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_call","msg_id":21,"service":"Probe","method":"Inspect","metadata":{"a":["b","c"],"d-bin":"AA=="},"timeout_ms":100000}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_call","msg_id":22,"service":"Probe","method":"Decorate","request":{"headers":[{"key":"a","value":"b"}],"trailers":[{"key":"t-bin","binary":"AA=="}]}}}""",
        """{"src":"c1","dest":"n1","body":{"type":"grpc_bidi_stream_open","msg_id":23,"service":"Probe","method":"EchoThrice","window":1}}""",
        """{"src":"c1","dest":"n1","body":{"stream_id":"s3","type":"grpc_bidi_stream_send","data":{"text":"bye"}}}""",
        """{"src":"c1","dest":"n1","body":{"type":"proto_define","msg_id":24,"schema":{"name":"Tree","fields":[{"name":"name","number":1,"type":"string"},{"name":"more","number":2,"type":"Tree","repeated":true},{"name":"by_id","number":3,"type":"map<int32, double>"}]}}}""",
        """{"src":"c1","dest":"n1","body":{"type":"proto_encode","msg_id":25,"message":"Tree","data":{"name":"a","more":[{"name":"b"},{"by_id":{"7":1.5}}]}}}""",
        """{"src":"c1","dest":"n1","body":{"type":"proto_decode","msg_id":26,"message":"Tree","encoded_hex":"0a016112030a0162120d1a0b080711000000000000f83f"}}""",
        """{"src":"c1","dest":"n1","body":{"type":"proto_decode","msg_id":27,"encoded_hex":"0b08ac02150000e0400c"}}""",
        """{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}""",
    ];

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1", "1.0", "1e2", "1e999", "9007199254740991", "9007199254740992", "2147483647", "2147483648",
        "18446744073709551616", "\"\"", "\"s1\"", "\"s2\"", "\"s99999999999999999999\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}", "[[[[]]]]",
        "{\"text\":5}", "{\"text\":{}}", "{\"limit\":-1}", "{\"filter\":\"(((\"}", "{\"filter\":\"msg ~ /(a{1000}){1000}/\"}", "\"AAAA\"", "\"////\"",
    ];

    [Fact]
    public void A_hundred_thousand_mutated_lines_leave_the_node_alive_and_right()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < Rounds; round++)
        {
            var lines = Enumerable.Range(0, LinesPerRound).Select(_ => Mutated(random)).ToList();
            var options = round % 3 == 0 ? new NodeOptions { MaxLineBytes = ShortLineBytes } : new NodeOptions();
            Check(Run(lines, options), lines, $"round {round}");
        }
    }

    /// <summary>Runs a node over the lines, each with its question behind it, to the end.</summary>
    private static byte[] Run(List<byte[]> lines, NodeOptions options)
    {
        var input = new MemoryStream();
        input.Write(Encoding.UTF8.GetBytes(Seeds[^1] + "\n" + ProbeStream + "\n"));
        for (var index = 0; index < lines.Count; index++)
        {
            input.Write(lines[index]);
            input.Write(Encoding.UTF8.GetBytes("\n" + Probe(index) + "\n"));
        }

        input.Position = 0;
        var output = new MemoryStream();
        var methods = new Lazy<MethodTable>(() => AllServices.Register(ProbeService.Register(new ProbeService()), LogWatcher.Logs.LogSet.Sample));
        var log = new ConcurrentQueue<string>();
        var node = new LineNode(input, output, options, methods, InterceptorChain.Empty, TimeProvider.System, log.Enqueue);
        node.Start();
        node.WaitForExit(CancellationToken.None).Should().Be(LineNode.ExitOk);
        log.Where(line => line.Contains(" failed: ", StringComparison.Ordinal)).Should().BeEmpty("these are bugs");
        return output.ToArray();
    }

    private static void Check(byte[] output, List<byte[]> lines, string because)
    {
        var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(output);
        text.Should().EndWith("\n", because);
        var clients = lines.SelectMany(ClientsIn).Concat(["c0", "probe"]).ToHashSet();
        var answered = 0;
        var msgId = 0L;
        foreach (var line in text[..^1].Split('\n'))
        {
            if (!line.EndsWith($", \"msg_id\": {msgId}}}}}", StringComparison.Ordinal) || Respaced(line) != line)
            {
                Assert.Fail($"{because}: line {msgId} of the output is not in the course's form: {line}");
            }

            if (!clients.Contains(JsonDocument.Parse(line).RootElement.GetProperty("dest").GetString()!))
            {
                Assert.Fail($"{because}: nobody of that name has spoken: {line}");
            }

            if (line == ProbeAnswer(answered, msgId))
            {
                answered++;
            }

            msgId++;
        }

        answered.Should().Be(lines.Count, $"{because}: each question is answered once, in its order, to the byte");
    }

    /// <summary>All that a line may be taken to say of its sender, whatever else is wrong with it.</summary>
    private static IEnumerable<string> ClientsIn(byte[] line)
    {
        foreach (Match match in SrcValue().Matches(Encoding.UTF8.GetString(line)))
        {
            string? src = null;
            try
            {
                src = JsonSerializer.Deserialize<string>(match.Groups["text"].Value);
            }
            catch (JsonException)
            {
                // A string that is none names nobody.
            }

            if (src is not null)
            {
                yield return src;
            }
        }
    }

    [GeneratedRegex("""
        "src"\s*:\s*(?<text>"([^"\\]|\\.)*")
        """)]
    private static partial Regex SrcValue();

    private static string Probe(int id) => id % 2 == 0
        ? $$$"""{"src":"probe","dest":"n1","body":{"type":"echo","msg_id":{{{id}}},"echo":{{{id}}}}}"""
        : $$$$"""{"src":"probe","dest":"n1","body":{"type":"grpc_bidi_stream_send","msg_id":{{{{id}}}},"stream_id":"s1","data":{"text":"{{{{id}}}}"}}}""";

    private static string ProbeAnswer(int id, long msgId) => id % 2 == 0
        ? $$$"""{"src": "n1", "dest": "probe", "body": {"type": "echo_ok", "in_reply_to": {{{id}}}, "echo": {{{id}}}, "msg_id": {{{msgId}}}}}"""
        : $$$"""{"src": "n1", "dest": "probe", "body": {"type": "grpc_bidi_stream_recv", "in_reply_to": {{{id}}}, "data": {"text": "{{{id}}}"}, "msg_id": {{{msgId}}}}}""";

    private static string Respaced(string line)
    {
        var respaced = new JsonOutput();
        var reader = new JsonInput(Encoding.UTF8.GetBytes(line));
        JsonRespacer.Write(ref reader, respaced);
        return Encoding.UTF8.GetString(respaced.Written);
    }

    private static byte[] Mutated(Random random)
    {
        var line = new List<byte>(Encoding.UTF8.GetBytes(Seeds[random.Next(Seeds.Length)]));
        for (var mutations = random.Next(4); mutations > 0; mutations--)
        {
            Mutate(line, random);
        }

        // An echo of the probe's own would be taken for an answer to it; a line end would end the line sooner.
        return [.. line.Where(value => value != '\n')];
    }

    private static void Mutate(List<byte> line, Random random)
    {
        var at = random.Next(line.Count + 1);
        switch (random.Next(11))
        {
            case 0 when at < line.Count:
                line[at] = (byte)random.Next(256);
                break;
            case 1 when at < line.Count:
                line[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                line.RemoveRange(at, Math.Min(random.Next(20), line.Count - at));
                break;
            case 3:
                line.RemoveRange(at, line.Count - at);
                break;
            case 4:
                var from = random.Next(line.Count + 1);
                line.InsertRange(at, line.GetRange(from, Math.Min(random.Next(40), line.Count - from)));
                break;
            case 5:
                line.InsertRange(at, Enumerable.Repeat((byte)"{[\" \0\\"[random.Next(6)], random.Next(1, 200)));
                break;
            case 6:
                line.InsertRange(at, Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]));
                break;
            case 7:
                line.InsertRange(at, Encoding.UTF8.GetBytes(new[] { "\\ud800", "\\udc00", "\\u0000", "\u2028", "\ufeff", "😀" }[random.Next(6)]));
                break;
            case 8:
                line.InsertRange(at, Encoding.UTF8.GetBytes(Seeds[random.Next(Seeds.Length)]));
                break;
            default:
                ReplaceValue(line, random);
                break;
        }
    }

    /// <summary>Gives a key another value, or the same key twice.</summary>
    private static void ReplaceValue(List<byte> line, Random random)
    {
        var text = Encoding.Latin1.GetString([.. line]);
        var colons = Enumerable.Range(0, text.Length).Where(index => text[index] == ':').ToList();
        if (colons.Count == 0)
        {
            return;
        }

        var colon = colons[random.Next(colons.Count)];
        var end = text.IndexOfAny([',', '}'], colon);
        end = end < 0 ? text.Length : end;
        var value = Values[random.Next(Values.Length)];
        var key = text.LastIndexOf('"', Math.Max(colon - 2, 0));
        var replaced = random.Next(3) == 0 && key >= 0
            ? text[..end] + "," + text[key..(colon + 1)] + value + text[end..]
            : text[..(colon + 1)] + value + text[end..];
        line.Clear();
        line.AddRange(Encoding.Latin1.GetBytes(replaced));
    }
}
