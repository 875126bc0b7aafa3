using System.Text;
using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Tests.Rpc;

public class JsonOutputTests
{
    private const int LongestText = 70;

    /// <summary>Every length around those of vectors, and every byte of ASCII at every place of them.</summary>
    [Fact]
    public void A_string_reads_back_as_it_was()
    {
        for (var length = 0; length <= LongestText; length++)
        {
            for (var place = 0; place < length; place++)
            {
                for (var value = 0; value < 128; value++)
                {
                    var utf8 = Encoding.ASCII.GetBytes(new string('x', length));
                    utf8[place] = (byte)value;
                    var output = new JsonOutput(0);
                    output.WriteByte((byte)'[');
                    output.WriteString(utf8);
                    output.WriteByte((byte)']');
                    var reader = new Utf8JsonReader(output.Written);
                    reader.Read();
                    reader.Read();
                    if (!reader.ValueTextEquals(utf8) || !reader.Read() || reader.TokenType != JsonTokenType.EndArray)
                    {
                        Encoding.UTF8.GetString(output.Written).Should().Be($"a string with 0x{value:x2} at {place} of {length}");
                    }

                    var isEscaped = value < ' ' || value is '"' or '\\';
                    output.Length.Should().Be(length + 4 + (!isEscaped ? 0 : value < ' ' && "\b\f\n\r\t".IndexOf((char)value) < 0 ? 5 : 1));
                }
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"")]
    [InlineData("a\"b\\c\nd\u0001e\"")]
    [InlineData("é€😀, and then a \"quote\" behind more than a vector of text, \t and more of it")]
    public void Many_escapes_stand_where_they_belong(string text)
    {
        var output = new JsonOutput(0);
        output.WriteString(Encoding.UTF8.GetBytes(text));
        JsonSerializer.Deserialize<string>(output.Written).Should().Be(text);

        var ofCharacters = new JsonOutput(0);
        ofCharacters.WriteString(text);
        output.Written.ToArray().Should().Equal(ofCharacters.Written.ToArray());
    }
}
