using System.Text;
using LogWatcher.Node;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Node;

/// <summary>What a line has in common with the one before is not read again, and nobody can tell.</summary>
public sealed class LineBeginningTests(ITestOutputHelper output)
{
    // Pieces of lines: put together they are mostly lines, often alike up to msg_id, and sometimes cut, doubled or broken there.
    private static readonly string[][] Pieces =
    [
        ["{", "{", "{ ", " {\t", "[", ""],
        ["\"src\":\"c1\",", "\"src\":\"c1\",", "\"src\" : \"c2\", ", "\"src\":\"\\u0063\",", "\"src\":5,", "\"id\":7,\"src\":\"c1\",", "\"src\":\"c1\",\"src\":\"c1\",", ""],
        ["\"dest\":\"n1\",", "\"dest\":\"n1\",", "\"dest\":{\"body\":{\"msg_id\":1}},", "\"body\":{\"msg_id\":1,\"credit\":2},", "\"body\":{\"msg_id\":1},", "\"body\":4,", ""],
        ["\"body\":{", "\"body\":{", "\"body\": {", "\"b\\u006fdy\":{", "\"body\":[{", "\"more\":{"],
        ["\"type\":\"echo\",", "\"type\":\"echo\",", "\"type\":\"init\",", "\"type\":\"🦊\",", $"\"type\":\"{new string('x', 300)}\",", "\"in_reply_to\":3,\"type\":\"echo\",", "\"stream_id\":\"s1\",\"data\":{\"text\":\"a\"},", ""],
        ["\"msg_id\":1", "\"msg_id\":2", "\"msg_id\": 34", "\"msg_id\":-1", "\"msg_id\":\"5\"", "\"msg_id\":1,\"msg_id\":6", "\"msg_id\":", "\"msg_id\"", "\"m\\u0073g_id\":7", "\"echo\":8"],
        [",\"echo\":[1,{\"msg_id\":9}]", ",\"stream_id\":\"s1\",\"data\":{\"text\":\"b\"}", ",\"body\":{}", ",", ""],
        ["}}", "}}", "},\"src\":\"c3\"}", "},\"body\":{\"msg_id\":10}}", "}} x", "}", ""],
    ];

    private const int PiecesBeforeMsgId = 5;

    [Fact]
    public void Lines_are_taken_apart_as_if_each_were_the_first()
    {
        var random = Randomness.Create(output);
        var beginning = new LineBeginning();
        var parts = Pieces.Select(pieces => pieces[0]).ToArray();
        var skipped = 0;
        for (var count = 0; count < 200_000; count++)
        {
            // Every other line begins as the one before, up to its msg_id.
            for (var piece = random.Next(2) * PiecesBeforeMsgId; piece < Pieces.Length; piece++)
            {
                parts[piece] = random.Pick<string>(Pieces[piece]);
            }

            var line = Encoding.UTF8.GetBytes(string.Concat(parts));
            if (random.Next(8) == 0)
            {
                line = line[..random.Next(line.Length + 1)];
            }

            skipped += line.AsSpan().StartsWith(beginning.Bytes) && beginning.Bytes.Length > 0 ? 1 : 0;
            Findings(line, beginning).Should().Be(Findings(line, null), "of {0}", Encoding.UTF8.GetString(line));
        }

        output.WriteLine($"{skipped} lines began like those before");
        skipped.Should().BeGreaterThan(10_000);
    }

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void A_beginning_is_remembered_up_to_its_bound(int length, bool isRemembered)
    {
        const string Before = "{\"src\":\"";
        const string Behind = "\",\"body\":{\"msg_id\":";
        var line = Before + new string('x', length - Before.Length - Behind.Length) + Behind + "1}}";
        var beginning = new LineBeginning();

        Findings(Encoding.UTF8.GetBytes(line), beginning);
        beginning.Bytes.Length.Should().Be(isRemembered ? length : 0);
        Findings(Encoding.UTF8.GetBytes(line.Replace("1}}", "2}}")), beginning).Should().Contain(" 2 ");
    }

    [Theory]
    [InlineData("ÿ", "bad UTF-8 at byte {0}")]
    [InlineData("\\ud800", "a lone surrogate at byte {0}: \\ud800 to \\udbff and \\udc00 to \\udfff come in pairs")]
    public void What_is_no_text_is_found_wherever_it_stands(string fault, string expected)
    {
        for (var length = 1; length <= 140; length++)
        {
            for (var at = 0; at + fault.Length <= length; at++)
            {
                var line = Encoding.Latin1.GetBytes(new string('x', at) + fault + new string('x', length - at - fault.Length));
                JsonText.FindFault(line).Should().Be(string.Format(System.Globalization.CultureInfo.InvariantCulture, expected, at + 1));
            }

            JsonText.FindFault(Encoding.Latin1.GetBytes(new string('x', length))).Should().BeNull();
        }
    }

    private static string Findings(byte[] line, LineBeginning? beginning)
    {
        var batch = new LineBatch { Buffer = line };
        var envelope = batch.Add(0, line.Length, 1, fault: null);
        EnvelopeParser.Parse(envelope, earlyReader: null, beginning);
        var findings = new StringBuilder($"{envelope.Parsed.Given} {envelope.Parsed.MsgId} {envelope.Fault}");
        for (var key = 0; key < Envelope.KeyCount; key++)
        {
            findings.Append(' ').Append(envelope[(EnvelopeKey)key].ToString());
        }

        return findings.ToString();
    }
}
