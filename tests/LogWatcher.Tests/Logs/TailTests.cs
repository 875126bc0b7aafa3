using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs;

/// <summary>Watches that begin with the last matches.</summary>
public sealed class TailTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("ERROR", 1, "timeout")]
    [InlineData("ERROR", 2, "connection reset,timeout")]
    [InlineData("ERROR", 3, "disk full,connection reset,timeout")]
    [InlineData("ERROR", int.MaxValue, "disk full,connection reset,timeout")]
    [InlineData("FATAL", 2, "")]
    public async Task Of_the_sample_the_last_matches_come(string filter, int tail, string expected)
    {
        string.Join(',', await AllAsync(LogSet.Sample, Query(filter, tail))).Should().Be(expected);
        (await AllAsync(LogSet.Sample, Query(filter, tail) with { Sources = ["*"] })).Should().BeEmpty();
    }

    [Fact]
    public async Task The_limit_counts_what_is_delivered()
    {
        _folder.Write("app.log", string.Concat(Enumerable.Range(0, 50).Select(number => $"INFO {number}\n")));
        (await AllAsync(Open(), Query("", 10) with { Limit = 3 })).Should().Equal("40", "41", "42");
        (await AllAsync(LogSet.Sample, Query("ERROR", 2) with { Limit = 1 })).Should().Equal("connection reset");
    }

    [Fact]
    public async Task A_tail_of_any_files_is_the_end_of_their_history()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 150; round++)
        {
            using var folder = new TempFolder();
            _ = new RandomLogs(random, folder, isOrdered: random.Next(2) == 0);
            var logs = LogSet.Open([folder.Path], _time);
            var query = Query(random.Pick("", "one"), 0) with { Until = random.Next(2) == 0 ? RandomLogs.AnyTime(random) : null };
            var all = await AllAsync(logs, query);
            foreach (var tail in (int[])[1, random.Next(1, 100), int.MaxValue])
            {
                (await AllAsync(logs, query with { Tail = tail })).Should().Equal(all.TakeLast(tail), "round {0}, {1} of {2}", round, tail, query);
            }
        }
    }

    /// <summary>The same with windows that are much smaller than the files, which the others never need.</summary>
    [Fact]
    public void A_search_from_the_end_finds_the_same()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 300; round++)
        {
            using var folder = new TempFolder();
            _ = new RandomLogs(random, folder, isOrdered: true, files: 3, entries: 60);
            var query = Query(random.Pick("", "one"), random.Next(1, 30)) with { Until = random.Next(3) == 0 ? RandomLogs.AnyTime(random) : null };
            using var full = History(folder, query);
            using var late = History(folder, query);
            var search = new TailSearch(late, query, _time, firstWindowBytes: random.Next(1, 300), smallBytes: 0);
            search.Find().Count(pause => pause is not null).Should().Be(0);

            var expected = Read(full).ToList();
            Read(late).Skip((int)search.Surplus).Should().Equal(expected.TakeLast(query.Tail), "round {0}, {1}", round, query);
        }
    }

    [Fact]
    public void The_start_of_a_large_file_is_not_read_for_its_end()
    {
        var path = _folder.Write("app.log", string.Concat(Enumerable.Range(0, 100_000).Select(number => $"INFO {number}\n")));
        var query = Query("9", 5);
        using var history = History(_folder, query);
        var search = new TailSearch(history, query, _time, firstWindowBytes: 4096, smallBytes: 1_000_000);
        search.Find().ToList().Should().BeEmpty();
        var reader = history.Readers.Single();
        reader.Position.Offset.Should().BeGreaterThan(new FileInfo(path).Length - 5000);
        Read(history).Skip((int)search.Surplus).Should().HaveCount(5);
    }

    [Fact]
    public void A_search_through_much_pauses_and_holds_nothing()
    {
        _folder.Write("app.log", string.Concat(Enumerable.Repeat("INFO nothing to see here\n", 400_000)));
        var query = Query("INFO", int.MaxValue);
        Search();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Search().Should().BeGreaterThan(5);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(400_000, "that is less than a byte a match");

        int Search()
        {
            using var history = History(_folder, query);
            return new TailSearch(history, query, _time, smallBytes: 0).Find().Count();
        }
    }

    [Fact]
    public async Task Live_goes_on_behind_the_last_matches()
    {
        _folder.Write("app.log", "INFO a\nINFO b\nINFO c");
        await using var watch = new RunningWatch(Open(), Query("", 1) with { Follow = true });
        await watch.Live;
        (await watch.NextAsync()).Should().Be("b", "the last line has no end yet");
        _folder.Append("app.log", "d\nINFO e\n{}\n");
        _time.Advance(TimeSpan.FromMilliseconds(250));
        (await watch.TakeAsync(2)).Should().Equal("cd", "e");
    }

    /// <summary>More than is small, so that history begins near the end, where no entry has a time.</summary>
    [Fact]
    public async Task Live_knows_the_time_before_the_window_that_history_began_in()
    {
        _folder.Write("app.log", "{\"time\":\"2026-11-20T10:00:50Z\"}\n" + string.Concat(Enumerable.Repeat(RandomLogs.Line("x", null) + "\n", 1_600_000)));
        var logs = Open();
        await using var watch = new RunningWatch(logs, Query("", 2) with { Follow = true, Window = TimeSpan.FromSeconds(10) });
        await watch.Live;
        (await watch.TakeAsync(2)).Should().Equal("x", "x");
        await using var other = new RunningWatch(logs, Query("", 1) with { Follow = true });
        await other.Live;
        _folder.Append("app.log", RandomLogs.Line("first", null) + "\n" + "{\"time\":\"2026-11-20T10:00:40Z\",\"msg\":\"second\"}\n");
        _time.Advance(TimeSpan.FromMilliseconds(250));
        (await other.TakeAsync(3)).Should().Equal("x", "first", "second");
        _time.Advance(TimeSpan.FromSeconds(10));
        (await watch.TakeAsync(2)).Should().Equal("second", "first");
    }

    [Fact]
    public async Task Of_nothing_there_is_no_last_and_live_goes_on()
    {
        _folder.Write("app.log", "");
        await using var watch = new RunningWatch(Open(), Query("", 3) with { Follow = true });
        await watch.Live;
        _folder.Append("app.log", "a\n");
        _time.Advance(TimeSpan.FromMilliseconds(250));
        (await watch.NextAsync()).Should().Be("a");
    }

    /// <summary>Watches that begin while the file is written and rotated: the last of some moment, and then all, once.</summary>
    [Fact]
    public async Task Between_the_last_matches_and_live_nothing_is_lost_or_doubled()
    {
        const int Lines = 20_000;
        const int Tail = 50;
        var path = _folder.Write("app.log", "");
        var logs = LogSet.Open([_folder.Path], TimeProvider.System);
        var watches = new List<(RunningWatch Watch, int Begun)>();
        var writer = new StreamWriter(path) { AutoFlush = true };
        for (var line = 0; line < Lines; line++)
        {
            if (line > 0 && line % 7_000 == 0)
            {
                await writer.DisposeAsync();
                File.Move(path, _folder[$"app.log.{line / 7_000}"]);
                writer = new StreamWriter(path) { AutoFlush = true };
            }

            await writer.WriteLineAsync(RandomLogs.Line($"{line}", new LogTime(1_795_168_800 + line, 0)));
            if (line % 1_999 == 1_000)
            {
                watches.Add((new RunningWatch(logs, Query("", Tail) with { Follow = true }), line));
            }
        }

        await writer.DisposeAsync();
        foreach (var (watch, begun) in watches)
        {
            var (seen, suppressed) = (new List<int>(), 0L);
            while (seen.Count == 0 || seen.Count + suppressed < Lines - seen[0])
            {
                var entry = await watch.NextEntryAsync();
                seen.Add(int.Parse(entry.Message, System.Globalization.CultureInfo.InvariantCulture));
                suppressed += entry.Suppressed;
            }

            seen[0].Should().BeGreaterThan(begun - Tail);
            seen.Should().OnlyHaveUniqueItems().And.Contain(Lines - 1);
            seen.GroupBy(line => line / 7_000).Should().AllSatisfy(file => file.Should().BeInAscendingOrder());
            await watch.DisposeAsync();
        }
    }

    /// <summary>
    /// A file is cut at each moment at which the year of another's line is asked for: while matches are counted, passed over and
    /// delivered. What is written behind the cut is then among the last matches, or comes behind them.
    /// </summary>
    [Theory]
    [InlineData(10, 20, "")]
    [InlineData(10, 20, "app.log.1")]
    [InlineData(10, 500, "")]
    [InlineData(10, 500, "app.log.1")]
    [InlineData(1_000, 20, "")]
    [InlineData(1_000, 500, "")]
    public async Task What_comes_while_the_last_matches_are_found_is_not_passed_over(int tail, int written, string copy)
    {
        var isCut = true;
        for (var look = 1; isCut; look++)
        {
            isCut = false;
            using var folder = new TempFolder();
            folder.Write("app.log", Lines("old", 0, 300, second: 0));
            folder.Write("z.log", "Nov 20 09:00:00 host app: first\nNov 20 12:00:00 host app: last\n");
            var time = new HookedTime();
            time.OnUtcNow(look, () =>
            {
                isCut = true;
                if (copy.Length > 0)
                {
                    folder.Copy("app.log", copy);
                }

                using var file = new FileStream(folder["app.log"], FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                file.Write(Encoding.UTF8.GetBytes(Lines("new", 0, written, second: 1_000)));
            });
            await using var watch = new RunningWatch(LogSet.Open([folder.Path], time), Query("msg ~ .", tail) with { Follow = true });
            await watch.Live;
            if (!isCut)
            {
                break;
            }

            folder.Append("app.log", Lines("new", written, 3, second: 1_000));
            var seen = new List<string>();
            while (seen is [] || seen[^1] != $"new {written + 2}")
            {
                seen.Add(await watch.NextAsync());
            }

            var fresh = seen.Where(message => message.StartsWith("new", StringComparison.Ordinal)).ToList();
            fresh.Should().Equal(Enumerable.Range(written + 3 - fresh.Count, fresh.Count).Select(number => $"new {number}"), "look {0}", look);
            var isBegun = seen.Exists(message => message == "first" || message.StartsWith("old", StringComparison.Ordinal));
            fresh.Should().HaveCountGreaterThanOrEqualTo(3 + (isBegun ? written : Math.Min(tail - 1, written)), "look {0}", look);
            seen.Should().Contain("last", "look {0}", look);
            seen.Should().OnlyHaveUniqueItems("look {0}", look);
        }

        static string Lines(string text, int first, int count, int second) => string.Concat(
            Enumerable.Range(first, count).Select(number => RandomLogs.Line($"{text} {number}", new LogTime(1_795_168_800 + second + number, 0)) + "\n"));
    }

    /// <summary>Whatever is counted is cut before it is delivered: that does not go on for ever.</summary>
    [Fact]
    public async Task A_file_that_is_cut_with_each_count_ends_no_watch()
    {
        _folder.Write("z.log", "Nov 20 09:00:00 host app: first\nNov 20 12:00:00 host app: last\n");
        var cuts = 0;
        Cut();
        var time = new HookedTime { OnEachUtcNow = Cut };
        await using var watch = new RunningWatch(LogSet.Open([_folder.Path], time), Query("msg ~ .", 1) with { Follow = true });
        await watch.Live;
        time.OnEachUtcNow = null;
        _folder.Append("app.log", "{\"msg\":\"new\"}\n");
        string message;
        do
        {
            message = await watch.NextAsync();
        }
        while (message != "new");

        cuts.Should().BeGreaterThan(1);

        void Cut()
        {
            using var file = new FileStream(_folder["app.log"], FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            file.Write(Encoding.UTF8.GetBytes($"{{\"time\":\"2026-11-20T10:00:00Z\",\"msg\":\"{++cuts}\"}}\n"));
        }
    }

    private static WatchQuery Query(string filter, int tail) => new(Filter.Parse(filter), false, 0, []) { Tail = tail };

    private static IEnumerable<string> Read(History history) =>
        history.Read().Where(reader => reader is not null).Select(reader => Encoding.UTF8.GetString(reader!.View.Message));

    private static async Task<List<string>> AllAsync(LogSet logs, WatchQuery query)
    {
        var messages = new List<string>();
        await foreach (var entry in logs.WatchAsync(query, () => { }, CancellationToken.None))
        {
            messages.Add(entry.Message);
        }

        return messages;
    }

    private History History(TempFolder folder, WatchQuery query)
    {
        var history = new History(query.Filter, _time, query.Range);
        foreach (var path in Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal))
        {
            history.Add(LogFile.TryOpen(path)!).GoOnTo(long.MaxValue, HistoryEnd.TakeRest);
        }

        return history;
    }

    private LogSet Open() => LogSet.Open([_folder.Path], _time, useHints: false);
}
