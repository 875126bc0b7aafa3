using System.Text.Json;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>
/// Lines of several clients, most of them sensible and some not: it looks at what the model has opened to speak of streams that
/// there are.
/// </summary>
internal sealed class RandomLines(Random random, NodeModel model, int clients)
{
    private const int RecentCalls = 8;

    private static readonly string[] Texts = ["a", "", "é", "🦊", "<b> & 'c'", "say \"hi\"", "back\\slash", "two\nlines\tand a tab", "\u2028"];

    private long _lastMsgId;

    /// <summary>The line by which the node learns its name.</summary>
    public string Init() => Line("c1", "init", ("msg_id", "0"), ("node_id", "\"n1\""), ("node_ids", "[\"n1\"]"));

    public string Next() => random.Next(100) switch
    {
        < 10 => Open("grpc_bidi_stream_open", "Echo", "EchoThrice", "EchoThrice", "EchoEndless"),
        < 15 => Open("grpc_client_stream_open", "Sum", "SumToZero"),
        < 20 => Open("grpc_server_stream", "Count", "Count", "CountAndFail", "Tick"),
        < 24 => Open("grpc_call", "Answer", "Answer", "Nothing", "Fail"),
        < 58 => OnStream("send"),
        < 65 => OnStream("close"),
        < 69 => OnCall("grpc_cancel"),
        < 79 => OnCall("grpc_stream_state"),
        < 93 => OnCall("grpc_window_update", ("credit", Chance(3) ? random.Pick("0", "-1", "\"1\"", "2147483648", "1.5") : random.Pick("1", "1", "2", "3", "7", "2147483647"))),
        < 95 => Line(Client(), "echo", MsgId(), ("echo", random.Pick("5", "{\"a\": [1, \"x\", {}], \"b\": null}", "\"<é🦊>\"", "[]", "-1.50e3"))),
        < 96 => Line(Client(), "init", MsgId(), ("node_id", random.Pick("\"n1\"", "\"n2\"", "7"))),
        < 97 => Line(Client(), random.Pick("grpc_bidi_stream", "GRPC_CALL", "", "grpc_stream_state_ok"), MsgId()),
        < 98 => Line(Client(), random.Pick("error", "echo"), MsgId(), ("in_reply_to", "1"), ("echo", "1")),
        < 99 => random.Pick("nonsense", "{", "[1,"),
        _ => Line(Client(), "grpc_call", ("msg_id", random.Pick("-1", "\"1\"", "9007199254740992", "null")), ("service", "\"Probe\""), ("method", "\"Answer\"")),
    };

    private string Open(string opener, params string[] methods)
    {
        var method = Chance(5) ? random.Pick("Answer", "Count", "Sum", "Echo", "Unheard", "echo") : random.Pick(methods);
        var fields = new List<(string, string)> { MsgId(percentWithout: 4) };
        AddUnless(2, ("service", Quote(Chance(3) ? "Other" : random.Pick("Probe", "probe.Probe"))));
        AddUnless(2, ("method", Quote(method)));
        if (Chance(40))
        {
            fields.Add(("window", Chance(4) ? random.Pick("0", "-3", "\"2\"", "2147483648") : random.Pick("1", "2", "3", "4", "5", "8")));
        }

        if (opener is "grpc_call" or "grpc_server_stream")
        {
            AddUnless(5, ("request", Chance(4) ? random.Pick("5", "[]", "{\"text\": 5, \"count\": \"x\", \"after\": {}}") : Request(method)));
        }

        return Line(Client(), opener, [.. fields]);

        void AddUnless(int percent, (string, string) field)
        {
            if (!Chance(percent))
            {
                fields.Add(field);
            }
        }
    }

    private string Request(string method) => method switch
    {
        "Count" => $"{{\"count\": {random.Next(-1, 9)}}}",
        "Fail" or "CountAndFail" => $"{{\"code\": {random.Pick(0, 5, 7)}, \"message\": {Quote(random.Pick(Texts))}, \"after\": {random.Next(4)}}}",
        "Tick" => "{}",
        _ => $"{{\"text\": {Quote(random.Pick(Texts))}}}",
    };

    private string OnStream(string verb)
    {
        var call = SomeCall(anyKind: false);
        var isBidi = call?.Opener != "grpc_client_stream_open";
        var fields = new List<(string, string)> { MsgId(percentWithout: 25) };
        if (!Chance(1))
        {
            fields.Add(("stream_id", Chance(1) ? "7" : Quote(StreamId(call))));
        }

        if (verb == "send" && !Chance(3))
        {
            fields.Add(("data", Data(call?.Method)));
        }

        var family = isBidi != Chance(3) ? "grpc_bidi_stream_" : "grpc_client_stream_";
        return Line(OwnerOrOther(call), family + verb, [.. fields]);
    }

    private string Data(string? method)
    {
        if (Chance(2))
        {
            return random.Pick("5", "[]", "\"x\"", "{\"text\": 5, \"value\": \"x\"}", "{\"text\": [], \"value\": 1.5}");
        }

        if (method is "Sum" or "SumToZero")
        {
            return Chance(10) ? "{\"value\": 0}" : $"{{\"value\": {random.Pick("1", "-7", "\"40\"", "1000000")}}}";
        }

        return $"{{\"text\": {Quote(Chance(8) ? random.Pick("bye", "fail", "crash") : random.Pick(Texts))}}}";
    }

    private string OnCall(string type, params (string, string)[] more)
    {
        var call = SomeCall(anyKind: true);
        var fields = new List<(string, string)> { MsgId(percentWithout: 25) };
        var names = random.Next(100);
        if (names < 2 || (names < 60 && call is not { IsStream: false }))
        {
            fields.Add(("stream_id", Quote(StreamId(call))));
        }

        if (names is < 1 or >= 3 && fields.Count == 1)
        {
            fields.Add(("call", Chance(90) && call is not null ? $"{call.MsgId}" : random.Pick("0", "1", "2", "3", "99999", "-1", "\"1\"")));
        }

        return Line(OwnerOrOther(call), type, [.. fields, .. more]);
    }

    /// <summary>A call that was opened: mostly one of the last, and one that lives rather than not.</summary>
    private ModelCall? SomeCall(bool anyKind)
    {
        ModelCall? call = null;
        var opened = model.Opened;
        for (var attempt = 0; attempt < 6 && opened.Count > 0; attempt++)
        {
            call = opened[Chance(80) ? Math.Max(0, opened.Count - 1 - random.Next(RecentCalls)) : random.Next(opened.Count)];
            if ((anyKind || call.IsStream) && (call.State != "CLOSED" || Chance(15)))
            {
                break;
            }
        }

        return call;
    }

    private string StreamId(ModelCall? call) =>
        call?.StreamId is { } id && !Chance(4) ? id : random.Pick("s0", "s1", "s2", "s01", "S1", "", "s", "1", "s999", "s99999999999999999999", "s1 ");

    private string OwnerOrOther(ModelCall? call) => call is null || Chance(5) ? Client() : call.Src;

    private string Client() => $"c{random.Next(clients) + 1}";

    private (string, string) MsgId(int percentWithout = 15)
    {
        if (Chance(percentWithout))
        {
            // A key that means nothing stands in for the one left out.
            return ("unknown", "{\"msg_id\": 1}");
        }

        return ("msg_id", Chance(1) ? "9007199254740991" : Chance(12) ? $"{random.Next(12)}" : $"{++_lastMsgId}");
    }

    /// <summary>A line whose keys may come in any order, and twice: then the last counts.</summary>
    private string Line(string src, string type, params (string Key, string Json)[] fields)
    {
        var body = Shuffled([("type", Quote(type)), .. fields]);
        var envelope = Shuffled([("src", Quote(src)), ("dest", "\"n1\""), ("body", Object(body))]);
        return Object(envelope);
    }

    private List<(string Key, string Json)> Shuffled((string Key, string Json)[] fields)
    {
        if (Chance(30))
        {
            random.Shuffle(fields);
        }

        var all = fields.ToList();
        if (Chance(5))
        {
            var (key, _) = random.Pick<(string Key, string Json)>(fields);
            all.Insert(random.Next(all.FindIndex(field => field.Key == key) + 1), (key, random.Pick("1", "\"c1\"", "\"s1\"", "{\"text\": \"decoy\"}", "{}", "null")));
        }

        return all;
    }

    private string Object(IEnumerable<(string Key, string Json)> fields)
    {
        var (colon, comma) = Chance(10) ? (" :  ", " , ") : (": ", ", ");
        return "{" + string.Join(comma, fields.Select(field => $"\"{field.Key}\"{colon}{field.Json}")) + "}";
    }

    /// <summary>A text as JSON: as it is, or with more escapes than it needs.</summary>
    private string Quote(string text) => Chance(5)
        ? "\"" + string.Concat(text.Select(unit => $"\\u{(int)unit:x4}")) + "\""
        : Chance(10) ? JsonSerializer.Serialize(text) : JsonSerializer.Serialize(text, Relaxed.Options);

    private bool Chance(int percent) => random.Next(100) < percent;

    private static class Relaxed
    {
        public static readonly JsonSerializerOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    }
}
