using LogWatcher.Logs;
using LogWatcher.Logs.Collected;
using LogWatcher.Logs.Filters;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;
using Entry = LogWatcher.Logs.LogEntry;

namespace LogWatcher.Tests.Logs.Collected;

/// <summary>What clients have sent, watched like any log: alone, beside the sample, and merged with files.</summary>
public sealed class CollectedWatchTests(ITestOutputHelper log) : IDisposable
{
    private const int Rounds = 200;

    private static readonly LogTime Now = LogTime.From(new ManualTimeProvider().GetUtcNow());

    private readonly TempFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    // The clock stands at 2026-11-21T00:00:00Z.
    [Theory]
    [InlineData("""{"sources":["c*"]}""", "a1 b1 a2")]
    [InlineData("""{"sources":["c1"]}""", "a1 a2")]
    [InlineData("""{"sources":["nobody"]}""", "")]
    [InlineData("""{"sources":["c*"],"limit":1}""", "a1")]
    [InlineData("""{"sources":["c*"],"tail":2}""", "b1 a2")]
    [InlineData("""{"tail":1}""", "a2")]
    [InlineData("""{"tail":2,"limit":1}""", "b1")]
    [InlineData("""{"filter":"ERROR","tail":2}""", "timeout b1")]
    [InlineData("""{"filter":"ERROR"}""", "disk full,connection reset,timeout,b1")]
    [InlineData("""{"filter":"level >= WARN","sources":["c*"]}""", "b1 a2")]
    [InlineData("""{"filter":"code >= 500"}""", "b1")]
    [InlineData("""{"filter":"\"out of paper\""}""", "b1")]
    [InlineData("""{"filter":"source = c1"}""", "a1 a2")]
    [InlineData("""{"since":"2h"}""", "b1 a2")]
    [InlineData("""{"since":"7199s"}""", "a2")]
    [InlineData("""{"until":"2h"}""", "a1")]
    [InlineData("""{"since":"0s"}""", "a2")]
    [InlineData("""{"since":"3h","until":"0s"}""", "a1 b1")]
    public async Task A_watch_asks_for_it_as_for_any_log(string request, string expected)
    {
        var logs = LogSet.OpenSample();
        Add(logs, "c1", "a1", -10_800, "info");
        Add(logs, "c2", "b1", -7_200, "E", ("code", "500"), ("text", "out of paper"));
        Add(logs, "c1", "a2", 0, "WARNING");

        var entries = await WatchAsync(logs, request);
        entries.Select(entry => entry.Msg).Should().Equal(expected.Split(expected.Contains(',', StringComparison.Ordinal) ? ',' : ' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_watch_that_follows_gets_it_at_once_from_every_client()
    {
        var logs = LogSet.OpenSample();
        Add(logs, "c1", "before", 0);
        await using var all = new RunningWatch(logs, "", "c*");
        await using var one = new RunningWatch(logs, "later", "c2");
        (await all.NextAsync()).Should().Be("before");
        await all.Live;
        await one.Live;
        Add(logs, "c2", "later", 1);
        var entry = await all.NextEntryAsync();
        (entry.Message, entry.Source, entry.Level, entry.Time).Should().Be(("later", "c2", LogLevel.Info, Now.Minus(-1_000_000_000)));
        (await one.NextAsync()).Should().Be("later");
    }

    [Fact]
    public async Task Beside_files_it_stands_where_its_time_does_and_goes_on_live()
    {
        _folder.Write("app.log", Line("f1", -30) + Line("f2", -10));
        var logs = LogSet.Open([_folder.Path], _time, useHints: false);
        Add(logs, "c1", "a1", -20);
        Add(logs, "c1", "a2", -5);
        await using var watch = new RunningWatch(logs);
        (await watch.TakeAsync(4)).Should().Equal("f1", "a1", "f2", "a2");
        await watch.Live;
        Add(logs, "c1", "a3", -100);
        (await watch.NextAsync()).Should().Be("a3");
    }

    /// <summary>The last of all logs are the last of what a watch without a tail gets.</summary>
    [Fact]
    public async Task A_tail_is_the_end_of_the_merged_history_and_a_limit_its_beginning()
    {
        var random = Randomness.Create(log);
        for (var round = 0; round < Rounds / 4; round++)
        {
            using var folder = new TempFolder();
            var ages = Enumerable.Range(0, random.Next(12)).Select(_ => -random.Next(10)).Order().ToArray();
            folder.Write("app.log", string.Concat(ages.Select((age, index) => Line($"f{index}", age))));
            var logs = LogSet.Open([folder.Path], _time, useHints: false);
            var count = 0;
            foreach (var age in Enumerable.Range(0, random.Next(12)).Select(_ => -random.Next(10)).Order())
            {
                Add(logs, $"c{random.Next(2)}", $"a{count++}", age);
            }

            var all = await ReadAsync(logs, new WatchQuery(Filter.Parse(""), false, 0, []));
            all.Should().HaveCount(ages.Length + count);
            all.Select(entry => entry.Time).Should().BeInAscendingOrder(StringComparer.Ordinal);
            for (var wanted = 1; wanted < all.Count + 2; wanted++)
            {
                (await ReadAsync(logs, new WatchQuery(Filter.Parse(""), false, 0, []) { Tail = wanted })).Should().Equal(all.TakeLast(wanted), "round {0}", round);
                (await ReadAsync(logs, new WatchQuery(Filter.Parse(""), false, wanted, []))).Should().Equal(all.Take(wanted), "round {0}", round);
            }
        }
    }

    /// <summary>Whoever keeps the latest cursor of each source gets the rest: none lost, none twice.</summary>
    [Fact]
    public async Task A_watch_goes_on_behind_its_cursors()
    {
        _folder.Write("app.log", Line("f1", -30) + Line("f2", -10));
        var logs = LogSet.Open([_folder.Path], _time, useHints: false);
        string[] clients = ["c1", "c2", "c1", "c3", "c2", "c1"];
        for (var index = 0; index < clients.Length; index++)
        {
            Add(logs, clients[index], $"a{index}", (index * 5) - 32);
        }

        var all = await WatchAsync(logs, "{}");
        all.Should().HaveCount(8);
        for (var taken = 1; taken <= all.Count; taken++)
        {
            var cursors = all.Take(taken).GroupBy(entry => entry.Source).Select(entries => entries.Last().Cursor);
            var request = new WatchLogsRequest { After = { cursors } };
            (await WatchAsync(logs, request.ToString())).Select(entry => entry.Msg).Should().Equal(all.Skip(taken).Select(entry => entry.Msg));
        }
    }

    [Fact]
    public async Task A_cursor_is_good_as_long_as_what_came_behind_it_is_there()
    {
        var logs = LogSet.OpenSample(new CollectedLog(maxEntries: 3));
        Add(logs, "c1", "a1", 0);
        Add(logs, "c2", "b1", 0);
        var first = await WatchAsync(logs, """{"sources":["c*"]}""");
        Add(logs, "c1", "a2", 0);
        var third = (await WatchAsync(logs, """{"tail":1}"""))[0];
        Add(logs, "c1", "a3", 0);
        Add(logs, "c1", "a4", 0);

        // a1 and b1 have gone, and whoever had them misses nothing; with a2 gone, whoever had only a1 does.
        (await AfterAsync(first[0].Cursor)).Should().Equal("a2", "a3", "a4");
        (await AfterAsync(first[1].Cursor)).Should().Equal("a2", "a3", "a4");
        Add(logs, "c1", "a5", 0);
        (await AfterAsync(third.Cursor)).Should().Equal("a3", "a4", "a5");
        (await AfterAsync(first[1].Cursor)).Should().Equal("a3", "a4", "a5");
        var failure = await this.Awaiting(_ => AfterAsync(first[0].Cursor)).Should().ThrowAsync<RpcException>();
        failure.Which.Status.Code.Should().Be(StatusCode.OutOfRange);
        failure.Which.Message.Should().Contain($"{first[0].Cursor} is gone");

        async Task<IEnumerable<string>> AfterAsync(string cursor) =>
            (await WatchAsync(logs, $$"""{"after":["{{cursor}}"],"sources":["c*"]}""")).Select(entry => entry.Msg);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task A_cursor_of_another_run_is_out_of_range(bool isSample, bool follow)
    {
        _folder.Write("app.log", Line("f1", -30));
        var earlier = Open();
        Add(earlier, "c1", "a1", 0);
        var cursor = (await WatchAsync(earlier, """{"sources":["c1"]}""")).Single().Cursor;
        var later = Open();
        Add(later, "c1", "a1", 0);

        var failure = await this.Awaiting(_ => WatchAsync(later, new WatchLogsRequest { After = { cursor }, Follow = follow, Limit = 1 }.ToString()))
            .Should().ThrowAsync<RpcException>();
        failure.Which.Status.Code.Should().Be(StatusCode.OutOfRange);
        failure.Which.Message.Should().Contain("after: ").And.Contain($"{cursor} is gone");

        LogSet Open() => isSample ? LogSet.OpenSample() : LogSet.Open([_folder.Path], _time, useHints: false);
    }

    [Theory]
    [InlineData(LogWatcherService.MaxCursors, true)]
    [InlineData(LogWatcherService.MaxCursors + 1, false)]
    public async Task A_watch_goes_on_behind_so_many_cursors_at_most(int cursors, bool mayResume)
    {
        var logs = LogSet.OpenSample();
        for (var client = 0; client < cursors; client++)
        {
            Add(logs, $"c{client}", "seen", 0);
        }

        var after = (await WatchAsync(logs, """{"sources":["c*"]}""")).Select(entry => entry.Cursor);
        Add(logs, "c0", "new", 0);
        var resuming = this.Awaiting(_ => WatchAsync(logs, new WatchLogsRequest { After = { after }, Sources = { "c*" } }.ToString()));
        if (mayResume)
        {
            (await resuming.Should().NotThrowAsync()).Which.Select(entry => entry.Msg).Should().Equal("new");
        }
        else
        {
            var failure = (await resuming.Should().ThrowAsync<RpcException>()).Which.Status;
            (failure.Code, failure.Message).Should().Be((StatusCode.InvalidArgument, "after: expected at most 10000, got 10001"));
        }
    }

    /// <summary>Each glob is compared with every name.</summary>
    [Theory]
    [InlineData(LogWatcherService.MaxSourcesLength, null)]
    [InlineData(LogWatcherService.MaxSourcesLength + 1, "sources: expected at most 65536 characters in all, got 65537")]
    [InlineData(0, "sources: expected globs on the names of files, got an empty one")]
    public async Task Sources_are_so_long_at_most(int length, string? problem)
    {
        var logs = LogSet.OpenSample();
        Add(logs, "c0", "seen", 0);
        string[] sources = length == 0 ? ["c*", ""] : [new string('x', length - 2), "c*"];
        var watching = this.Awaiting(_ => WatchAsync(logs, new WatchLogsRequest { Sources = { sources } }.ToString()));
        if (problem is null)
        {
            (await watching.Should().NotThrowAsync()).Which.Select(entry => entry.Msg).Should().Equal("seen");
            return;
        }

        var failure = (await watching.Should().ThrowAsync<RpcException>()).Which.Status;
        (failure.Code, failure.Message).Should().Be((StatusCode.InvalidArgument, problem));
    }

    /// <summary>Whatever a watch wants and however slowly it takes it: what it is given and what it is told it has lost are all.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task For_every_watch_what_is_delivered_and_what_is_suppressed_are_all_that_matched(bool isSample)
    {
        var random = Randomness.Create(log);
        _folder.Write("app.log", "");
        for (var round = 0; round < Rounds; round++)
        {
            var collected = new CollectedLog(maxEntries: random.Next(1, 6));
            var queue = random.Next(1, 4);
            var logs = isSample ? LogSet.OpenSample(collected, queue) : LogSet.Open([_folder.Path], _time, useHints: false, queue, collected);
            var watches = new List<SlowWatch>();
            for (var number = 0; number < 60; number++)
            {
                switch (random.Next(4))
                {
                    case 0 when watches.Count < 4:
                        var watch = new SlowWatch(logs, random.Pick("", "ERROR", "level >= WARN"), collected.LastNumber == 0 ? 0 : await KeptAsync(collected));
                        watches.Add(watch);
                        await watch.BeginAsync();
                        break;
                    case 1 when watches.Count > 0:
                        watches[random.Next(watches.Count)].TryTake();
                        break;
                    default:
                        var level = random.Pick("INFO", "WARN", "ERROR");
                        watches.ForEach(watch => watch.Count(level));
                        Add(logs, "c1", level, number, level);
                        break;
                }
            }

            foreach (var watch in watches)
            {
                watch.AccountedNow.Should().Be(watch.Matched, "round {0}", round);
                watch.Count("ERROR");
            }

            Add(logs, "c1", "the end", 60, "ERROR");
            foreach (var watch in watches)
            {
                using (watch)
                {
                    (await watch.DrainAsync()).Should().Be(watch.Matched, "round {0}", round);
                }
            }
        }

        static async Task<int> KeptAsync(CollectedLog collected)
        {
            using var watch = collected.Watch(new WatchQuery(Filter.Parse(""), false, 0, []), new([]), []);
            return (int)await watch.CountAsync(default);
        }
    }

    /// <summary>A search that finds nothing for long is done in turns: in between entries come and go, and it can be ended.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    public async Task A_long_search_gives_way_to_what_comes_and_loses_nothing_uncounted(int tail)
    {
        const int Kept = 5_000;
        var logs = LogSet.OpenSample(new CollectedLog(Kept));
        for (var number = 1; number <= Kept; number++)
        {
            Add(logs, "c1", $"{number}", 0, number is 1 or 2 or 3 or 10 or 1_500 or 2_500 or Kept ? "ERROR" : "INFO");
        }

        var drops = new WatchDrops();
        var turns = new Turns();
        var query = new WatchQuery(Filter.Parse("ERROR"), false, 0, ["c1"]) { Tail = tail };
        var all = turns.Begin(() => ListAsync(query, default));
        for (; !all.IsCompleted; turns.Count.Should().BeLessThan(100))
        {
            // What goes has been counted for the tail, or not; been passed over, or not: it comes to the same.
            Enumerable.Range(0, 400).ToList().ForEach(_ => Add(logs, "c1", "new", 0, "ERROR"));
            turns.Next();
        }

        turns.Count.Should().BeGreaterThan(2);
        var entries = await all;
        entries[^1].Message.Should().Be($"{Kept}");
        (entries.Sum(entry => 1 + entry.Suppressed) + drops.Untold(entries.Count)).Should().Be(tail == 0 ? 7 : Math.Min(tail, 7));

        using var cancel = new CancellationTokenSource();
        var ended = turns.Begin(() => ListAsync(query with { Filter = Filter.Parse("nothing") }, cancel.Token));
        await cancel.CancelAsync();
        var before = turns.Count;
        while (!ended.IsCompleted)
        {
            turns.Next();
        }

        // The one in which it learns of it, and the one in which that is told.
        ended.IsCanceled.Should().BeTrue();
        (turns.Count - before).Should().Be(2);

        // In turns throughout, which ToListAsync is not.
        async Task<List<Entry>> ListAsync(WatchQuery asked, CancellationToken cancellationToken)
        {
            var list = new List<Entry>();
            await foreach (var entry in logs.WatchAsync(asked, () => { }, cancellationToken, drops))
            {
                list.Add(entry);
            }

            return list;
        }
    }

    private static void Add(LogSet logs, string source, string message, int seconds, string level = "INFO", params (string, string)[] fields) =>
        logs.Collected.Add(CollectedEntry.From(
            source, level, message, Now.Minus(-seconds * 1_000_000_000L).ToString(), fields.Select(field => KeyValuePair.Create(field.Item1, field.Item2)), Now)!);

    private static string Line(string message, int seconds) => RandomLogs.Line(message, Now.Minus(-seconds * 1_000_000_000L)) + "\n";

    private static async Task<List<(string Time, string Source, string Message)>> ReadAsync(LogSet logs, WatchQuery query) =>
        await logs.WatchAsync(query, () => { }, default).Select(entry => (entry.Time.ToString()!, entry.Source, entry.Message)).ToListAsync();

    private async Task<List<LogWatcher.Protos.V1.LogEntry>> WatchAsync(LogSet logs, string request) =>
        await new LogWatcherService(logs).WatchLogs(WatchLogsRequest.Parser.ParseJson(request), new PlainCall(time: _time))
            .Select(ShownEntries.Copy).ToListAsync();

    /// <summary>A watch that follows what one client sends, and takes an entry only when it is told to.</summary>
    private sealed class SlowWatch(LogSet logs, string filter, int there) : IDisposable
    {
        private readonly CancellationTokenSource _cancel = new();
        private readonly TaskCompletionSource _live = new();
        private readonly string[] _levels = filter switch { "" => ["INFO", "WARN", "ERROR"], "ERROR" => ["ERROR"], _ => ["WARN", "ERROR"] };
        private IAsyncEnumerator<Entry> _entries = null!;
        private Task<bool> _next = null!;
        private readonly WatchDrops _drops = new();
        private long _delivered;
        private long _accounted;

        /// <summary>What should come; of what was there before, what came or is told.</summary>
        public long Matched { get; private set; }

        /// <summary>What came, and what would be told if the watch were ended now; before it is live its history still waits.</summary>
        public long AccountedNow => _live.Task.IsCompleted ? _accounted + _drops.Untold(_delivered) : Matched;

        public void Count(string level) => Matched += _levels.Contains(level) ? 1 : 0;

        public async Task BeginAsync()
        {
            var query = new WatchQuery(Filter.Parse(filter), Follow: true, Limit: 0, ["c1"]);
            Matched = await logs.WatchAsync(query with { Follow = false }, () => { }, default).CountAsync();
            Matched.Should().BeLessThanOrEqualTo(there);
            _entries = logs.WatchAsync(query, _live.SetResult, _cancel.Token, _drops).GetAsyncEnumerator();
            _next = _entries.MoveNextAsync().AsTask();

            // Reading files goes on elsewhere: the watch has begun once it has its first entry, or is live.
            await Task.WhenAny(_next, _live.Task).WaitAsync(RunningNode.Patience);
        }

        public void TryTake()
        {
            if (_next.IsCompleted)
            {
                _delivered++;
                _accounted += 1 + _entries.Current.Suppressed;
                _next = _entries.MoveNextAsync().AsTask();
            }
        }

        /// <returns>How many were delivered or told.</returns>
        public async Task<long> DrainAsync()
        {
            string last;
            do
            {
                await _next.WaitAsync(RunningNode.Patience);
                last = _entries.Current.Message;
                TryTake();
            }
            while (last != "the end");

            await _cancel.CancelAsync();
            await FluentActions.Awaiting(() => _next).Should().ThrowAsync<OperationCanceledException>();
            return _accounted;
        }

        public void Dispose() => _cancel.Dispose();
    }
}
