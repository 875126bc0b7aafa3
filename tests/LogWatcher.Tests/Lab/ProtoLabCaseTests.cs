using System.Text.Json;
using System.Text.RegularExpressions;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Lab;

/// <summary>What a node answers to the lines of the lab: the table <c>Cases/proto-lab.asv</c>, which says how it is written.</summary>
public sealed partial class ProtoLabCaseTests
{
    private const int MsgId = 7;

    public static TheoryData<int, string, string> Cases()
    {
        var cases = new TheoryData<int, string, string>();
        foreach (var (number, line) in Lines().Where(line => !line.Text.StartsWith('#') && line.Text.Contains('⇶', StringComparison.Ordinal)))
        {
            var (question, answer) = (line[..line.IndexOf('⇶', StringComparison.Ordinal)], line[(line.IndexOf('⇶', StringComparison.Ordinal) + 1)..]);
            cases.Add(number, question.Trim(), answer.Trim());
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_answer_is_that_of_the_table(int lineOfTable, string question, string answer)
    {
        var schemas = Lines().Where(line => line.Number < lineOfTable && line.Text.StartsWith("» ", StringComparison.Ordinal))
            .Select(line => ChatLines.Of($$"""{"type":"proto_define","schema":{{line.Text[2..]}}}"""));

        var result = NodeInProcess.Run([ChatLines.Init, .. schemas, ChatLines.Of(Body(question)), ChatLines.Echo(99)]);

        result.Errors.Should().BeEmpty();
        result.OutputLines.Should().HaveCount(3, "schemas without a msg_id get no answer");
        Said(question, result.OutputLines[1]).Should().Be(answer);
        result.OutputLines[2].Should().Contain("\"echo\": \"alive\"", "the node lives on");
    }

    private static IEnumerable<(int Number, string Text)> Lines() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Cases", "proto-lab.asv")).Select((text, index) => (index + 1, text));

    private static string Body(string question)
    {
        var match = Question().Match(question);
        var (verb, message, rest) = (match.Groups["verb"].Value, match.Groups["message"].Value, match.Groups["rest"].Value.Trim());
        return verb switch
        {
            "define" => $$"""{"type":"proto_define","msg_id":{{MsgId}},"schema":{{rest}}}""",
            "encode" or "size" => $$"""{"type":"proto_encode","msg_id":{{MsgId}},"message":"{{message}}","data":{{rest}}}""",
            _ => $$"""{"type":"proto_decode","msg_id":{{MsgId}},"encoded_hex":"{{rest}}"{{(message.Length == 0 ? "" : $",\"message\":\"{message}\"")}}}""",
        };
    }

    /// <summary>An answer in the table's words, its JSON as it stands in the line.</summary>
    private static string Said(string question, string line)
    {
        using var parsed = JsonDocument.Parse(line);
        var body = parsed.RootElement.GetProperty("body");
        body.GetProperty("in_reply_to").GetInt32().Should().Be(MsgId);
        var verb = question.Split(' ')[0];
        var type = body.GetProperty("type").GetString();
        if (type == "error")
        {
            return $"{body.GetProperty("code").GetRawText()} {body.GetProperty("text").GetString()}";
        }

        type.Should().Be($"proto_{verb switch { "size" => "encode", "records" => "decode", _ => verb }}_ok");
        return verb switch
        {
            "define" => $"{body.GetProperty("message_name").GetString()} {body.GetProperty("field_count").GetRawText()}",
            "encode" => HexOfRightSize(body),
            "size" => body.GetProperty("json_size_bytes").GetRawText(),
            "records" => body.GetProperty("records").GetRawText(),
            _ => body.GetProperty("result").GetRawText() + (body.TryGetProperty("data", out var data) ? $" ⇶ {data.GetRawText()}" : ""),
        };
    }

    private static string HexOfRightSize(JsonElement body)
    {
        var hex = body.GetProperty("encoded_hex").GetString()!;
        body.GetProperty("size_bytes").GetInt32().Should().Be(hex.Length / 2);
        return hex;
    }

    [GeneratedRegex("^(?<verb>define|encode|size|decode|records)(?: +(?<message>[A-Z]\\w*)(?= |$))?(?<rest>.*)$")]
    private static partial Regex Question();
}
