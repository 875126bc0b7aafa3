using System.Text;
using System.Text.Json;
using Google.Protobuf;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogWatcher.Tests.Protos;

namespace LogWatcher.Tests.Rpc;

/// <summary>What a client is told whose JSON does not fit: where, what would be right, what came.</summary>
public sealed class MessageFormatExceptionTests
{
    private const string Int32 = "an integer from -2147483648 to 2147483647";

    [Theory]
    [InlineData("""{"limit":"abc"}""", "limit: expected " + Int32 + ", got \"abc\"")]
    [InlineData("""{"limit":2147483648}""", "limit: expected " + Int32 + ", got 2147483648")]
    [InlineData("""{"limit":-2147483649}""", "limit: expected " + Int32 + ", got -2147483649")]
    [InlineData("""{"limit":1.5}""", "limit: expected " + Int32 + ", got 1.5")]
    [InlineData("""{"limit":1.00000000000000000000000000000000000000000001}""", "limit: expected " + Int32 + ", got 1.00000000000000000000000000000000000000…")]
    [InlineData("""{"limit":1e400}""", "limit: expected " + Int32 + ", got 1e400")]
    [InlineData("""{"limit":1e-1}""", "limit: expected " + Int32 + ", got 1e-1")]
    [InlineData("""{"limit":true}""", "limit: expected " + Int32 + ", got true")]
    [InlineData("""{"limit":{}}""", "limit: expected " + Int32 + ", got an object")]
    [InlineData("""{"limit":[1]}""", "limit: expected " + Int32 + ", got an array")]
    [InlineData("""{"limit":""}""", "limit: expected " + Int32 + ", got \"\"")]
    [InlineData("""{"limit":" 1"}""", "limit: expected " + Int32 + ", got \" 1\"")]
    [InlineData("""{"limit":"+1"}""", "limit: expected " + Int32 + ", got \"+1\"")]
    [InlineData("""{"limit":"01"}""", "limit: expected " + Int32 + ", got \"01\"")]
    [InlineData("""{"limit":"-"}""", "limit: expected " + Int32 + ", got \"-\"")]
    [InlineData("""{"limit":"1."}""", "limit: expected " + Int32 + ", got \"1.\"")]
    [InlineData("""{"limit":"1e"}""", "limit: expected " + Int32 + ", got \"1e\"")]
    [InlineData("""{"windowMs":"x"}""", "window_ms: expected " + Int32 + ", got \"x\"")]
    [InlineData("""{"follow":1}""", "follow: expected true or false, got 1")]
    [InlineData("""{"follow":"true"}""", "follow: expected true or false, got \"true\"")]
    [InlineData("""{"filter":5}""", "filter: expected a string, got 5")]
    [InlineData("""{"filter":{"a":1}}""", "filter: expected a string, got an object")]
    [InlineData("""{"after":"x"}""", "after: expected an array, got \"x\"")]
    [InlineData("""{"after":["a",2]}""", "after[1]: expected a string, got 2")]
    [InlineData("""{"after":["a",null]}""", "after[1]: expected a string, got null")]
    [InlineData("""[1]""", "expected an object, got an array")]
    [InlineData("\"a\"", "expected an object, got \"a\"")]
    [InlineData("""17""", "expected an object, got 17")]
    public void Requests_that_do_not_fit(string json, string expected) => Refusal<WatchLogsRequest>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"a_uint32":-1}""", "a_uint32: expected an integer from 0 to 4294967295, got -1")]
    [InlineData("""{"a_fixed32":4294967296}""", "a_fixed32: expected an integer from 0 to 4294967295, got 4294967296")]
    [InlineData("""{"an_int64":9223372036854775808}""", "an_int64: expected an integer from -9223372036854775808 to 9223372036854775807, got 9223372036854775808")]
    [InlineData("""{"a_sint64":"-9223372036854775809"}""", "a_sint64: expected an integer from -9223372036854775808 to 9223372036854775807, got \"-9223372036854775809\"")]
    [InlineData("""{"a_uint64":18446744073709551616}""", "a_uint64: expected an integer from 0 to 18446744073709551615, got 18446744073709551616")]
    [InlineData("""{"a_uint64":-1}""", "a_uint64: expected an integer from 0 to 18446744073709551615, got -1")]
    [InlineData("""{"a_double":1e309}""", "a_double: expected a number from -1.7976931348623157E+308 to 1.7976931348623157E+308, \"NaN\", \"Infinity\" or \"-Infinity\", got 1e309")]
    [InlineData("""{"a_float":3.5e38}""", "a_float: expected a number from -3.4028235E+38 to 3.4028235E+38, \"NaN\", \"Infinity\" or \"-Infinity\", got 3.5e38")]
    [InlineData("""{"a_float":"nan"}""", "a_float: expected a number from -3.4028235E+38 to 3.4028235E+38, \"NaN\", \"Infinity\" or \"-Infinity\", got \"nan\"")]
    [InlineData("""{"a_float":" 1"}""", "a_float: expected a number from -3.4028235E+38 to 3.4028235E+38, \"NaN\", \"Infinity\" or \"-Infinity\", got \" 1\"")]
    [InlineData("""{"some_bytes":"a"}""", "some_bytes: expected bytes in base64, got \"a\"")]
    [InlineData("""{"some_bytes":"a*Aa"}""", "some_bytes: expected bytes in base64, got \"a*Aa\"")]
    [InlineData("""{"some_bytes":[1]}""", "some_bytes: expected bytes in base64, got an array")]
    [InlineData("""{"color":"red"}""", "color: expected one of COLOR_UNSPECIFIED, RED, CRIMSON, DARK_BLUE, or a number, got \"red\"")]
    [InlineData("""{"color":"1"}""", "color: expected one of COLOR_UNSPECIFIED, RED, CRIMSON, DARK_BLUE, or a number, got \"1\"")]
    [InlineData("""{"color":1.5}""", "color: expected " + Int32 + ", got 1.5")]
    [InlineData("""{"a_string":"\ud800"}""", "a_string: expected text, got bytes that are no UTF-8, or an escape that is half of a surrogate pair")]
    [InlineData("""{"some_bytes":"\ud800"}""", "some_bytes: expected bytes in base64, got no text")]
    [InlineData("""{"\ud800":1}""", "expected text, got bytes that are no UTF-8, or an escape that is half of a surrogate pair")]
    public void Scalars_that_do_not_fit(string json, string expected) => Refusal<Scalars>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"left":{"children":[{},{"left":{"name":7}}]}}""", "left.children[1].left.name: expected a string, got 7")]
    [InlineData("""{"by_name":{"a":{},"b c":{"name":7}}}""", "by_name[\"b c\"].name: expected a string, got 7")]
    [InlineData("""{"by_name":{"a\nb":7}}""", "by_name[\"a\\nb\"]: expected an object, got 7")]
    [InlineData("""{"by_name":{"a":null}}""", "by_name[\"a\"]: expected an object, got null")]
    [InlineData("""{"children":[null]}""", "children[0]: expected an object, got null")]
    [InlineData("""{"by_name":[]}""", "by_name: expected an object, got an array")]
    [InlineData("""{"left":"x"}""", "left: expected an object, got \"x\"")]
    [InlineData("""{"name":"a","unknown":1,"left":{"name":false}}""", "left.name: expected a string, got false")]
    public void The_path_leads_to_the_field(string json, string expected) => Refusal<Tree>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"by_int32":{"x":"a"}}""", "by_int32: expected " + Int32 + ", got \"x\"")]
    [InlineData("""{"by_bool":{"yes":1}}""", "by_bool: expected the key \"true\" or \"false\", got \"yes\"")]
    [InlineData("""{"by_uint32":{"4294967296":1}}""", "by_uint32: expected an integer from 0 to 4294967295, got \"4294967296\"")]
    [InlineData("""{"by_string":{"\udc00":"a"}}""", "by_string: expected text, got bytes that are no UTF-8, or an escape that is half of a surrogate pair")]
    [InlineData("""{"wrapped":{"1":2}}""", "wrapped[\"1\"]: expected a string, got 2")]
    public void Maps_that_do_not_fit(string json, string expected) => Refusal<Maps>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"number":1,"text":"a"}""", "text: expected one field of the oneof kind, got number as well")]
    [InlineData("""{"scalars":{"color":1},"flag":true}""", "flag: expected one field of the oneof kind, got scalars as well")]
    public void Two_fields_of_a_oneof_are_refused(string json, string expected) => Refusal<Choice>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"timestamp":"yesterday"}""", "timestamp: expected a google.protobuf.Timestamp in JSON, got \"yesterday\" (*")]
    [InlineData("""{"duration":5}""", "duration: expected a google.protobuf.Duration in JSON, got 5 (*")]
    [InlineData("""{"timestamps":["1970-01-01T00:00:00Z",1]}""", "timestamps[1]: expected a google.protobuf.Timestamp in JSON, got 1 (*")]
    [InlineData("""{"struct":[]}""", "struct: expected a google.protobuf.Struct in JSON, got [] (*")]
    [InlineData("""{"any":{"@type":"type.googleapis.com/nobody.Knows","a":1}}""", "any: expected a google.protobuf.Any in JSON, got {\"@type\": \"type.googleapis.com/nobody.Kn… (*")]
    [InlineData("""{"any":{"a":1}}""", "any: expected a google.protobuf.Any in JSON, got {\"a\": 1} (*")]
    [InlineData("""{"value":"\ud800"}""", "expected text, got*")]
    public void Well_known_types_that_do_not_fit(string json, string expected) => Refusal<WellKnown>(json).Should().Match(expected);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("""{"filter":"a""")]
    [InlineData("""{"filter":"a",}""")]
    [InlineData("""{"filter":}""")]
    [InlineData("""{"after":["a" """)]
    [InlineData("""{"other":[1 """)]
    [InlineData("""{"limit":01}""")]
    [InlineData("""{"filter":'a'}""")]
    [InlineData("""{"filter":"\x"}""")]
    [InlineData("nul")]
    public void What_is_no_json_is_refused_and_nothing_else_is_thrown(string json) => Refusal<WatchLogsRequest>(json).Should().StartWith("expected JSON, ");

    [Theory]
    [InlineData("{} {}")]
    [InlineData("{}x")]
    [InlineData("null null")]
    public void More_behind_the_message_is_refused(string json) =>
        Refusal<WatchLogsRequest>(json).Should().StartWith("expected one JSON object, got more behind it (");

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused_and_nothing_else_is_thrown()
    {
        byte[][] broken = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]];
        foreach (var bytes in broken)
        {
            byte[] value = [.. "{\"msg\":\""u8, .. bytes, .. "\"}"u8];
            byte[] name = [.. "{\""u8, .. bytes, .. "\":1}"u8];
            byte[] key = [.. "{\"fields\":{\""u8, .. bytes, .. "\":\"\"}}"u8];
            FluentActions.Invoking(() => MessageJson<LogEntry>.Instance.Parse(value)).Should().Throw<MessageFormatException>().WithMessage("msg: expected text*");
            FluentActions.Invoking(() => MessageJson<LogEntry>.Instance.Parse(name)).Should().NotThrow("an unknown field is not looked at");
            FluentActions.Invoking(() => MessageJson<LogEntry>.Instance.Parse(key)).Should().Throw<MessageFormatException>().WithMessage("fields: expected text*");
        }
    }

    [Fact]
    public void What_came_is_quoted_up_to_40_bytes_and_never_in_the_middle_of_a_character()
    {
        Refusal<WatchLogsRequest>($$"""{"limit":"{{new string('x', 40)}}"}""").Should().EndWith($"got \"{new string('x', 40)}\"");
        Refusal<WatchLogsRequest>($$"""{"limit":"{{new string('x', 41)}}"}""").Should().EndWith($"got \"{new string('x', 40)}…\"");
        Refusal<WatchLogsRequest>($$"""{"limit":"{{new string('x', 38)}}€€"}""").Should().EndWith($"got \"{new string('x', 38)}…\"");
        Refusal<WatchLogsRequest>($$"""{"limit":"x{{string.Concat(Enumerable.Repeat("😀", 20))}}"}""").Should()
            .EndWith($"got \"x{string.Concat(Enumerable.Repeat("😀", 9))}…\"");
    }

    [Fact]
    public void Every_cut_of_a_message_is_refused_and_nothing_else_is_thrown()
    {
        var whole = Encoding.UTF8.GetBytes("""{"level":"\u0041é","fields":{"a":"b","c":"d"},"x":[{"y":1.5e3}],"suppressed":"12"}""");
        MessageJson<LogEntry>.Instance.Parse(whole).Suppressed.Should().Be(12);
        for (var length = 0; length < whole.Length; length++)
        {
            var cut = whole[..length];
            FluentActions.Invoking(() => MessageJson<LogEntry>.Instance.Parse(cut)).Should().Throw<MessageFormatException>($"of {length} bytes");
        }
    }

    private static string Refusal<T>(string json)
        where T : class, IMessage<T>, new() =>
        FluentActions.Invoking(() => MessageJson<T>.Instance.Parse(Encoding.UTF8.GetBytes(json)))
            .Should().Throw<MessageFormatException>().Which.Message;
}
