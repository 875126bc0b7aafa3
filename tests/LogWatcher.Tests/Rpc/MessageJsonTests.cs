using System.Text;
using Google.Protobuf;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogWatcher.Tests.Protos;

namespace LogWatcher.Tests.Rpc;

/// <summary>What is read, and the form it is written in: read, then written again.</summary>
public sealed class MessageJsonTests
{
    [Theory]
    [InlineData("""{}""", """{}""")]
    [InlineData("""null""", """{}""")]
    [InlineData(""" { "msg":"disk full" , "level":"ERROR" } """, """{"level": "ERROR", "msg": "disk full"}""")]
    [InlineData("""{"fields":{"b":"1","a":"2"},"suppressed":7}""", """{"fields": {"b": "1", "a": "2"}, "suppressed": 7}""")]
    [InlineData("""{"msg":"a","unknown":{"x":[1,{"y":null}]},"level":"b","more":1}""", """{"level": "b", "msg": "a"}""")]
    [InlineData("""{"msg":"first","msg":"last"}""", """{"msg": "last"}""")]
    [InlineData("""{"msg":"first","msg":null}""", """{}""")]
    [InlineData("""{"fields":{"a":"1"},"fields":{"b":"2"}}""", """{"fields": {"b": "2"}}""")]
    [InlineData("""{"fields":{"a":"1","a":"2"}}""", """{"fields": {"a": "2"}}""")]
    [InlineData("""{"fields":{"a":"1"},"fields":null}""", """{}""")]
    [InlineData("""{"\u006dsg":"\u0041\n\"\\\/\ud83d\ude00é\u2028<"}""", "{\"msg\": \"A\\n\\\"\\\\/😀é\u2028<\"}")]
    [InlineData("""{"msg":"\u0000\u001f\u007f"}""", "{\"msg\": \"\\u0000\\u001f\u007f\"}")]
    public void Messages_are_read_leniently_and_written_in_the_courses_form(string json, string expected) =>
        Rewrite<LogEntry>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"an_int32":-2147483648}""", """{"an_int32": -2147483648}""")]
    [InlineData("""{"an_int32":2147483647}""", """{"an_int32": 2147483647}""")]
    [InlineData("""{"an_int32":5.0}""", """{"an_int32": 5}""")]
    [InlineData("""{"an_int32":1e2}""", """{"an_int32": 100}""")]
    [InlineData("""{"an_int32":1.5E+1}""", """{"an_int32": 15}""")]
    [InlineData("""{"an_int32":-500e-2}""", """{"an_int32": -5}""")]
    [InlineData("""{"an_int32":0e999999999999}""", """{}""")]
    [InlineData("""{"an_int32":-0}""", """{}""")]
    [InlineData("""{"an_int32":"42"}""", """{"an_int32": 42}""")]
    [InlineData("""{"an_int32":"\u0034\u0032"}""", """{"an_int32": 42}""")]
    [InlineData("""{"an_int32":"4.2e1"}""", """{"an_int32": 42}""")]
    [InlineData("""{"a_sint32":-1,"a_sfixed32":-2}""", """{"a_sint32": -1, "a_sfixed32": -2}""")]
    [InlineData("""{"a_uint32":4294967295,"a_fixed32":4294967295}""", """{"a_uint32": 4294967295, "a_fixed32": 4294967295}""")]
    [InlineData("""{"an_int64":9007199254740992}""", """{"an_int64": 9007199254740992}""")]
    [InlineData("""{"an_int64":9007199254740993}""", """{"an_int64": "9007199254740993"}""")]
    [InlineData("""{"an_int64":-9007199254740992}""", """{"an_int64": -9007199254740992}""")]
    [InlineData("""{"an_int64":-9007199254740993}""", """{"an_int64": "-9007199254740993"}""")]
    [InlineData("""{"an_int64":"9223372036854775807"}""", """{"an_int64": "9223372036854775807"}""")]
    [InlineData("""{"an_int64":-9223372036854775808}""", """{"an_int64": "-9223372036854775808"}""")]
    [InlineData("""{"a_sint64":-5,"a_sfixed64":"-6"}""", """{"a_sint64": -5, "a_sfixed64": -6}""")]
    [InlineData("""{"a_uint64":9007199254740992}""", """{"a_uint64": 9007199254740992}""")]
    [InlineData("""{"a_uint64":9007199254740993}""", """{"a_uint64": "9007199254740993"}""")]
    [InlineData("""{"a_uint64":"18446744073709551615"}""", """{"a_uint64": "18446744073709551615"}""")]
    [InlineData("""{"a_fixed64":18446744073709551615.000}""", """{"a_fixed64": "18446744073709551615"}""")]
    [InlineData("""{"a_float":1.5}""", """{"a_float": 1.5}""")]
    [InlineData("""{"a_float":0.1}""", """{"a_float": 0.1}""")]
    [InlineData("""{"a_float":1e-99}""", """{}""")]
    [InlineData("""{"a_float":"NaN","a_double":"-Infinity"}""", """{"a_float": "NaN", "a_double": "-Infinity"}""")]
    [InlineData("""{"a_float":"Infinity","a_double":"\u004eaN"}""", """{"a_float": "Infinity", "a_double": "NaN"}""")]
    [InlineData("""{"a_double":"24.50"}""", """{"a_double": 24.5}""")]
    [InlineData("""{"a_double":1.7976931348623157e308}""", """{"a_double": 1.7976931348623157E+308}""")]
    [InlineData("""{"a_double":5e-324}""", """{"a_double": 5E-324}""")]
    [InlineData("""{"a_double":-0.0}""", """{"a_double": -0}""")]
    [InlineData("""{"a_double":7}""", """{"a_double": 7}""")]
    [InlineData("""{"a_bool":true}""", """{"a_bool": true}""")]
    [InlineData("""{"a_bool":false}""", """{}""")]
    [InlineData("""{"a_string":""}""", """{}""")]
    [InlineData("""{"some_bytes":"+/+/"}""", """{"some_bytes": "+/+/"}""")]
    [InlineData("""{"some_bytes":"-_-_"}""", """{"some_bytes": "+/+/"}""")]
    [InlineData("""{"some_bytes":"aA=="}""", """{"some_bytes": "aA=="}""")]
    [InlineData("""{"some_bytes":"aA"}""", """{"some_bytes": "aA=="}""")]
    [InlineData("""{"some_bytes":"aGk"}""", """{"some_bytes": "aGk="}""")]
    [InlineData("""{"some_bytes":"\u0061Gk\u003d"}""", """{"some_bytes": "aGk="}""")]
    [InlineData("""{"some_bytes":""}""", """{}""")]
    [InlineData("""{"color":"RED"}""", """{"color": "RED"}""")]
    [InlineData("""{"color":"CRIMSON"}""", """{"color": "RED"}""")]
    [InlineData("""{"color":"DARK\u005fBLUE"}""", """{"color": "DARK_BLUE"}""")]
    [InlineData("""{"color":-2}""", """{"color": "DARK_BLUE"}""")]
    [InlineData("""{"color":77}""", """{"color": 77}""")]
    [InlineData("""{"color":"COLOR_UNSPECIFIED"}""", """{}""")]
    [InlineData("""{"an_int32":null,"a_string":null,"some_bytes":null,"color":null,"a_bool":null,"a_double":null}""", """{}""")]
    [InlineData("""{"an_int32":1,"an_int32":null,"some_bytes":"aGk","some_bytes":null,"color":1,"color":null}""", """{}""")]
    public void Every_scalar_has_its_json(string json, string expected) => Rewrite<Scalars>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"an_int32":0,"an_int64":0,"a_double":0,"a_bool":false,"a_string":"","some_bytes":"","color":0,"scalars":{}}""",
        """{"an_int32": 0, "an_int64": 0, "a_double": 0, "a_bool": false, "a_string": "", "some_bytes": "", "color": "COLOR_UNSPECIFIED", "scalars": {}}""")]
    [InlineData("""{"an_int32":0,"an_int32":null,"a_string":"","a_string":null,"scalars":{},"scalars":null}""", """{}""")]
    [InlineData("""{"scalars":{"an_int32":1},"scalars":{"a_bool":true}}""", """{"scalars": {"a_bool": true}}""")]
    public void Fields_with_presence_are_written_when_set(string json, string expected) => Rewrite<Optionals>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"ints":[1,"2",3.0],"longs":[1,"18446744073709551615"]}""", """{"ints": [1, 2, 3], "longs": [1, "18446744073709551615"]}""")]
    [InlineData("""{"floats":["NaN",0,1.5],"doubles":[],"bools":[true,false]}""", """{"floats": ["NaN", 0, 1.5], "bools": [true, false]}""")]
    [InlineData("""{"strings":["","a"],"blobs":["","aA"],"colors":["RED",0,9]}""", """{"strings": ["", "a"], "blobs": ["", "aA=="], "colors": ["RED", "COLOR_UNSPECIFIED", 9]}""")]
    [InlineData("""{"items":[{},{"a_bool":true,"x":[]}]}""", """{"items": [{}, {"a_bool": true}]}""")]
    [InlineData("""{"wrapped":[0,"5"],"values":[null,1,"a",[{}]]}""", """{"wrapped": [0, 5], "values": [null, 1, "a", [{}]]}""")]
    [InlineData("""{"ints":[1],"ints":[2]}""", """{"ints": [2]}""")]
    [InlineData("""{"ints":[1],"ints":null,"items":null}""", """{}""")]
    public void Lists_are_arrays(string json, string expected) => Rewrite<Lists>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"by_int32":{"-1":"a","2.0":"b"}}""", """{"by_int32": {"-1": "a", "2": "b"}}""")]
    [InlineData("""{"by_sint64":{"-9223372036854775808":"aA"}}""", """{"by_sint64": {"-9223372036854775808": "aA=="}}""")]
    [InlineData("""{"by_uint32":{"0":0,"4294967295":1.5}}""", """{"by_uint32": {"0": 0, "4294967295": 1.5}}""")]
    [InlineData("""{"by_fixed64":{"18446744073709551615":true,"1":false}}""", """{"by_fixed64": {"18446744073709551615": true, "1": false}}""")]
    [InlineData("""{"by_bool":{"true":1,"f\u0061lse":"2"}}""", """{"by_bool": {"true": 1, "false": 2}}""")]
    [InlineData("""{"by_string":{"":"","\u0061\n":"b"}}""", """{"by_string": {"": "", "a\n": "b"}}""")]
    [InlineData("""{"scalars":{"a":{},"b":{"an_int32":1}},"colors":{"x":"RED","y":0}}""", """{"scalars": {"a": {}, "b": {"an_int32": 1}}, "colors": {"x": "RED", "y": "COLOR_UNSPECIFIED"}}""")]
    [InlineData("""{"wrapped":{"1":""},"values":{"a":null,"b":{"c":1}}}""", """{"wrapped": {"1": ""}, "values": {"a": null, "b": {"c": 1}}}""")]
    public void Maps_are_objects(string json, string expected) => Rewrite<Maps>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"text":""}""", """{"text": ""}""")]
    [InlineData("""{"number":0,"before":1}""", """{"before": 1, "number": 0}""")]
    [InlineData("""{"scalars":{}}""", """{"scalars": {}}""")]
    [InlineData("""{"color":"COLOR_UNSPECIFIED"}""", """{"color": "COLOR_UNSPECIFIED"}""")]
    [InlineData("""{"nothing":null}""", """{"nothing": null}""")]
    [InlineData("""{"nothing":"NULL_VALUE"}""", """{"nothing": null}""")]
    [InlineData("""{"flag":false}""", """{"flag": false}""")]
    [InlineData("""{"blob":""}""", """{"blob": ""}""")]
    [InlineData("""{"number":1,"text":null,"scalars":null,"flag":null}""", """{"number": 1}""")]
    [InlineData("""{"number":1,"number":2}""", """{"number": 2}""")]
    [InlineData("""{"number":1,"number":null,"text":"a"}""", """{"text": "a"}""")]
    [InlineData("""{"flag":true,"flag":null,"scalars":{},"scalars":null}""", """{}""")]
    public void Of_a_oneof_the_one_that_is_set_is_written(string json, string expected) => Rewrite<Choice>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"name":"a","left":{"name":"b","left":{"children":[{"name":"c"},{}]}}}""", """{"name": "a", "left": {"name": "b", "left": {"children": [{"name": "c"}, {}]}}}""")]
    [InlineData("""{"by_name":{"x":{"by_name":{"y":{}}}}}""", """{"by_name": {"x": {"by_name": {"y": {}}}}}""")]
    public void A_message_can_hold_its_own_kind(string json, string expected) => Rewrite<Tree>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"snake_case_name":1,"renamed_field":2,"camelCase":3,"with_1_digit":4}""")]
    [InlineData("""{"snakeCaseName":1,"@other":2,"camelCase":3,"with1Digit":4}""")]
    [InlineData("""{"with1Digit":4,"camelCase":3,"renamedField":2,"snake\u005fcase_name":1}""")]
    [InlineData("""{"SNAKE_CASE_NAME":9,"snakecasename":9,"snakeCaseName":1,"renamed_field":2,"camelCase":3,"with_1_digit":4}""")]
    public void Fields_are_read_by_all_their_names_and_written_by_that_of_the_proto(string json) =>
        Rewrite<Names>(json).Should().Be("""{"snake_case_name": 1, "renamed_field": 2, "camelCase": 3, "with_1_digit": 4}""");

    [Theory]
    [InlineData("""{"timestamp":"1972-01-01T10:00:20.021Z"}""", """{"timestamp": "1972-01-01T10:00:20.021Z"}""")]
    [InlineData("""{"duration":"1.5s"}""", """{"duration": "1.500s"}""")]
    [InlineData("""{"field_mask":"a.b,fooBar"}""", """{"field_mask": "a.b,fooBar"}""")]
    [InlineData("""{"struct":{"a":[1,{"b":"\u0063"}],"d":{}}}""", """{"struct": {"a": [1, {"b": "c"}], "d": {}}}""")]
    [InlineData("""{"value":null}""", """{"value": null}""")]
    [InlineData("""{"value":[1,"a",true,{"k":null}]}""", """{"value": [1, "a", true, {"k": null}]}""")]
    [InlineData("""{"list_value":[1,[]]}""", """{"list_value": [1, []]}""")]
    [InlineData("""{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"3s"}}""", """{"any": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "3s"}}""")]
    [InlineData("""{"empty":{"x":1}}""", """{"empty": {}}""")]
    [InlineData("""{"null_value":null}""", """{}""")]
    [InlineData("""{"timestamps":["1970-01-01T00:00:00Z"],"timestamp":null,"struct":null}""", """{"timestamps": ["1970-01-01T00:00:00Z"]}""")]
    public void Well_known_types_have_a_json_of_their_own(string json, string expected) => Rewrite<WellKnown>(json).Should().Be(expected);

    [Theory]
    [InlineData("""{"a_double":0,"a_float":"NaN","an_int64":"9007199254740993","a_uint64":5}""", """{"a_double": 0, "a_float": "NaN", "an_int64": "9007199254740993", "a_uint64": 5}""")]
    [InlineData("""{"an_int32":0,"a_uint32":"1","a_bool":false,"a_string":"","some_bytes":""}""", """{"an_int32": 0, "a_uint32": 1, "a_bool": false, "a_string": "", "some_bytes": ""}""")]
    [InlineData("""{"an_int32":0,"an_int32":null,"a_string":"","a_string":null}""", """{}""")]
    public void Wrappers_are_the_value_they_wrap(string json, string expected) => Rewrite<Wrappers>(json).Should().Be(expected);

    [Fact]
    public void Well_known_types_can_be_whole_messages()
    {
        Rewrite<Google.Protobuf.WellKnownTypes.Int64Value>("\"5\"").Should().Be("5");
        Rewrite<Google.Protobuf.WellKnownTypes.BoolValue>("false").Should().Be("false");
        Rewrite<Google.Protobuf.WellKnownTypes.Empty>(" { } ").Should().Be("{}");
        Rewrite<Google.Protobuf.WellKnownTypes.Value>("null").Should().Be("null");
        Rewrite<Google.Protobuf.WellKnownTypes.Struct>("{\"a\":[1,2]}").Should().Be("{\"a\": [1, 2]}");
        Rewrite<Google.Protobuf.WellKnownTypes.Timestamp>("\"1970-01-01T00:00:01Z\"").Should().Be("\"1970-01-01T00:00:01Z\"");
    }

    [Fact]
    public void A_reader_inside_of_a_line_is_left_on_the_values_last_token()
    {
        var reader = new JsonInput("{\"data\": {\"text\": \"a\"}, \"none\": null, \"next\": 1}"u8);
        reader.Read();
        reader.Read();
        MessageJson<ChatText>.Instance.Parse(ref reader).Text.Should().Be("a");
        reader.Read();
        reader.GetString().Should().Be("none");
        MessageJson<ChatText>.Instance.Parse(ref reader).Should().Be(new ChatText());
        reader.Read();
        reader.GetString().Should().Be("next");
    }

    [Fact]
    public void Messages_nest_as_deep_as_the_reader_goes_and_no_deeper()
    {
        static string Nested(int depth) =>
            string.Concat(Enumerable.Repeat("{\"left\": ", depth - 1)) + "{\"name\": \"x\"}" + new string('}', depth - 1);
        Rewrite<Tree>(Nested(64)).Should().Be(Nested(64));
        FluentActions.Invoking(() => Rewrite<Tree>(Nested(65))).Should().Throw<MessageFormatException>();
    }

    private static string Rewrite<T>(string json)
        where T : class, IMessage<T>, new()
    {
        var message = MessageJson<T>.Instance.Parse(Encoding.UTF8.GetBytes(json));
        var output = new JsonOutput();
        MessageJson<T>.Instance.Write(output, message);
        return Encoding.UTF8.GetString(output.Written);
    }
}
