using System.Text;
using LogWatcher.Node;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>
/// Lines that are cut off, too long, too deep or no text: always exactly one answer, or a line on stderr if they do not say
/// whom to answer, and the next line is read as if nothing had been.
/// </summary>
[Trait("Node", "executable")]
public sealed class BrokenLineTests
{
    private const int MaxLineBytes = 256;

    private const string AliveOk = """{"src": "n1", "dest": "c1", "body": {"type": "echo_ok", "in_reply_to": 99, "echo": "alive", "msg_id": """;

    public static TheoryData<string> GoodLines() => new(
        ChatLines.Echo(5),
        ChatLines.Open(5, ",\"metadata\":{\"a\":[\"b\",\"\\u00e9\"]},\"timeout_ms\":1000"),
        ChatLines.Send(5, "s1", "é😀\\ud83d\\ude00\\n"),
        """{"body":{"echo":[1,{"a":null,"b":-1.5e3}],"msg_id":5,"type":"echo"},"dest":"n1","src":"c1"}""");

    [Theory]
    [MemberData(nameof(GoodLines))]
    public void A_line_cut_off_at_any_byte_gets_one_answer(string line)
    {
        var bytes = Encoding.UTF8.GetBytes(line);

        for (var length = 1; length < bytes.Length; length++)
        {
            var cut = NodeInProcess.Run([.. Bytes(ChatLines.Init, ChatLines.Open(2)), .. bytes[..length], .. "\n"u8, .. Bytes(ChatLines.Echo(99))]);
            var atTheEnd = NodeInProcess.Run([.. Bytes(ChatLines.Init, ChatLines.Open(2)), .. bytes[..length]]);

            var answers = cut.OutputLines[2..^1];
            (answers.Length + cut.ErrorLines.Length).Should().Be(1, $"the line was cut off at byte {length}");
            answers.Should().NotContain(answer => !answer.Contains("\"code\": 12, ", StringComparison.Ordinal));
            cut.OutputLines[^1].Should().StartWith(AliveOk);
            atTheEnd.OutputLines[2..].Should().Equal(answers);
            atTheEnd.ErrorLines.Should().Equal(cut.ErrorLines);
        }
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(100_000, false)]
    public void A_line_nests_as_deep_as_the_bound_and_no_deeper(int depth, bool isGood)
    {
        // The envelope and the body are two levels of it.
        var echo = new string('[', depth - 2) + new string(']', depth - 2);

        var result = NodeInProcess.Run([ChatLines.Init, ChatLines.Of($"{{\"type\":\"echo\",\"msg_id\":5,\"echo\":{echo}}}"), ChatLines.Echo(99)]);

        result.OutputLines[1].Should().Contain(isGood
            ? $"\"type\": \"echo_ok\", \"in_reply_to\": 5, \"echo\": {echo}, "
            : "\"type\": \"error\", \"in_reply_to\": 5, \"code\": 12, \"text\": \"not JSON: The maximum configured depth of 64 has been exceeded");
        result.OutputLines[2].Should().StartWith(AliveOk);
    }

    [Theory]
    [InlineData('{')]
    [InlineData('[')]
    [InlineData('}')]
    [InlineData('"')]
    public void A_hundred_thousand_of_a_brace_are_one_line_on_stderr(char brace)
    {
        var result = NodeInProcess.Run([ChatLines.Init, new string(brace, 100_000), ChatLines.Echo(99)]);

        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith("logwatcher: line 2: not ");
        result.OutputLines[1].Should().StartWith(AliveOk);
    }

    [Theory]
    [InlineData("", "\n")]
    [InlineData("", "\r\n")]
    [InlineData("\uFEFF", "\n")]
    [InlineData("\uFEFF", "\r\n")]
    [InlineData("", "")]
    [InlineData("\uFEFF", "\r")]
    public void A_line_is_as_long_as_the_limit_and_no_longer(string mark, string end)
    {
        foreach (var length in new[] { MaxLineBytes - 1, MaxLineBytes, MaxLineBytes + 1, MaxLineBytes + 2, MaxLineBytes + 3, MaxLineBytes + 4, 100_000 })
        {
            var line = LineOf(length);
            var rest = end.EndsWith('\n') ? ChatLines.Echo(99) + "\n" : "";

            foreach (var pieceBytes in new[] { 1, 64, 1_000_000 })
            {
                var bytes = Encoding.UTF8.GetBytes(mark + line + end + rest);
                var input = new PiecewiseStream(bytes, Enumerable.Range(1, bytes.Length).Where(offset => offset % pieceBytes == 0));

                var result = NodeInProcess.Run(input, new NodeOptions { MaxLineBytes = MaxLineBytes });

                var because = $"the line had {length} bytes and came in pieces of {pieceBytes}";
                result.OutputLines.Should().HaveCount(rest.Length > 0 ? 2 : 1, because);
                result.OutputLines[0].Should().Contain(
                    length <= MaxLineBytes ? "\"type\": \"init_ok\", \"in_reply_to\": 1" : "\"in_reply_to\": 1, \"code\": 12, \"text\": \"the line is longer than 256 bytes\"",
                    because);
                result.Errors.Should().BeEmpty(because);
            }
        }
    }

    [Fact]
    public void A_long_line_is_answered_as_far_as_its_beginning_goes()
    {
        var filling = new string('x', MaxLineBytes);

        var result = NodeInProcess.Run(
            [
                ChatLines.Init,
                ChatLines.Of($"{{\"type\":\"echo\",\"msg_id\":5,\"echo\":\"{filling}\"}}"),
                ChatLines.Of($"{{\"type\":\"echo\",\"echo\":\"{filling}\",\"msg_id\":5}}"),
                $"{{\"body\":{{\"type\":\"echo\",\"echo\":\"{filling}\",\"msg_id\":5}},\"src\":\"c1\",\"dest\":\"n1\"}}",
                new string(' ', MaxLineBytes + 1),
                ChatLines.Echo(99),
            ],
            new NodeOptions { MaxLineBytes = MaxLineBytes });

        result.OutputLines[1].Should().Contain("\"dest\": \"c1\"").And.Contain("\"in_reply_to\": 5, \"code\": 12, ");
        result.OutputLines[2].Should().Contain("\"dest\": \"c1\"").And.Contain("\"type\": \"error\", \"code\": 12, ");
        result.ErrorLines.Should().StartWith("logwatcher: line 4: the line is longer than 256 bytes");
        result.OutputLines[^1].Should().StartWith(AliveOk);
    }

    [Fact]
    public void A_line_of_the_default_limit_is_read_and_one_byte_more_is_not()
    {
        const int FourMebibytes = 4 * 1024 * 1024;
        var shell = ChatLines.Of("{\"type\":\"echo\",\"msg_id\":5,\"echo\":\"\"}").Length;

        var result = NodeProcess.Run(string.Concat(new[] { 0, 1 }.Select(more => ChatLines.Of(
            $"{{\"type\":\"echo\",\"msg_id\":5,\"echo\":\"{new string('x', FourMebibytes - shell + more)}\"}}") + "\n").Prepend(ChatLines.Init + "\n")));

        result.OutputLines[1].Should().Contain("\"type\": \"echo_ok\"");
        result.OutputLines[1].Length.Should().BeGreaterThan(FourMebibytes);
        result.OutputLines[2].Should().Be(
            """{"src": "n1", "dest": "c1", "body": {"type": "error", "in_reply_to": 5, "code": 12, "text": "the line is longer than 4194304 bytes", "msg_id": 2}}""");
    }

    [Theory]
    [InlineData(new byte[] { 0xFF }, "bad UTF-8")]
    [InlineData(new byte[] { 0xC0, 0xAF }, "bad UTF-8")]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, "bad UTF-8")]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 }, "bad UTF-8")]
    [InlineData(new byte[] { 0xE2, 0x82 }, "bad UTF-8")]
    [InlineData(new byte[] { 0x80 }, "bad UTF-8")]
    [InlineData(new byte[] { 0x00 }, "not JSON")]
    [InlineData(new byte[] { 0x1F }, "not JSON")]
    public void Bytes_that_are_no_text_are_told_by_their_place(byte[] bad, string text)
    {
        var before = Encoding.UTF8.GetBytes("""{"src":"c1","dest":"n1","body":{"type":"echo","msg_id":5,"echo":"é""");

        var result = NodeInProcess.Run([.. Bytes(ChatLines.Init), .. before, .. bad, .. "\"}}\n"u8, .. Bytes(ChatLines.Echo(99))]);

        result.OutputLines[1].Should().Contain("\"in_reply_to\": 5, \"code\": 12, \"text\": \"" + text).And.Contain($"at byte {before.Length + 1}");
        result.OutputLines[2].Should().StartWith(AliveOk);
    }

    [Fact]
    public void Lines_over_the_limits_on_live_calls_are_refused_until_some_end()
    {
        var result = NodeInProcess.Run(
            [ChatLines.Init, ChatLines.Open(1), ChatLines.Open(2), ChatLines.Open(3), ChatLines.Close(4, "s1"), ChatLines.Open(3)],
            new NodeOptions { MaxCalls = 2 });

        result.OutputLines[3].Should().Contain(
            "\"in_reply_to\": 3, \"status\": \"RESOURCE_EXHAUSTED\", \"message\": \"this client has 2 live calls, and may have no more until some end (--max-calls)\", \"count\": 0, ");
        result.OutputLines[5].Should().Contain("\"in_reply_to\": 3, \"stream_id\": \"s3\", ");
    }

    [Fact]
    public void All_clients_together_have_ten_times_the_calls_of_one()
    {
        var clients = Enumerable.Range(1, 11).Select(client => ChatLines.Open(1).Replace("\"c1\"", $"\"c{client}\"", StringComparison.Ordinal));

        var result = NodeInProcess.Run([ChatLines.Init, .. clients], new NodeOptions { MaxCalls = 1 });

        result.OutputLines[10].Should().Contain("\"stream_id\": \"s10\"");
        result.OutputLines[11].Should().Contain("\"dest\": \"c11\"").And.Contain("\"status\": \"RESOURCE_EXHAUSTED\", \"message\": \"the node has 10 live calls");
    }

    /// <summary>An init line of so many bytes.</summary>
    private static string LineOf(int bytes)
    {
        const string Start = """{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","x":" """;
        return Start + new string('x', bytes - Start.Length - 3) + "\"}}";
    }

    private static byte[] Bytes(params string[] lines) => Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
}
