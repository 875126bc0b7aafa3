using LogWatcher.Logs.Live;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>Who shares a feed, and for how long it is kept.</summary>
public sealed class LiveFeedsTests
{
    private readonly LiveFeeds _feeds = new(selection => new LiveFeed(new WatchedNames([], selection), TimeProvider.System, hints: null, LiveWatcher.DefaultMaxWaiting));

    [Theory]
    [InlineData("", "", true)]
    [InlineData("a.log", "a.log", true)]
    [InlineData("a.log,b.log", "b.log,a.log,b.log", true)]
    [InlineData("", "a.log", false)]
    [InlineData("a.log", "a.log,b.log", false)]
    [InlineData("a.log", "A.log", false)]
    public void Watches_of_the_same_sources_share_a_feed(string first, string second, bool isShared)
    {
        using var one = _feeds.Of(Sources(first));
        using var other = _feeds.Of(Sources(second));
        ReferenceEquals(one.Feed, other.Feed).Should().Be(isShared);
        _feeds.Count.Should().Be(isShared ? 1 : 2);
    }

    /// <summary>A client may put anything into a name.</summary>
    [Theory]
    [InlineData("a\0b")]
    [InlineData("a,b")]
    [InlineData("1:a1:b")]
    [InlineData("a1:b")]
    public void No_name_passes_for_two(string name)
    {
        using var one = _feeds.Of(new SourceSelection([name]));
        using var other = _feeds.Of(new SourceSelection(["a", "b"]));
        using var none = _feeds.Of(new SourceSelection([]));
        using var empty = _feeds.Of(new SourceSelection([""]));
        _feeds.Count.Should().Be(4);
    }

    [Fact]
    public void A_feed_lasts_as_long_as_anybody_needs_it()
    {
        var first = _feeds.Of(Sources("a.log"));
        var second = _feeds.Of(Sources("a.log"));
        var feed = first.Feed;
        first.Dispose();
        using (var third = _feeds.Of(Sources("a.log")))
        {
            third.Feed.Should().BeSameAs(feed);
        }

        second.Dispose();
        _feeds.Count.Should().Be(0);
        using var next = _feeds.Of(Sources("a.log"));
        next.Feed.Should().NotBeSameAs(feed);
    }

    private static SourceSelection Sources(string names) => new(names.Split(',', StringSplitOptions.RemoveEmptyEntries));
}
