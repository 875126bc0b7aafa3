using LogWatcher.Lab;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Lab;

/// <summary>The lab's bounds: what is at one is carried out, what is one past it is answered, and nothing else changes.</summary>
public sealed class LabBoundTests
{
    private const string Tree = """{"name":"Tree","fields":[{"name":"tree","number":1,"type":"Tree"},{"name":"map","number":2,"type":"map<bool, Tree>"},{"name":"list","number":3,"type":"Tree","repeated":true},{"name":"numbers","number":4,"type":"int32","repeated":true}]}""";

    [Fact]
    public void A_client_defines_a_thousand_messages_and_no_more_but_those_it_has()
    {
        var thousand = Enumerable.Range(1, SchemaStore.MaxSchemasOfClient).Select(number => Define(number, $"M{number}"));

        var result = NodeInProcess.Run(
        [
            ChatLines.Init,
            .. thousand,
            Define(1001, "M1001"),
            Define(1002, "M1000", """{"name":"b","number":1,"type":"bool"}"""),
            Encode(1003, "M1000", """{"b":true}"""),
            Encode(1004, "M1", "{}"),
            Encode(1005, "M1001", "{}"),
            Define(1006, "M1001").Replace("\"c1\"", "\"c2\"", StringComparison.Ordinal),
        ]);

        result.OutputLines[1..1001].Should().OnlyContain(line => line.Contains("\"type\": \"proto_define_ok\"", StringComparison.Ordinal));
        result.OutputLines[1001].Should().Contain(
            "\"in_reply_to\": 1001, \"code\": 22, \"text\": \"this client has defined 1000 messages, and may define no more; one that it has may be defined again\"");
        result.OutputLines[1002].Should().Contain("\"in_reply_to\": 1002, \"message_name\": \"M1000\", \"field_count\": 1");
        result.OutputLines[1003].Should().Contain("\"encoded_hex\": \"0801\"");
        result.OutputLines[1004].Should().Contain("\"encoded_hex\": \"\"");
        result.OutputLines[1005].Should().Contain("\"code\": 20");
        result.OutputLines[1006].Should().Contain("\"dest\": \"c2\"").And.Contain("\"message_name\": \"M1001\"", "what one client has defined is no other's");
    }

    [Fact]
    public void A_schema_that_is_refused_leaves_the_one_that_was()
    {
        var result = NodeInProcess.Run(
        [
            ChatLines.Init,
            Define(1, "M", """{"name":"b","number":1,"type":"bool"}"""),
            Define(2, "M", """{"name":"c","number":1,"type":"bool"},{"name":"c","number":2,"type":"bool"}"""),
            Encode(3, "M", """{"b":true}"""),
        ]);

        result.OutputLines[2].Should().Contain("\"code\": 12");
        result.OutputLines[3].Should().Contain("\"encoded_hex\": \"0801\"");
    }

    [Fact]
    public void What_all_clients_have_defined_has_a_bound_too()
    {
        const int Large = SchemaStore.MaxTextBytes / 4;
        var store = new SchemaStore();
        for (var client = 1; client <= 4; client++)
        {
            store.Define($"c{client}", new MessageSchema("M", []), Large - $"c{client}".Length);
        }

        store.Invoking(full => full.Define("c1", new MessageSchema("N", []), 1)).Should().Throw<SchemaLimitException>().WithMessage("*16777216 bytes*");
        store.Invoking(full => full.Define("c5", new MessageSchema("M", []), 1)).Should().Throw<SchemaLimitException>();
        store.Define("c1", new MessageSchema("M", []), 100);
        store.Define("c5", new MessageSchema("M", []), 100);
        store.Of("c5").Count.Should().Be(1);
    }

    [Theory]
    [InlineData(SchemaReader.MaxFields, "\"field_count\": 1000")]
    [InlineData(SchemaReader.MaxFields + 1, "\"code\": 12, \"text\": \"body.schema.fields[1000]: a message has at most 1000 fields\"")]
    public void A_message_has_a_thousand_fields(int count, string answer)
    {
        var fields = string.Join(',', Enumerable.Range(1, count).Select(number => $$"""{"name":"f{{number}}","number":{{number}},"type":"bool"}"""));

        NodeInProcess.Run([ChatLines.Init, Define(2, "M", fields)]).OutputLines[1].Should().Contain(answer);
    }

    [Theory]
    [InlineData(SchemaReader.MaxNameChars, "\"field_count\": 0")]
    [InlineData(SchemaReader.MaxNameChars + 1, "\"code\": 12, \"text\": \"body.schema.name: expected an identifier")]
    public void A_name_has_255_characters(int length, string answer)
    {
        NodeInProcess.Run([ChatLines.Init, Define(2, new string('x', length))]).OutputLines[1].Should().Contain(answer);
    }

    [Theory]
    [InlineData("tree", 1)]
    [InlineData("list", 1)]
    [InlineData("map", 2)]
    public void Messages_nest_thirty_deep_both_ways(string field, int levels)
    {
        var lab = new LabClient();
        lab.Define(Tree);
        var deepest = MessageValue.MaxDepth / levels;
        var (data, bytes) = Nested(lab, field, deepest);

        lab.DataOf(bytes, "Tree").Should().Be(data);
        lab.Invoking(client => client.Encode("Tree", Around(field, data))).Should().Throw<LogWatcher.Rpc.MessageFormatException>().WithMessage("*nest at most 30 deep*");
        lab.Invoking(client => client.Decode(Around(field, bytes), "Tree")).Should().Throw<WireFormatException>().WithMessage("*nest at most 30 deep*");
    }

    [Fact]
    public void The_deepest_answer_is_a_line_that_the_node_would_read()
    {
        foreach (var field in new[] { "tree", "list", "map" })
        {
            var lab = new LabClient();
            lab.Define(Tree);
            var (_, bytes) = Nested(lab, field, field == "map" ? MessageValue.MaxDepth / 2 : MessageValue.MaxDepth);
            var decode = ChatLines.Of($$"""{"type":"proto_decode","msg_id":3,"message":"Tree","encoded_hex":"{{Convert.ToHexString(bytes)}}"}""");

            var answer = NodeInProcess.Run([ChatLines.Init, ChatLines.Of($$"""{"type":"proto_define","schema":{{Tree}}}"""), decode]).OutputLines[1];

            answer.Should().Contain("proto_decode_ok");
            NodeInProcess.Run([ChatLines.Init, answer.Replace("\"in_reply_to\": 3, ", "", StringComparison.Ordinal)]).OutputLines[1]
                .Should().Contain("\"code\": 10", "it is of an unknown type, and well-formed");
        }
    }

    [Theory]
    [InlineData(MessageValue.MaxDepth - 1, null)]
    [InlineData(MessageValue.MaxDepth, MessageValue.MaxDepth - 1)]
    [InlineData(1_000_000, MessageValue.MaxDepth - 1)]
    public void Groups_nest_no_deeper_than_messages(int depth, int? offset)
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)0x0b, depth), .. Enumerable.Repeat((byte)0x0c, depth)];
        var decode = () => new LabClient().Decode(bytes);

        if (offset is null)
        {
            LabClient.ResultOf(decode()).Should().StartWith("{\"1\": {\"1\": ");
        }
        else
        {
            decode.Should().Throw<WireFormatException>().Which.Offset.Should().Be(offset);
        }
    }

    [Theory]
    [InlineData(MessageDecoder.MaxRecords, null)]
    [InlineData(MessageDecoder.MaxRecords + 1, 2 * MessageDecoder.MaxRecords)]
    public void So_many_records_are_taken_apart(int count, int? offset)
    {
        byte[] bytes = [.. Enumerable.Repeat<byte[]>([0x08, 0x01], count).SelectMany(record => record)];
        var decode = () => new LabClient().Decode(bytes);

        if (offset is null)
        {
            decode().Should().HaveCount(count);
        }
        else
        {
            decode.Should().Throw<WireFormatException>().Which.Offset.Should().Be(offset);
        }
    }

    [Fact]
    public void A_line_of_empty_messages_takes_no_more_than_its_like()
    {
        var fields = string.Join(',', Enumerable.Range(1, SchemaReader.MaxFields).Select(number => $$"""{"name":"f{{number}}","number":{{number}},"type":"M","repeated":true}"""));
        var lab = new LabClient();
        lab.Define($$"""{"name":"M","fields":[{{fields}}]}""");
        var data = $$"""{"f1":[{{string.Join(',', Enumerable.Repeat("{}", 1_000_000))}}]}""";
        var before = GC.GetAllocatedBytesForCurrentThread();

        lab.Encode("M", data).Should().HaveCount(2_000_000);

        // A few dozen bytes an empty message, not the eight thousand that room for all its fields would be.
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1_000_000_000);
    }

    [Fact]
    public void Only_who_asks_with_a_msg_id_is_answered_unless_something_is_wrong()
    {
        var result = NodeInProcess.Run(
        [
            ChatLines.Init,
            ChatLines.Of("""{"type":"proto_define","schema":{"name":"M","fields":[{"name":"b","number":1,"type":"bool"}]}}"""),
            ChatLines.Of("""{"type":"proto_encode","message":"M","data":{"b":true}}"""),
            ChatLines.Of("""{"type":"proto_decode","encoded_hex":"0801","message":"M"}"""),
            ChatLines.Of("""{"type":"proto_encode","message":"M","data":{"b":1}}"""),
            ChatLines.Of("""{"type":"proto_encode","msg_id":5,"message":"M"}"""),
        ]);

        result.OutputLines[1].Should().Be(
            """{"src": "n1", "dest": "c1", "body": {"type": "error", "code": 12, "text": "body.data.b: expected true or false, got 1", "msg_id": 1}}""");
        result.OutputLines[2].Should().Be(
            """{"src": "n1", "dest": "c1", "body": {"type": "proto_encode_ok", "in_reply_to": 5, "encoded_hex": "", "size_bytes": 0, "json_size_bytes": 2, "msg_id": 2}}""");
    }

    [Theory]
    [InlineData("""{"type":"proto_define","msg_id":5}""", "body.schema is missing: it must be an object")]
    [InlineData("""{"type":"proto_define","msg_id":5,"schema":"M"}""", "body.schema must be an object, not \"M\"")]
    [InlineData("""{"type":"proto_encode","msg_id":5,"data":{}}""", "body.message is missing: it must be a string")]
    [InlineData("""{"type":"proto_encode","msg_id":5,"message":7,"data":{}}""", "body.message must be a string, not 7")]
    [InlineData("""{"type":"proto_decode","msg_id":5}""", "body.encoded_hex is missing: it must be a string")]
    [InlineData("""{"type":"proto_decode","msg_id":5,"encoded_hex":8}""", "body.encoded_hex must be a string, not 8")]
    [InlineData("""{"type":"proto_decode","msg_id":5,"encoded_hex":"","message":null}""", "body.message must be a string, not null")]
    public void What_is_missing_or_of_another_type_is_named(string body, string text)
    {
        NodeInProcess.Run([ChatLines.Init, ChatLines.Of(body)]).OutputLines[1].Should()
            .Contain("\"in_reply_to\": 5, \"code\": 12, \"text\": " + System.Text.Json.JsonSerializer.Serialize(text, Relaxed));
    }

    [Fact]
    public void Data_that_a_stream_has_read_in_passing_is_read_again()
    {
        var result = NodeInProcess.Run(
        [
            ChatLines.Init,
            ChatLines.Open(2),
            ChatLines.Of("""{"type":"proto_define","schema":{"name":"M","fields":[{"name":"text","number":1,"type":"string"}]}}"""),
            ChatLines.Of("""{"type":"proto_encode","msg_id":5,"message":"M","stream_id":"s1","data": {"text":"a"}}"""),
        ]);

        result.OutputLines[2].Should().Contain("\"encoded_hex\": \"0a0161\", \"size_bytes\": 3, \"json_size_bytes\": 13");
    }

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Define(int msgId, string name, string fields = "") =>
        ChatLines.Of($$$"""{"type":"proto_define","msg_id":{{{msgId}}},"schema":{"name":"{{{name}}}","fields":[{{{fields}}}]}}""");

    private static string Encode(int msgId, string message, string data) =>
        ChatLines.Of($$"""{"type":"proto_encode","msg_id":{{msgId}},"message":"{{message}}","data":{{data}}}""");

    /// <summary>A message so many deep, as JSON and as bytes; the innermost holds a list.</summary>
    private static (string Data, byte[] Bytes) Nested(LabClient lab, string field, int depth)
    {
        var data = """{"numbers": [1, 2]}""";
        for (var level = 1; level < depth; level++)
        {
            data = Around(field, data);
        }

        return (data, lab.Encode("Tree", data));
    }

    private static string Around(string field, string data) => field switch
    {
        "tree" => $$"""{"tree": {{data}}}""",
        "list" => $$"""{"list": [{{data}}]}""",
        _ => $$$"""{"map": {"true": {{{data}}}}}""",
    };

    private static byte[] Around(string field, byte[] bytes)
    {
        var writer = new WireWriter();
        writer.WriteTag(field switch { "tree" => 1, "map" => 2, _ => 3 }, WireType.Len);
        var start = writer.BeginLengthDelimited();
        if (field == "map")
        {
            writer.WriteTag(2, WireType.Len);
        }

        writer.WriteLengthDelimited(bytes);
        if (field == "map")
        {
            writer.EndLengthDelimited(start);
        }

        return writer.Written.ToArray();
    }
}
