using System.Text.Json;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Lab;

/// <summary>
/// Random bytes and random JSON through a node: every line is answered, once, with what was asked or with an error that says what is
/// wrong, and no bug is told. A failure names its seed: LOGWATCHER_TEST_SEED reproduces it.
/// </summary>
public sealed class LabFuzzTests(ITestOutputHelper output)
{
    private const int Rounds = 20;
    private const int LinesPerRound = 1_000;

    private static readonly string[] Tokens =
    [
        "\"a\"", "\"string\"", "\"M\"",
        "\"map<string, M>\"", "\"map<\"", "\"bytes\"", "0", "1", "-1", "1.5", "1e999", "9007199254740993", "true", "null", "\"NaN\"", "\"AA==\"", "\"😀\"", "\"\\u0000\"",
    ];

    [Fact]
    public void Every_line_is_answered_once()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < Rounds; round++)
        {
            var lines = Enumerable.Range(1, LinesPerRound).Select(msgId => ChatLines.Of(Body(random, msgId))).ToList();

            var result = NodeInProcess.Run(
            [
                ChatLines.Init,
                ChatLines.Of("""{"type":"proto_define","schema":{"name":"M","fields":[{"name":"a","number":1,"type":"string"},{"name":"b","number":2,"type":"sint32","repeated":true},{"name":"m","number":3,"type":"M"},{"name":"c","number":4,"type":"map<bool, M>"}]}}"""),
                .. lines,
            ]);

            result.Errors.Should().BeEmpty();
            result.OutputLines.Skip(1).Select(MsgIdAnswered).Should().Equal(Enumerable.Range(1, LinesPerRound));
        }
    }

    private static int MsgIdAnswered(string line)
    {
        using var answer = JsonDocument.Parse(line);
        var body = answer.RootElement.GetProperty("body");
        var type = body.GetProperty("type").GetString();
        type.Should().BeOneOf("error", "proto_define_ok", "proto_encode_ok", "proto_decode_ok");
        if (type == "error" && body.GetProperty("text").GetString() is { } text && text.StartsWith("body.encoded_hex: ", StringComparison.Ordinal))
        {
            text.Should().MatchRegex("^body\\.encoded_hex: byte offset [0-9]+: ");
        }

        return body.GetProperty("in_reply_to").GetInt32();
    }

    private static string Body(Random random, int msgId) => random.Next(4) switch
    {
        // Redefined at once, so that the others keep to the M above.
        0 => $$"""{"type":"proto_define","msg_id":{{msgId}},"schema":{{Json(random).Replace("\"M\"", "\"N\"", StringComparison.Ordinal)}}}""",
        1 => $$"""{"type":"proto_encode","msg_id":{{msgId}},"message":"{{random.Pick("M", "M", "M", "N", "")}}","data":{{Json(random)}}}""",
        2 => $$"""{"type":"proto_decode","msg_id":{{msgId}},"encoded_hex":"{{Hex(random)}}"}""",
        _ => $$"""{"type":"proto_decode","msg_id":{{msgId}},"message":"M","encoded_hex":"{{Hex(random)}}"}""",
    };

    /// <summary>Bytes that are fond of tags and small lengths; now and then not even hexadecimal.</summary>
    private static string Hex(Random random)
    {
        var bytes = new byte[random.Next(24)];
        for (var index = 0; index < bytes.Length; index++)
        {
            bytes[index] = random.Next(3) == 0 ? (byte)random.Next(256) : random.Pick<byte>(0, 1, 2, 3, 0x08, 0x0a, 0x0b, 0x0c, 0x0d, 0x09, 0x12, 0x1a, 0x22, 0x80, 0xff);
        }

        var hex = Convert.ToHexString(bytes);
        return random.Next(20) == 0 ? hex.Insert(random.Next(hex.Length + 1), random.Pick("0", "g", " ", "é")) : hex;
    }

    /// <summary>An object of the names that the lab knows, with values that now and then fit.</summary>
    private static string Json(Random random) =>
        Object(random, 0, "\"a\"", "\"b\"", "\"m\"", "\"c\"", "\"name\"", "\"fields\"");

    private static string Value(Random random, int depth) => random.Next(depth > 6 ? 1 : 4) switch
    {
        1 => $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth + 1)))}]",
        2 => Object(random, depth, "\"a\"", "\"b\"", "\"m\"", "\"c\"", "\"true\"", "\"name\"", "\"number\"", "\"type\""),
        _ => random.Pick<string>(Tokens),
    };

    private static string Object(Random random, int depth, params string[] names) =>
        $"{{{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => $"{random.Pick<string>(names)}:{Value(random, depth + 1)}"))}}}";
}
