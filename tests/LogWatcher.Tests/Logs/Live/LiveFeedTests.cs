using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Live;
using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>The feed and its watches without what is around them: what goes wrong in it, and what it keeps.</summary>
public sealed class LiveFeedTests : IDisposable
{
    private const int Queue = 10;

    private readonly TempFolder _folder = new();
    private readonly LiveFeed _feed;
    private bool _isBroken;

    public LiveFeedTests() => _feed = new LiveFeed(Unfold, _ => true, () => [_folder.Path], TimeProvider.System, useHints: false, Queue);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_watch_that_begins_after_a_failure_is_served()
    {
        using var old = Begin();
        _isBroken = true;
        await FluentActions.Awaiting(() => NextAsync(old)).Should().ThrowAsync<IOException>();

        // The old one has not left yet.
        _isBroken = false;
        using var young = Begin();
        _folder.Write("app.log", "first\n");

        (await NextAsync(young)).Message.Should().Be("first");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public void Watches_that_have_stopped_reading_hold_the_feed_up_together(int count)
    {
        var stuck = Enumerable.Range(0, count).Select(_ => Begin()).ToList();
        foreach (var watcher in stuck)
        {
            for (var number = 0; number < Queue; number++)
            {
                watcher.Offer(new LogEntry(LogLevel.None, EntryText.Of("m"), null, ""), textBytes: 1);
            }
        }

        var holds = 0;
        while (_feed.IsHeldUp())
        {
            holds++;
        }

        holds.Should().Be(LiveWatcher.MaxHolds);
        stuck.ForEach(watcher => watcher.Dispose());
    }

    [Fact]
    public async Task A_watch_does_not_remember_files_that_are_gone()
    {
        using var watcher = Begin();
        _folder.Write("stays.log", "stays\n");
        (await NextAsync(watcher)).Message.Should().Be("stays");
        for (var round = 0; round < 3; round++)
        {
            _folder.Write($"goes-{round}.log", "goes\n");
            (await NextAsync(watcher)).Message.Should().Be("goes");
            File.Delete(_folder[$"goes-{round}.log"]);
        }

        // What is deleted is kept for a while, for those who still write to it.
        await RunningNode.UntilAsync(() => watcher.Remembered == 1);
    }

    [Fact]
    public void What_is_found_again_counts_as_young()
    {
        var finished = new FinishedFiles();
        var files = Enumerable.Range(0, FinishedFiles.MaxGone + 1).Select(Follower).ToList();
        files.SkipLast(1).ToList().ForEach(finished.Add);
        finished.Remove(files[0].Identity);
        finished.Add(files[0]);
        finished.Add(files[^1]);

        finished.Trim([]);

        finished.PlaceIn(files[0].File).Should().NotBeNull();
        finished.PlaceIn(files[^1].File).Should().NotBeNull();
        finished.PlaceIn(files[1].File).Should().BeNull("it is the oldest, and there is one too many");
        files.ForEach(file => file.Dispose());
    }

    private FileFollower Follower(int number) =>
        new(LogFile.TryOpen(_folder.Write($"{number}.log", $"line of {number}\n"))!, LinePosition.Start, TimeProvider.System);

    /// <summary>A watch of everything that has joined; its history is empty.</summary>
    private LiveWatcher Begin()
    {
        var query = new WatchQuery(Filter.Parse(""), Follow: true, Limit: 0, []);
        var watcher = new LiveWatcher(query, new SourceSelection([]), TimeProvider.System, Queue);
        using var history = new History(query.Filter, TimeProvider.System, query.Range, query.NeedsLiveTimes);
        _feed.Begin(watcher, history, _feed.FindWhatHasCome(_ => true));
        _feed.TryJoin(watcher, history).Should().BeTrue();
        watcher.BeginLive(historyEntries: 0);
        return watcher;
    }

    private static async Task<LogEntry> NextAsync(LiveWatcher watcher)
    {
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        return await watcher.NextAsync(patience.Token);
    }

    private SortedSet<string> Unfold() => _isBroken
        ? throw new InvalidOperationException("it is broken")
        : new SortedSet<string>(Directory.GetFiles(_folder.Path), StringComparer.Ordinal);
}
