using System.Text;
using LogWatcher.Logs;

namespace LogWatcher.Tests.Logs;

public class AsciiNameTests
{
    [Fact]
    public void Letters_may_have_any_case_and_nothing_else_may_differ()
    {
        for (var value = 0; value < 256; value++)
        {
            for (var expected = 0; expected < 128; expected++)
            {
                if (char.IsAsciiLetterUpper((char)expected))
                {
                    continue;
                }

                AsciiName.Is([(byte)'A', (byte)value], [(byte)'a', (byte)expected]).Should()
                    .Be(value < 128 && Ascii.EqualsIgnoreCase([(byte)value], [(byte)expected]), "of {0:x2} and {1:x2}", value, expected);
            }
        }
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("LEVEL", "level", true)]
    [InlineData("level", "leve", false)]
    [InlineData("leve", "level", false)]
    [InlineData("@T", "@t", true)]
    [InlineData("`T", "@t", false)]
    public void Lengths_count(string text, string name, bool isIt) =>
        AsciiName.Is(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(name)).Should().Be(isIt);
}
