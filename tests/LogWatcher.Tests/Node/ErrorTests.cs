using System.Text;
using System.Text.Json;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>
/// What is wrong with a line or a call, and what the node says to it: protocol.md's "Errors", as a table in
/// <c>Cases/errors.asv</c>. Each case has a node of its own, which has read the section's lines (<c>» …</c>) first.
/// </summary>
public sealed class ErrorTests
{
    private const string End = """{"src":"end","dest":"n1","body":{"type":"init","msg_id":7,"node_id":"n1","node_ids":[]}}""";

    public static TheoryData<int, string, string, string, string> Cases()
    {
        var cases = new TheoryData<int, string, string, string, string>();
        var lineNumber = 0;
        var given = new List<string>();
        var wasCase = false;
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Cases", "errors.asv")))
        {
            lineNumber++;
            if (line.StartsWith("» ", StringComparison.Ordinal))
            {
                // The first of a section's lines, behind the cases of another, begins anew.
                given = wasCase ? [] : given;
                wasCase = false;
                given.Add(Envelope(line[2..].Trim()));
            }
            else if (!line.StartsWith('#') && line.Contains('⇶', StringComparison.Ordinal))
            {
                wasCase = true;
                var cells = line.Split('⇶', StringSplitOptions.TrimEntries);
                cases.Add(lineNumber, string.Join('\n', given), Envelope(cells[0]), cells[1], cells[2]);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_answer_names_what_was_wrong(int lineOfTable, string given, string line, string answer, string text)
    {
        var before = NodeInProcess.Run(given.Split('\n'));
        var alone = NodeInProcess.Run([.. given.Split('\n'), line, End]);

        // What the node still says at the end of its input is not the line's doing.
        var answers = alone.OutputLines.Skip(CountUntilEnd(before)).TakeWhile(output => !output.Contains("\"dest\": \"end\"", StringComparison.Ordinal)).ToList();
        var errors = alone.ErrorLines.Skip(before.ErrorLines.Length).ToList();

        alone.ExitCode.Should().Be(0);
        alone.OutputLines.Should().Contain(output => output.Contains("\"dest\": \"end\"", StringComparison.Ordinal), "the node lives on, line {0} of the table", lineOfTable);
        errors.Concat(answers).Should().ContainSingle();
        errors.Select(_ => "stderr").Concat(answers.Select(Describe)).Should().Equal(answer);
        errors.Concat(answers.Select(Text)).Single().Should().Contain(text);
    }

    private static int CountUntilEnd(NodeResult before) =>
        before.OutputLines.Count(line => !line.Contains("the input has ended", StringComparison.Ordinal));

    /// <summary>A cell that begins with <c>body</c> is that body from c1 to n1.</summary>
    private static string Envelope(string cell) => cell.StartsWith("body ", StringComparison.Ordinal) ? Lines.Of(cell["body ".Length..]) : cell;

    /// <summary>An answer in the table's words: <c>12 to c1 of 5</c>, <c>INTERNAL to c1 of 5</c>, without <c>of</c> if it has no in_reply_to.</summary>
    private static string Describe(string line)
    {
        using var answer = JsonDocument.Parse(line);
        var body = answer.RootElement.GetProperty("body");
        var words = new StringBuilder();
        words.Append(body.TryGetProperty("code", out var code) ? code.GetRawText() : body.GetProperty("status").GetString());
        words.Append(" to ").Append(answer.RootElement.GetProperty("dest").GetString());
        if (body.TryGetProperty("in_reply_to", out var inReplyTo))
        {
            words.Append(" of ").Append(inReplyTo.GetRawText());
        }

        return words.Append(" from ").Append(answer.RootElement.GetProperty("src").GetString()).ToString().TrimEnd();
    }

    private static string Text(string line)
    {
        using var answer = JsonDocument.Parse(line);
        var body = answer.RootElement.GetProperty("body");
        return body.GetProperty(body.TryGetProperty("text", out _) ? "text" : "message").GetString()!;
    }
}
