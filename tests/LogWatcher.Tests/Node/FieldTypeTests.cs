using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>Every field that the node reads, with every JSON type that it is not: error 12 names the field, and nothing is done.</summary>
public sealed class FieldTypeTests
{
    private const string Opener = "\"type\":\"grpc_bidi_stream_open\",\"service\":\"Chat\",\"method\":\"BiDiChat\"";

    private static readonly string[] Values = ["null", "true", "7", "-7", "7.5", "7e0", "\"7\"", "[]", "[7]", "{}", "{\"x\":7}"];

    // The field, a body with all but it, and which of the values it may have.
    private static readonly (string Field, string Body, string[] Fitting)[] Fields =
    [
        ("type", "", ["\"7\""]),
        ("in_reply_to", "\"type\":\"echo\",\"echo\":1", ["7"]),
        ("node_id", "\"type\":\"init\"", ["\"7\""]),
        ("node_ids", "\"type\":\"init\",\"node_id\":\"n1\"", ["[]", "[7]"]),
        ("service", "\"type\":\"grpc_call\",\"method\":\"BiDiChat\"", ["\"7\""]),
        ("method", "\"type\":\"grpc_call\",\"service\":\"Chat\"", ["\"7\""]),
        ("metadata", Opener, ["{}", "{\"x\":7}"]),
        ("timeout_ms", Opener, ["7"]),
        ("window", Opener, ["7"]),
        ("encoding", Opener, []),
        ("compression", Opener, ["\"7\""]),
        ("stream_id", "\"type\":\"grpc_bidi_stream_send\"", ["\"7\""]),
        ("stream_id", "\"type\":\"grpc_bidi_stream_close\"", ["\"7\""]),
        ("stream_id", "\"type\":\"grpc_client_stream_send\"", ["\"7\""]),
        ("stream_id", "\"type\":\"grpc_client_stream_close\"", ["\"7\""]),
        ("stream_id", "\"type\":\"grpc_cancel\"", ["\"7\""]),
        ("stream_id", "\"type\":\"grpc_stream_state\"", ["\"7\""]),
        ("stream_id", "\"type\":\"grpc_window_update\",\"credit\":1", ["\"7\""]),
        ("call", "\"type\":\"grpc_cancel\"", ["7"]),
        ("call", "\"type\":\"grpc_stream_state\"", ["7"]),
        ("call", "\"type\":\"grpc_window_update\",\"credit\":1", ["7"]),
        ("credit", "\"type\":\"grpc_window_update\",\"stream_id\":\"s1\"", ["7"]),
    ];

    public static TheoryData<string, string, string> Misfits()
    {
        var misfits = new TheoryData<string, string, string>();
        foreach (var (field, body, fitting) in Fields)
        {
            foreach (var value in Values.Except(fitting))
            {
                misfits.Add(field, value, $"{{\"msg_id\":5,\"{field}\":{value}{(body.Length > 0 ? "," : "")}{body}}}");
            }
        }

        return misfits;
    }

    [Theory]
    [MemberData(nameof(Misfits))]
    public void A_field_of_the_wrong_type_is_named(string field, string value, string body)
    {
        var result = NodeInProcess.Run([Lines.Init, Lines.Of(body), Lines.Open(6)]);

        result.OutputLines.Should().HaveCount(3);
        result.OutputLines[1].Should().StartWith("""{"src": "n1", "dest": "c1", "body": {"type": "error", "in_reply_to": 5, "code": 12, "text": "body.""" + field + " must be ");
        result.OutputLines[1].Should().Contain(", not " + value.Replace("\"", "\\\"", StringComparison.Ordinal) + "\"");
        result.OutputLines[2].Should().Contain("\"stream_id\": \"s1\"", "nothing was opened before");
        result.Errors.Should().BeEmpty();
    }

    [Theory]
    [InlineData("timeout_ms")]
    [InlineData("window")]
    public void Options_may_be_as_small_and_as_large_as_their_bounds(string option)
    {
        var result = NodeInProcess.Run([Lines.Init, Lines.Open(5, $",\"{option}\":2147483647"), Lines.Open(6, $",\"{option}\":1")]);

        result.OutputLines.Take(3).Skip(1).Should().AllSatisfy(line => line.Should().Contain("grpc_bidi_stream_open_ok"));
    }

    [Fact]
    public void Credit_may_be_as_small_and_as_large_as_its_bounds_and_given_again_and_again()
    {
        var credit = Enumerable.Repeat(Lines.Of("""{"type":"grpc_window_update","msg_id":6,"stream_id":"s1","credit":2147483647}"""), 3);

        var result = NodeInProcess.Run(
            [Lines.Init, Lines.Open(5, ",\"window\":1"), .. credit, Lines.Of("""{"type":"grpc_window_update","call":5,"credit":1}"""), Lines.Send(7, "s1", "a"), Lines.Send(8, "s1", "b")]);

        result.OutputLines.Count(line => line.Contains("grpc_bidi_stream_recv", StringComparison.Ordinal)).Should().Be(2);
        result.OutputLines.Should().NotContain(line => line.Contains("\"error\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("9007199254740991")]
    public void A_msg_id_may_be_as_small_and_as_large_as_its_bounds(string msgId)
    {
        var result = NodeInProcess.Run([Lines.Init, Lines.Of($"{{\"type\":\"echo\",\"msg_id\":{msgId},\"echo\":1}}")]);

        result.OutputLines[1].Should().Contain($"\"type\": \"echo_ok\", \"in_reply_to\": {msgId}, ");
    }
}
