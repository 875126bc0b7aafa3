using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Filters;

/// <summary>The hits at usual levels that are not wanted are taken out, and no others.</summary>
public sealed class UsualLevelsTests(ITestOutputHelper output)
{
    private static readonly string Mark = LevelKeys.Marks.First(mark => "level".Contains(mark, StringComparison.Ordinal));

    private static readonly LogLevel[] All = [LogLevel.Trace, LogLevel.Debug, LogLevel.Info, LogLevel.Warn, LogLevel.Error, LogLevel.Fatal];

    private static readonly UsualLevels OfJson = Json(LogLevel.Info, LogLevel.Debug, LogLevel.Warn);

    [Theory]
    [InlineData("{'level':'INFO'}", true)]
    [InlineData("{'level':'info'}", true)]
    [InlineData("{'a':1,'level':'Warn','b':2}", true)]
    [InlineData("{'level':'DEBUG','msg':''}", true)]
    [InlineData("{'level':'ERROR'}", false)]
    [InlineData("{'level':'INFORM'}", false)]
    [InlineData("{'level':'INF'}", false)]
    [InlineData("{'level':'INFO '}", false)]
    [InlineData("{'level': 'INFO'}", false)]
    [InlineData("{'level' :'INFO'}", false)]
    [InlineData("{'Level':'INFO'}", false)]
    [InlineData("{'level_':'INFO'}", false)]
    [InlineData("{'slevel':'INFO'}", false)]
    [InlineData("{'level':'warning'}", false)]
    [InlineData("{'level':30}", false)]
    public void A_hit_is_taken_out_if_the_usual_key_has_an_unwanted_value(string text, bool isTaken)
    {
        Left(OfJson, Padded(text)).Should().HaveCount(isTaken ? 0 : 1);
    }

    [Theory]
    [InlineData("ts=1 level=info msg=x", true)]
    [InlineData("level=INFO msg", true)]
    [InlineData("level=error msg", false)]
    [InlineData("level=infos msg", false)]
    [InlineData("level=\"info\" msg", false)]
    [InlineData("level=info", true)]
    public void So_it_is_in_logfmt(string text, bool isTaken)
    {
        var usual = new UsualLevels("", "=", "", " ", [LogLevel.Info]);
        Left(usual, Encoding.ASCII.GetBytes(text + new string(' ', 16))).Should().HaveCount(isTaken ? 0 : 1);
    }

    /// <summary>Only what stands whole in the buffer is compared: sixteen bytes from the key's quote on.</summary>
    [Theory]
    [InlineData(16, 0)]
    [InlineData(15, 1)]
    public void Nothing_behind_the_buffer_is_looked_at(int lengthBytes, int left)
    {
        var text = Encoding.ASCII.GetBytes("\"level\":\"INFO\",\"more\":1}");
        Left(OfJson, text[..lengthBytes]).Should().HaveCount(left);
    }

    /// <summary>Nor what stands before it: the key's quote would.</summary>
    [Fact]
    public void Nothing_before_the_buffer_is_looked_at()
    {
        Left(OfJson, Encoding.ASCII.GetBytes("level\":\"INFO\"                ")).Should().HaveCount(1);
    }

    [Fact]
    public void Of_many_hits_those_are_left_that_are_not_usual_in_their_order()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 2_000; round++)
        {
            var unwanted = All.Where(_ => random.Next(2) == 0).ToArray();
            var text = new StringBuilder();
            var expected = new List<int>();
            for (var count = random.Next(40); count > 0; count--)
            {
                var level = random.Pick(All);
                var name = LogLevels.Name(level);
                var isUsual = random.Next(5) > 0;
                var value = random.Next(2) == 0 ? name : name.ToLowerInvariant();
                text.Append(' ', random.Next(20));
                if (!isUsual || !unwanted.Contains(level))
                {
                    expected.Add(text.Length + 1 + "level".IndexOf(Mark, StringComparison.Ordinal));
                }

                text.Append(isUsual ? $"\"level\":\"{value}\"" : $"\"level\":\"{value[1..]}\"");
            }

            Left(Json(unwanted), Padded(text.ToString())).Should().Equal(expected, "{0} are not wanted in {1}", string.Join(", ", unwanted), text);
        }
    }

    private static UsualLevels Json(params LogLevel[] unwanted) => new("\"", "\":", "\"", "\"", unwanted);

    private static byte[] Padded(string text) => Encoding.ASCII.GetBytes(text.Replace('\'', '"') + new string(' ', 16));

    private static int[] Left(UsualLevels usual, byte[] buffer)
    {
        var text = Encoding.ASCII.GetString(buffer);
        var hits = Enumerable.Range(0, text.Length).Where(place => string.Compare(text, place, Mark, 0, Mark.Length, StringComparison.OrdinalIgnoreCase) == 0).ToArray();
        return hits[..usual.TakeOut(buffer, hits)];
    }
}
