using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Live;

namespace LogWatcher.Tests.Logs.Live;

public sealed class LiveWatcherTests
{
    [Fact]
    public async Task The_oldest_are_dropped_and_counted_on_the_entry_behind_them()
    {
        using var watcher = Watcher();
        for (var number = 0; number < LiveWatcher.DefaultMaxWaiting + 5; number++)
        {
            watcher.Offer(Entry(number), textBytes: 10);
        }

        (await watcher.NextAsync(default)).Should().Match<LogEntry>(entry => entry.Message == "5" && entry.Suppressed == 5);
        (await watcher.NextAsync(default)).Should().Match<LogEntry>(entry => entry.Message == "6" && entry.Suppressed == 0);
        watcher.Offer(Entry(1), textBytes: 10);
        watcher.Offer(Entry(2), textBytes: 10);
        watcher.Offer(Entry(3), textBytes: 10);
        (await watcher.NextAsync(default)).Should().Match<LogEntry>(entry => entry.Message == "8" && entry.Suppressed == 1);
    }

    [Fact]
    public async Task Long_lines_are_bounded_by_their_bytes()
    {
        using var watcher = Watcher();
        for (var number = 0; number < 100; number++)
        {
            watcher.Offer(Entry(number), textBytes: 1 << 20);
        }

        (await watcher.NextAsync(default)).Suppressed.Should().Be(100 - (LiveWatcher.MaxWaitingBytes >> 20));
    }

    [Fact]
    public async Task A_failure_of_the_feed_comes_after_what_still_waits()
    {
        using var watcher = Watcher();
        watcher.Offer(Entry(1), textBytes: 10);
        watcher.Fail(new InvalidOperationException());
        (await watcher.NextAsync(default)).Message.Should().Be("1");
        await watcher.Awaiting(it => it.NextAsync(default).AsTask()).Should().ThrowAsync<IOException>();
    }

    [Fact]
    public void A_failure_of_the_feed_is_told_to_who_is_at_its_history()
    {
        using var watcher = Watcher();
        watcher.ThrowIfFailed();
        watcher.Fail(new InvalidOperationException());
        watcher.Invoking(it => it.ThrowIfFailed()).Should().Throw<IOException>();
    }

    [Fact]
    public async Task What_was_lost_behind_the_last_entry_that_got_there_is_untold()
    {
        using var watcher = Watcher(maxWaiting: 2);
        watcher.BeginLive(historyEntries: 7);
        Offer(5);
        watcher.Untold(7).Should().Be(5, "three were dropped, and two wait");
        (await watcher.NextAsync(default)).Suppressed.Should().Be(3);
        watcher.Untold(7).Should().Be(5, "the entry that tells of them has not got there");
        watcher.Untold(8).Should().Be(1, "one waits");
        Offer(4);
        watcher.Untold(7).Should().Be(9);
        watcher.Untold(8).Should().Be(5);

        void Offer(int count)
        {
            for (var number = 0; number < count; number++)
            {
                watcher.Offer(Entry(number), textBytes: 10);
            }
        }
    }

    /// <summary>Whatever the bound: a watch that keeps up is waited for again each time.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10_000)]
    public async Task A_watch_that_catches_up_is_waited_for_again(int maxWaiting)
    {
        using var watcher = Watcher(maxWaiting);
        for (var round = 0; round < 150; round++)
        {
            for (var number = 0; number < maxWaiting; number++)
            {
                watcher.Offer(Entry(number), textBytes: 1);
            }

            watcher.HoldsUp().Should().BeTrue("round {0}", round);
            for (var number = 0; number < maxWaiting; number++)
            {
                (await watcher.NextAsync(default)).Suppressed.Should().Be(0);
            }

            watcher.HoldsUp().Should().BeFalse();
        }
    }

    /// <summary>A wait is forgiven that was short, once all has been taken; one that was longer counts.</summary>
    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public async Task A_short_wait_counts_for_nothing(int waits, bool isForgiven)
    {
        using var watcher = Watcher(10);
        var held = 0;
        for (var round = 0; round < 20; round++)
        {
            for (var number = 0; number < 10; number++)
            {
                watcher.Offer(Entry(number), textBytes: 1);
            }

            for (var wait = 0; wait < waits; wait++)
            {
                held += watcher.HoldsUp() ? 1 : 0;
            }

            for (var number = 0; number < 10; number++)
            {
                await watcher.NextAsync(default);
            }

            watcher.HoldsUp().Should().BeFalse();
        }

        // What is taken makes up for a few, 50 entries for one.
        held.Should().BeInRange(isForgiven ? 20 * waits : LiveWatcher.MaxHolds, isForgiven ? 20 * waits : LiveWatcher.MaxHolds + 4);
    }

    /// <summary>Who takes a little from time to time stays behind, and the others do not wait for it for ever: every 50 entries earn a millisecond.</summary>
    [Theory]
    [InlineData(10, 10, 100 + (10 * 10 / 50))]
    [InlineData(1_000, 0, 100)]
    [InlineData(1_000, 499, 100 + (10 * 499 / 50))]
    [InlineData(1_000, 800, 100 + (10 * 800 / 50))]
    [InlineData(10_000, 4_999, 11 * 99)]
    [InlineData(10_000, 5_000, 11 * 100)]
    public async Task A_watch_that_is_slow_is_not_waited_for_again_and_again(int maxWaiting, int taken, int expected)
    {
        using var watcher = Watcher(maxWaiting);
        Offer(maxWaiting);
        var holds = CountHolds();
        for (var round = 0; round < 10; round++)
        {
            for (var number = 0; number < taken; number++)
            {
                await watcher.NextAsync(default);
            }

            holds += CountHolds();
            Offer(taken);
            holds += CountHolds();
        }

        holds.Should().BeCloseTo(expected, 11);
        watcher.Untold(10 * taken).Should().Be(maxWaiting, "nothing was dropped");

        void Offer(int count)
        {
            for (var number = 0; number < count; number++)
            {
                watcher.Offer(Entry(number), textBytes: 1);
            }
        }

        int CountHolds()
        {
            var holds = 0;
            while (watcher.HoldsUp())
            {
                holds++;
            }

            return holds;
        }
    }

    private static LiveWatcher Watcher(int maxWaiting = LiveWatcher.DefaultMaxWaiting) =>
        new(new WatchQuery(Filter.Parse(""), true, 0, []), TimeProvider.System, maxWaiting);

    private static LogEntry Entry(int number) => new(LogLevel.Info, EntryText.Of($"{number}"), null, "");
}
