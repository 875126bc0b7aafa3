using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs;

/// <summary>Where a watch begins and ends by time: <c>since</c> and <c>until</c>, in history and live.</summary>
public sealed class RangeTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private readonly TempFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("20", "", "b c d")]
    [InlineData("", "20", "a")]
    [InlineData("20", "20", "")]
    [InlineData("30", "20", "")]
    [InlineData("20", "30", "b c")]
    [InlineData("20.000000001", "", "d")]
    [InlineData("", "20.000000001", "a b c")]
    [InlineData("30.123456789", "", "d")]
    [InlineData("30.123456790", "", "")]
    [InlineData("", "30.123456789", "a b c")]
    [InlineData("", "30.123456790", "a b c d")]
    public async Task Since_is_inclusive_and_until_exclusive_to_the_nanosecond(string since, string until, string expected)
    {
        Write("app.log", "10 a", "20 b", "- c", "30.123456789 d");
        (await MessagesAsync(Query("", since, until))).Should().Be(expected);
    }

    [Theory]
    [InlineData("a.log: - a1, 30 a2", "20", "", "a1 a2")]
    [InlineData("a.log: - a1, 10 a2", "20", "", "")]
    [InlineData("a.log: - a1, - a2", "20", "", "")]
    [InlineData("a.log: - a1, - a2", "", "20", "")]
    [InlineData("a.log: 30 a1, - a2, 10 a3, - a4", "20", "", "a1 a2")]
    [InlineData("a.log: 30 a1, - a2, 10 a3, - a4", "", "20", "a3 a4")]
    [InlineData("a.log: 10 a1, 40 a2; b.log: - b1, 30 b2, - b3; c.log: - c1", "20", "", "b1 b2 b3 a2")]
    [InlineData("a.log: 10 a1, 40 a2; b.log: - b1, 30 b2, - b3; c.log: - c1", "", "35", "a1 b1 b2 b3")]
    public async Task An_entry_without_a_time_goes_by_the_one_before_it_or_the_first_that_has_one(
        string files, string since, string until, string expected)
    {
        foreach (var file in files.Split("; ").Select(file => file.Split(": ")))
        {
            Write(file[0], file[1].Split(", "));
        }

        (await MessagesAsync(Query("", since, until))).Should().Be(expected);
    }

    [Fact]
    public async Task An_entry_that_the_filter_does_not_want_gives_its_time_all_the_same()
    {
        Write("app.log", "10 other", "- x1", "30 other", "- other", "- x2", "10 other", "- x3");
        (await MessagesAsync(Query("msg ~ x", "20", ""))).Should().Be("x2");
    }

    [Fact]
    public async Task Nothing_of_the_sample_has_a_time()
    {
        (await AllAsync(LogSet.Sample, Query("", "10", ""))).Should().BeEmpty();
        (await AllAsync(LogSet.Sample, Query("", "", "10"))).Should().BeEmpty();
    }

    [Fact]
    public async Task A_range_over_any_files_is_that_part_of_their_history()
    {
        var random = Randomness.Create(output);
        for (var round = 0; round < 150; round++)
        {
            using var folder = new TempFolder();
            var files = new RandomLogs(random, folder, isOrdered: random.Next(2) == 0);
            var logs = LogSet.Open([folder.Path], _time);
            var query = new WatchQuery(Filter.Parse(random.Pick("", "one")), false, 0, []);
            var ranged = query with
            {
                Since = random.Next(3) > 0 ? RandomLogs.AnyTime(random) : null,
                Until = random.Next(3) > 0 ? RandomLogs.AnyTime(random) : null,
            };

            var expected = (await AllAsync(logs, query)).Where(message => Fits(files.Standing(message), ranged));
            (await AllAsync(logs, ranged)).Should().Equal(expected, "round {0}, {1}", round, ranged);
        }

        static bool Fits(LogTime? time, WatchQuery query) => query.Since is null && query.Until is null
            || (time is { } known && !(known < query.Since) && !(known >= query.Until));
    }

    [Fact]
    public async Task Live_the_time_known_last_in_the_history_counts_from_the_first_entry_on()
    {
        Write("late.log", "10 x a1", "30 other", "- other");
        Write("early.log", "30 x b1", "10 other", "- other");
        Write("none.log", "- x c1");
        await using var watch = new RunningWatch(Open(), Query("x", "20", "") with { Follow = true });
        await watch.Live;
        (await watch.NextAsync()).Should().Be("x b1");
        Append("late.log", "- x a2", "15 other", "- x a3", "25 other", "- x a4");
        Append("early.log", "- x b2", "15 x b3", "20 x b4", "- x b5");
        Append("none.log", "- x c2", "50 x c3", "- x c4");
        _time.Advance(Poll);
        (await watch.TakeAsync(6)).Should().BeEquivalentTo("x a2", "x a4", "x b4", "x b5", "x c3", "x c4");
    }

    /// <summary>The history of the second watch is what the feed has read for the first, who asks for no times.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3_000)]
    public async Task A_watch_that_joins_others_knows_the_times_before_it(int othersBetween)
    {
        Write("app.log", "10 first");
        var logs = Open();
        await using var early = new RunningWatch(logs);
        await early.Live;
        Append("app.log", ["30 x 0", .. Enumerable.Repeat("- other", othersBetween), "- y"]);
        _time.Advance(Poll);
        await early.TakeAsync(othersBetween + 3);

        await using var late = new RunningWatch(logs, Query("x", "20", "") with { Follow = true });
        await late.Live;
        (await late.NextAsync()).Should().Be("x 0");
        Append("app.log", "- x 1", "10 x 2", "- x 3", "20 x 4");
        _time.Advance(Poll);
        (await late.TakeAsync(2)).Should().Equal("x 1", "x 4");
        (await early.TakeAsync(4)).Should().Equal("x 1", "x 2", "x 3", "x 4");
    }

    [Fact]
    public async Task Live_before_the_first_time_of_a_new_or_truncated_file_nothing_fits()
    {
        Write("a.log", "30 x a1, longer than all that comes after the truncation, which is how that is noticed at once, and not by what it holds");
        await using var watch = new RunningWatch(Open(), Query("x", "20", "") with { Follow = true });
        await watch.Live;
        (await watch.NextAsync()).Should().StartWith("x a1");
        Write("b.log", "- x b1", "30 x b2", "- x b3");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await watch.TakeAsync(2)).Should().Equal("x b2", "x b3");
        Write("a.log", "- x a2", "20 x a3");
        _time.Advance(Poll);
        (await watch.NextAsync()).Should().Be("x a3");
        Append("a.log", "- x a4");
        _time.Advance(Poll);
        (await watch.NextAsync()).Should().Be("x a4");
    }

    /// <summary>Watches that begin at any time while a file is written: each has all that fits, once.</summary>
    [Fact]
    public async Task History_goes_over_into_live_with_the_right_times()
    {
        const int Lines = 6_000;
        var random = Randomness.Create(output);
        var logs = LogSet.Open([_folder["app.log"] + "*"], TimeProvider.System);
        var watches = new List<RunningWatch>();
        var expected = new List<string>();
        var writer = new StreamWriter(_folder["app.log"]) { AutoFlush = true };
        LogTime? last = null;
        for (var line = 0; line <= Lines; line++)
        {
            LogTime? time = line == 0 || random.Next(20) == 0 ? Time(random.Pick("10", "30")) : null;
            last = line == Lines ? Time("30") : time ?? last;
            var message = $"{random.Pick("x", "y")} {line}";
            message = line == Lines ? "x end" : message;
            await writer.WriteLineAsync(RandomLogs.Line(message, line == Lines ? last : time));
            if (message[0] == 'x' && last >= Time("20"))
            {
                expected.Add(message);
            }

            if (line % 701 == 100)
            {
                watches.Add(new RunningWatch(logs, Query("x", "20", "") with { Follow = true }));
            }
        }

        await writer.DisposeAsync();
        foreach (var watch in watches)
        {
            var seen = new List<string>();
            while (seen.Count == 0 || seen[^1] != "x end")
            {
                seen.Add(await watch.NextAsync());
            }

            seen.Should().Equal(expected);
            await watch.DisposeAsync();
        }
    }

    private static LogTime Time(string second)
    {
        LogTime.TryParseRfc3339(Encoding.ASCII.GetBytes($"2026-11-20T10:00:{second}Z"), out var time).Should().BeTrue();
        return time;
    }

    private static WatchQuery Query(string filter, string since, string until) => new(Filter.Parse(filter), false, 0, [])
    {
        Since = since.Length > 0 ? Time(since) : null,
        Until = until.Length > 0 ? Time(until) : null,
    };

    private static async Task<List<string>> AllAsync(LogSet logs, WatchQuery query)
    {
        var messages = new List<string>();
        await foreach (var entry in logs.WatchAsync(query, () => { }, CancellationToken.None))
        {
            messages.Add(entry.Message);
        }

        return messages;
    }

    private async Task<string> MessagesAsync(WatchQuery query) => string.Join(' ', await AllAsync(Open(), query));

    private LogSet Open() => LogSet.Open([_folder.Path], _time, useHints: false);

    private void Write(string name, params string[] lines) => _folder.Write(name, Text(lines));

    private void Append(string name, params string[] lines) => _folder.Append(name, Text(lines));

    private static string Text(string[] lines) => string.Concat(lines.Select(line => line.Split(' ', 2)).Select(line =>
        RandomLogs.Line(line[1], line[0] == "-" ? null : Time(line[0])) + "\n"));
}
