using System.Text;
using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Tests.Rpc;

public sealed class JsonRespacerTests
{
    [Theory]
    [InlineData("""{}""", """{}""")]
    [InlineData(""" [ ] """, """[]""")]
    [InlineData("null", "null")]
    [InlineData(" true ", "true")]
    [InlineData("-0.10e+05", "-0.10e+05")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("""{"a":1,"b":[true,false,null],"c":{"d":{}}}""", """{"a": 1, "b": [true, false, null], "c": {"d": {}}}""")]
    [InlineData("[[],[[]],{},{\"a\":[]}]", "[[], [[]], {}, {\"a\": []}]")]
    [InlineData("""{"k":1,"k":2,"":""}""", """{"k": 1, "k": 2, "": ""}""")]
    [InlineData("\t{\r\n  \"a\" : \"b , c : d\" ,\n\"e\":[ 1 , 2 ]}\n", "{\"a\": \"b , c : d\", \"e\": [1, 2]}")]
    [InlineData("""{"\u0061\"":"\ud83d\ude00\/\u00e9\u0000\b<>&'"}""", "{\"a\\\"\": \"😀/é\\u0000\\b<>&'\"}")]
    [InlineData("\"\u2028é😀\u007f\"", "\"\u2028é😀\u007f\"")]
    public void A_value_comes_out_as_it_came_in_the_courses_form(string json, string expected)
    {
        Respace(json).Should().Be(expected);
        Respace(expected).Should().Be(expected, "the form is stable");
    }

    [Fact]
    public void Long_escaped_text_is_copied_whole()
    {
        var text = new string('x', 1000);
        Respace($"[\"{text}\\u0041{text}\"]").Should().Be($"[\"{text}A{text}\"]");
    }

    [Fact]
    public void A_reader_inside_of_a_line_is_left_on_the_values_last_token()
    {
        var reader = new JsonInput("{\"echo\":[1,{\"a\":2}],\"next\":3}"u8);
        reader.Read();
        reader.Read();
        var output = new JsonOutput();
        JsonRespacer.Write(ref reader, output);
        Encoding.UTF8.GetString(output.Written).Should().Be("[1, {\"a\": 2}]");
        reader.TokenType.Should().Be(JsonTokenType.EndArray);
        reader.Read();
        reader.GetString().Should().Be("next");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1,")]
    [InlineData("{\"a\":")]
    [InlineData("[1,]")]
    public void What_is_no_json_is_refused(string json) => FluentActions.Invoking(() => Respace(json)).Should().Throw<JsonException>();

    [Fact]
    public void Half_a_surrogate_pair_is_refused() =>
        FluentActions.Invoking(() => Respace("[\"\\ud800\"]")).Should().Throw<InvalidOperationException>();

    private static string Respace(string json)
    {
        var output = new JsonOutput();
        var reader = new JsonInput(Encoding.UTF8.GetBytes(json));
        JsonRespacer.Write(ref reader, output);
        return Encoding.UTF8.GetString(output.Written);
    }
}
