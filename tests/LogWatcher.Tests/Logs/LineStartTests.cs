using LogWatcher.Logs;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs;

public sealed class LineStartTests(ITestOutputHelper output)
{
    [Fact]
    public void It_is_behind_the_last_line_feed_before_the_place()
    {
        var random = Randomness.Create(output);
        for (var count = 0; count < 20_000; count++)
        {
            var text = new byte[random.Next(200)];
            for (var feeds = random.Next(4); feeds > 0 && text.Length > 0; feeds--)
            {
                text[random.Next(text.Length)] = (byte)'\n';
            }

            var place = random.Next(text.Length + 1);
            LineStart.Before(text, place).Should().Be(text.AsSpan(0, place).LastIndexOf((byte)'\n') + 1);
        }
    }
}
