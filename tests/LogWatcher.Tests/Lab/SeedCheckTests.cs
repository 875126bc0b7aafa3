using System.Text;
using System.Text.Json;
using Google.Protobuf;
using LogWatcher.Protos.Assistant;
using LogWatcher.Rpc;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Lab;

/// <summary>What seed 002 shows of protobuf, byte for byte: by the lab, and by the node's own messages.</summary>
public sealed class SeedCheckTests
{
    private const string Person =
        """{"name":"Person","fields":[{"name":"user_name","number":1,"type":"string"},{"name":"favorite_number","number":2,"type":"int64"},{"name":"interests","number":3,"type":"string","repeated":true}]}""";

    private const string PersonHex = "0a064d617274696e10b90a1a0b646179647265616d696e671a076861636b696e67";
    private const string Greet = """{"name":"GreetRequest","fields":[{"name":"user_name","number":1,"type":"string"},{"name":"institution","number":2,"type":"string"}]}""";
    private const string GreetHex = "0a055065746572120753555354656368";
    private const string GreetData = """{"user_name": "Peter", "institution": "SUSTech"}""";
    private const string ProductHex = "090000000000000c40110000000000001c40190000000000803840";

    [Fact]
    public void A_person_is_33_bytes()
    {
        var encoded = Ask(
            $$"""{"type":"proto_define","schema":{{Person}}}""",
            """{"type":"proto_encode","msg_id":2,"message":"Person","data":{"user_name":"Martin","favorite_number":1337,"interests":["daydreaming","hacking"]}}""");

        encoded.GetProperty("encoded_hex").GetString().Should().Be(PersonHex);
        encoded.GetProperty("size_bytes").GetInt32().Should().Be(33);
    }

    [Fact]
    public void A_greeting_is_16_bytes_and_its_JSON_48()
    {
        var encoded = Ask(
            $$"""{"type":"proto_define","schema":{{Greet}}}""",
            $$"""{"type":"proto_encode","msg_id":2,"message":"GreetRequest","data":{{GreetData}}}""");

        encoded.GetProperty("encoded_hex").GetString().Should().Be(GreetHex);
        encoded.GetProperty("size_bytes").GetInt32().Should().Be(16);
        encoded.GetProperty("json_size_bytes").GetInt32().Should().Be(48);
    }

    [Fact]
    public void So_is_the_GreetRequest_of_the_service()
    {
        var request = new GreetRequest { UserName = "Peter", Institution = "SUSTech" };

        Convert.ToHexStringLower(request.ToByteArray()).Should().Be(GreetHex);
        var output = new JsonOutput();
        MessageJson<GreetRequest>.Instance.Write(output, request);
        Encoding.UTF8.GetString(output.Written).Should().Be(GreetData).And.HaveLength(48);
    }

    [Fact]
    public void What_Multiply_answers_is_decoded_to_the_seeds_result()
    {
        var product = Ask(
            """{"type":"grpc_call","msg_id":2,"service":"AssistantService","method":"Multiply","encoding":"proto","request":"AAAAABIJAAAAAAAADEARAAAAAAAAHEA="}""");
        var message = CallReply.SplitBody(Convert.FromBase64String(product.GetProperty("response").GetString()!)).Should().ContainSingle().Which;

        Convert.ToHexStringLower(message.Payload).Should().Be(ProductHex);
        var decoded = Ask($$"""{"type":"proto_decode","msg_id":2,"encoded_hex":"{{Convert.ToHexStringLower(message.Payload)}}"}""");
        decoded.GetProperty("result").GetRawText().Should().Be("""{"1": 3.5, "2": 7.0, "3": 24.5}""");
        decoded.GetProperty("records").GetRawText().Should().Be(
            """[{"field_number": 1, "wire_type": 1, "wire_type_name": "I64", "payload": 3.5}, """
            + """{"field_number": 2, "wire_type": 1, "wire_type_name": "I64", "payload": 7.0}, """
            + """{"field_number": 3, "wire_type": 1, "wire_type_name": "I64", "payload": 24.5}]""");
    }

    /// <summary>The body of the answer to the last of these bodies, which has the msg_id 2.</summary>
    private static JsonElement Ask(params string[] bodies)
    {
        var result = NodeInProcess.Run([ChatLines.Init, .. bodies.Select(ChatLines.Of)]);

        result.Errors.Should().BeEmpty();
        using var answer = JsonDocument.Parse(result.OutputLines[^1]);
        var body = answer.RootElement.GetProperty("body").Clone();
        body.GetProperty("in_reply_to").GetInt32().Should().Be(2, result.OutputLines[^1]);
        return body;
    }
}
