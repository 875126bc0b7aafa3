using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Reading;

/// <summary>The last time in a file, which live entries without one go by.</summary>
public sealed class LastTimeTests : IDisposable
{
    private const string Timed = "{\"time\":\"2026-11-20T10:00:00Z\",\"msg\":\"a\"}\n";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Windows of 64 KiB and then of 1 MiB each begin in the middle of a line: it is whole in the next one.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(64 * 1024)]
    [InlineData((64 + 1024) * 1024)]
    [InlineData(2_000_000)]
    public void A_time_is_found_wherever_it_stands(int bytesFromEnd)
    {
        for (var shift = -60; shift <= 60; shift += 4)
        {
            var behind = Math.Max(0, bytesFromEnd + shift);
            var text = string.Concat(Enumerable.Repeat(Untimed(500), 100)) + Timed
                + string.Concat(Enumerable.Repeat(Untimed(500), behind / 500)) + (behind % 500 > 20 ? Untimed(behind % 500) : "");
            Find(text, 0).Should().NotBeNull("it stands {0} bytes before the end", behind);
        }
    }

    [Fact]
    public void A_line_that_is_longer_than_a_window_is_looked_at_as_a_whole() =>
        Find(Timed + "{\"time\":\"2026-11-20T10:00:07Z\",\"msg\":\"" + new string('x', 900_000) + "\"}\n" + Untimed(200_000), 0)
            .Should().Be(new LogTime(1_795_168_807, 0));

    [Fact]
    public void What_stands_before_the_stretch_is_not_found() => Find(Timed + Untimed(100), Timed.Length).Should().BeNull();

    [Fact]
    public void A_history_that_has_been_read_does_not_look_again_at_what_it_knows()
    {
        var path = _folder.Write("app.log", Timed + Untimed(50));
        using var history = new History(Filter.Parse("nothing"), TimeProvider.System, keepsTimes: true);
        var file = LogFile.TryOpen(path)!;
        history.Add(file).GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
        history.Read().Count().Should().Be(0);
        using (var writer = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            writer.Write(new byte[Timed.Length]);
        }

        history.LastTimeBefore(file, new LinePosition(file.Length())).Should().NotBeNull();
    }

    [Fact]
    public void What_came_after_the_last_matches_were_counted_is_history_that_follows_them()
    {
        var path = _folder.Write("app.log", "INFO a\nINFO b\n");
        var query = new WatchQuery(Filter.Parse(""), true, 0, []) { Tail = 1 };
        using var history = new History(query.Filter, TimeProvider.System);
        history.Add(LogFile.TryOpen(path)!).GoOnTo(long.MaxValue, HistoryEnd.LeaveRest);
        var search = new TailSearch(history, query, TimeProvider.System);
        search.Find().Count().Should().Be(0);
        _folder.Append("app.log", "c\nd\n");
        history.Read().Skip((int)search.Surplus).Should().HaveCount(1, "it ends where was counted");
        history.GoOn().Should().BeTrue();
        history.Read().Count().Should().Be(2);
        history.GoOn().Should().BeFalse();
    }

    private static string Untimed(int bytes) => "{\"msg\":\"" + new string('x', bytes - 11) + "\"}\n";

    private LogTime? Find(string text, long from)
    {
        using var file = LogFile.TryOpen(_folder.Write("app.log", text))!;
        var search = new LastTimeSearch(file, new LinePosition(from), file.Length(), TimeProvider.System);
        while (search.Step())
        {
        }

        return search.Found;
    }
}
