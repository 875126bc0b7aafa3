using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Live;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Tests.Logs.Live;

public sealed class LiveWatcherTests
{
    [Fact]
    public async Task The_oldest_are_dropped_and_counted_on_the_entry_behind_them()
    {
        using var watcher = new LiveWatcher(Filter.Parse(""), new SourceSelection([]));
        for (var number = 0; number < LiveWatcher.MaxWaiting + 5; number++)
        {
            watcher.Offer(Entry(number), lineBytes: 10);
        }

        (await watcher.NextAsync(default)).Should().Match<LogEntry>(entry => entry.Message == "5" && entry.Suppressed == 5);
        (await watcher.NextAsync(default)).Should().Match<LogEntry>(entry => entry.Message == "6" && entry.Suppressed == 0);
        watcher.Offer(Entry(1), lineBytes: 10);
        watcher.Offer(Entry(2), lineBytes: 10);
        watcher.Offer(Entry(3), lineBytes: 10);
        (await watcher.NextAsync(default)).Should().Match<LogEntry>(entry => entry.Message == "8" && entry.Suppressed == 1);
    }

    [Fact]
    public async Task Long_lines_are_bounded_by_their_bytes()
    {
        using var watcher = new LiveWatcher(Filter.Parse(""), new SourceSelection([]));
        for (var number = 0; number < 100; number++)
        {
            watcher.Offer(Entry(number), lineBytes: 1 << 20);
        }

        (await watcher.NextAsync(default)).Suppressed.Should().Be(100 - (LiveWatcher.MaxWaitingBytes >> 20));
    }

    [Fact]
    public async Task A_failure_of_the_feed_comes_after_what_still_waits()
    {
        using var watcher = new LiveWatcher(Filter.Parse(""), new SourceSelection([]));
        watcher.Offer(Entry(1), lineBytes: 10);
        watcher.Fail(new InvalidOperationException());
        (await watcher.NextAsync(default)).Message.Should().Be("1");
        await watcher.Awaiting(it => it.NextAsync(default).AsTask()).Should().ThrowAsync<IOException>();
    }

    private static LogEntry Entry(int number) => new(LogLevel.Info, $"{number}", null, "", []);
}
