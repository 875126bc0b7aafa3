using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Live;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>Live entries that are held and sorted, on a clock of the test's own.</summary>
public sealed class SortingWindowTests(ITestOutputHelper output) : IDisposable
{
    private const int WindowMs = 100;

    private readonly ManualTimeProvider _time = new();
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>What comes, in order: <c>NAME@TIME</c>, without a time <c>NAME</c>, and <c>+MS</c> for a while; then what leaves: <c>NAME</c>, and <c>MS:</c> when.</summary>
    [Theory]
    [InlineData("a@10", "100: a")]
    [InlineData("a@10 +50 b@5", "100: b a")]
    [InlineData("a@5 +50 b@10", "100: a 150: b")]
    [InlineData("a@10 b@10 c@10", "100: a b c")]
    [InlineData("a@10 +100 b@5", "100: a b")]
    [InlineData("a@10 +100 b@5 c@7 d@4", "100: a b d 200: c")]
    [InlineData("a@10 +100 b@10", "100: a 200: b")]
    [InlineData("a@10 x b@5", "100: b a x")]
    [InlineData("x a@10 y b@5", "100: x b a y")]
    [InlineData("a@10 +120 x +10 b@9 +10 y", "100: a 130: b 220: x 240: y")]
    [InlineData("a@50 x b@20 y", "100: b a x y")]
    [InlineData("x +10 a@10 +10 y +10 b@5", "100: x 110: b a 120: y")]
    [InlineData("a@90 +100 b@20 +10 c@30 +10 d@25", "100: a b 210: d c")]
    public void Entries_leave_after_the_window_sorted(string coming, string leaving)
    {
        var window = new SortingWindow(TimeSpan.FromMilliseconds(WindowMs), _time);
        var (left, ms, lastMs) = (new List<string>(), 0, -1);
        foreach (var word in coming.Split(' ').Append("+1000"))
        {
            if (word[0] == '+')
            {
                for (var end = ms + int.Parse(word[1..], null); ms < end;)
                {
                    _time.Advance(TimeSpan.FromMilliseconds(1));
                    ms++;
                    while (window.TryTakeDue(out var due))
                    {
                        Leave(due.Entry.Message);
                    }
                }
            }
            else
            {
                var parts = word.Split('@');
                if (!window.TryHold(new WaitingEntry(Entry(parts[0]), 1), parts.Length > 1 ? new LogTime(int.Parse(parts[1], null), 0) : null))
                {
                    Leave(parts[0]);
                }
            }
        }

        string.Join(' ', left).Should().Be(leaving);
        window.Count.Should().Be(0);

        void Leave(string name)
        {
            if (lastMs != ms)
            {
                left.Add($"{lastMs = ms}:");
            }

            left.Add(name);
        }
    }

    /// <summary>Against a model that sorts a list, with a watch that is slow at times and a queue that is short.</summary>
    [Fact]
    public async Task A_queue_with_a_window_does_what_a_simple_model_says()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 200; round++)
        {
            var model = new Model(maxWaiting: random.Pick(3, 10, 1000));
            var query = new WatchQuery(Filter.Parse(""), true, 0, []) { Window = TimeSpan.FromMilliseconds(WindowMs) };
            using var watcher = new LiveWatcher(query, _time, model.MaxWaiting);
            var (offered, gone) = (0, 0L);
            for (var ms = 0; ms < 600; ms++)
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                model.Advance(ms);
                for (var count = ms < 400 && random.Next(4) == 0 ? random.Next(4) : 0; count > 0; count--)
                {
                    LogTime? time = random.Next(4) == 0 ? null : new LogTime(ms + random.Next(-150, 50), 0);
                    watcher.Offer(Entry($"{++offered}"), 1, time);
                    model.Offer($"{offered}", ms, time);
                }

                for (var count = random.Next(8) == 0 || ms > 550 ? random.Next(6) : 0; count > 0 && model.TryTake(out var expected); count--)
                {
                    var next = watcher.NextAsync(default).AsTask();
                    next.IsCompleted.Should().BeTrue("round {0}, {1} ms", round, ms);
                    var entry = await next;
                    (entry.Message, entry.Suppressed).Should().Be(expected, "round {0}, {1} ms", round, ms);
                    gone += 1 + entry.Suppressed;
                }
            }

            while (model.TryTake(out _))
            {
                gone += 1 + (await watcher.NextAsync(default)).Suppressed;
            }

            (gone + watcher.Untold(long.MaxValue)).Should().Be(offered, "what matched was delivered or suppressed");
        }
    }

    [Fact]
    public async Task A_watch_with_a_window_gets_the_entries_of_its_files_in_the_order_of_their_times()
    {
        var query = new WatchQuery(Filter.Parse("x"), true, 0, []) { Window = TimeSpan.FromSeconds(2) };
        _folder.Write("a.log", Line("x a1", 50) + Line("other", 40));
        _folder.Write("b.log", Line("x b1", 60));
        var logs = LogSet.Open([_folder.Path], _time, useHints: false);
        await using var watch = new RunningWatch(logs, query);
        await watch.Live;
        (await watch.TakeAsync(2)).Should().Equal(["x a1", "x b1"], "history is not held");

        // Another watch, which holds nothing, tells when the feed has read them.
        await using var other = new RunningWatch(logs);
        await other.Live;
        await other.TakeAsync(3);
        _folder.Append("b.log", Line("x b2", 70) + Line("x b3", 45));
        await PollAsync(2);
        _folder.Append("a.log", Line("x a2", null) + Line("x a3", 65));
        await PollAsync(2);
        var next = watch.NextAsync();
        next.IsCompleted.Should().BeFalse();
        _time.Advance(TimeSpan.FromSeconds(2));
        (await next).Should().Be("x a2", "it stands at the 40 before it");
        (await watch.TakeAsync(3)).Should().Equal("x b3", "x a3", "x b2");

        async Task PollAsync(int entries)
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            await other.TakeAsync(entries);
        }
    }

    [Fact]
    public async Task A_failure_of_the_feed_comes_after_what_is_held()
    {
        var query = new WatchQuery(Filter.Parse(""), true, 0, []) { Window = TimeSpan.FromHours(1) };
        using var watcher = new LiveWatcher(query, _time);
        watcher.Offer(Entry("a"), 1, new LogTime(2, 0));
        watcher.Offer(Entry("b"), 1, new LogTime(1, 0));
        watcher.Fail(new InvalidOperationException());
        (await watcher.NextAsync(default)).Message.Should().Be("b");
        (await watcher.NextAsync(default)).Message.Should().Be("a");
        await watcher.Awaiting(it => it.NextAsync(default).AsTask()).Should().ThrowAsync<IOException>();
    }

    private static string Line(string message, int? second) =>
        RandomLogs.Line(message, second is { } given ? new LogTime(1_795_168_800 + given, 0) : null) + "\n";

    private static LogEntry Entry(string message) => new(LogLevel.Info, EntryText.Of(message), null, "");

    /// <summary>The window in words: those that have been held long enough leave as they came, each behind all that stand before it.</summary>
    private sealed class Model(int maxWaiting)
    {
        private readonly List<string> _ready = [];
        private readonly List<(LogTime? Time, int At, string Name)> _held = [];
        private LogTime? _left;
        private long _dropped;

        public int MaxWaiting => maxWaiting;

        public void Offer(string name, int now, LogTime? time)
        {
            if (time < _left)
            {
                _ready.Add(name);
                _left = time;
            }
            else
            {
                _held.Add((time, now, name));
            }

            if (_ready.Count + _held.Count > maxWaiting)
            {
                _dropped++;
                _ready.AddRange(_ready.Count == 0 ? [RemoveNext().Name] : []);
                _ready.RemoveAt(0);
            }
        }

        public void Advance(int now)
        {
            while (_held.Count > 0 && _held[0].At + WindowMs <= now)
            {
                var next = RemoveNext();
                _ready.Add(next.Name);
                _left = next.Time ?? _left;
            }
        }

        public bool TryTake(out (string Name, long Suppressed) next)
        {
            next = _ready.Count > 0 ? (_ready[0], _dropped) : default;
            if (_ready.Count == 0)
            {
                return false;
            }

            _ready.RemoveAt(0);
            _dropped = 0;
            return true;
        }

        private (LogTime? Time, int At, string Name) RemoveNext()
        {
            var next = _held[0].Time is null ? _held[0] : _held.Where(held => held.Time is not null).OrderBy(held => held.Time).First();
            _held.Remove(next);
            return next;
        }
    }
}
