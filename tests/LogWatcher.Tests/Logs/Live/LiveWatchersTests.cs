using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Live;

namespace LogWatcher.Tests.Logs.Live;

public sealed class LiveWatchersTests
{
    /// <summary>However many watches there are, and in whatever order they have come: one question for each filter.</summary>
    [Fact]
    public void Watches_are_grouped_by_their_filters()
    {
        var watchers = new LiveWatchers();
        var all = Enumerable.Range(0, 6).Select(number => Watcher(number % 2 == 0 ? "ERROR" : "WARN")).ToList();
        all.ForEach(watchers.Add);

        watchers.All.Should().BeEquivalentTo(all);
        watchers.Groups.Should().HaveCount(2);
        foreach (var group in watchers.Groups)
        {
            group.Watchers.Should().HaveCount(3).And.OnlyContain(watcher => ReferenceEquals(watcher.Filter, group.Filter));
        }
    }

    [Fact]
    public void With_its_last_watch_a_filter_goes()
    {
        var watchers = new LiveWatchers();
        var (first, second, other) = (Watcher("ERROR"), Watcher("ERROR"), Watcher("WARN"));
        watchers.Add(first);
        watchers.Add(second);
        watchers.Remove(first);
        watchers.Remove(other);
        watchers.Groups.Should().ContainSingle().Which.Watchers.Should().Equal(second);
        watchers.Remove(second);
        watchers.Groups.Should().BeEmpty();
        watchers.All.Should().BeEmpty();
    }

    [Fact]
    public void Those_that_need_times_are_known()
    {
        var watchers = new LiveWatchers();
        var timed = Watcher("ERROR", since: new LogTime(0, 0));
        watchers.Add(Watcher("ERROR"));
        watchers.Add(timed);
        watchers.NeedingTimes.Should().Equal(timed);
        watchers.Remove(timed);
        watchers.NeedingTimes.Should().BeEmpty();
        watchers.Groups.Should().ContainSingle().Which.Watchers.Should().HaveCount(1);
    }

    private static LiveWatcher Watcher(string filter, LogTime? since = null) => new(
        new WatchQuery(Filter.Parse(filter), Follow: true, Limit: 0, []) { Since = since }, TimeProvider.System);
}
