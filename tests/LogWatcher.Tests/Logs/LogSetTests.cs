using System.IO.Compression;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs;

public sealed class LogSetTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_sample_has_the_three_errors_in_order_and_is_read_without_a_wait()
    {
        var entries = new List<LogEntry>();
        var watch = LogSet.Sample.WatchAsync(Query("ERROR"), Never, default).GetAsyncEnumerator();
        Task<bool> next;
        while ((next = watch.MoveNextAsync().AsTask()).IsCompleted && await next)
        {
            entries.Add(watch.Current);
        }

        next.IsCompleted.Should().BeTrue();
        entries.Select(entry => entry.Message).Should().Equal("disk full", "connection reset", "timeout");
    }

    [Fact]
    public async Task The_sample_carries_level_and_message_only()
    {
        var entries = await AllAsync(LogSet.Sample, Query(""));
        entries.Should().HaveCountGreaterThanOrEqualTo(7).And.HaveCountLessThanOrEqualTo(10);
        entries.Select(entry => entry.Level).Distinct().Order().Should().Equal(
            LogLevel.Debug, LogLevel.Info, LogLevel.Warn, LogLevel.Error);
        entries.Should().AllSatisfy(entry =>
        {
            entry.Source.Should().BeEmpty();
            entry.Time.Should().BeNull();
            entry.Fields.Should().BeEmpty();
        });
    }

    [Fact]
    public async Task A_limit_ends_the_watch()
    {
        (await AllAsync(LogSet.Sample, Query("ERROR") with { Limit = 2 })).Should().HaveCount(2);
        var path = _folder.Write("app.log", "ERROR a\nERROR b\nERROR c\n");
        (await AllAsync(Open(path), Query("ERROR") with { Limit = 2 })).Select(entry => entry.Message).Should().Equal("a", "b");
    }

    [Fact]
    public async Task A_followed_sample_goes_live_and_stays()
    {
        using var cancel = new CancellationTokenSource();
        var count = 0;
        var read = async () =>
        {
            await foreach (var _ in LogSet.Sample.WatchAsync(Query("ERROR") with { Follow = true }, cancel.Cancel, cancel.Token))
            {
                count++;
            }
        };
        await read.Should().ThrowAsync<OperationCanceledException>();
        count.Should().Be(3);
    }

    [Fact]
    public async Task A_file_is_read_to_its_last_line_though_that_has_no_end()
    {
        var path = _folder.Write("app.log", "level=info msg=a\r\n\r\nlevel=error msg=b\n\nplain");
        var entries = await AllAsync(Open(path), Query(""));
        entries.Select(entry => (entry.Level, entry.Message)).Should().Equal(
            (LogLevel.Info, "a"), (LogLevel.Error, "b"), (LogLevel.None, "plain"));
        entries.Should().AllSatisfy(entry => entry.Source.Should().Be(path));
    }

    [Fact]
    public async Task Reading_a_file_leaves_the_callers_thread_first()
    {
        // A time without a date makes the reader ask the clock, which tells on whose thread it is asked.
        var time = new ThreadTellingTime();
        var logs = LogSet.Open([_folder.Write("app.log", "10:00:00 INFO a\n")], time);
        var done = new TaskCompletionSource();
        new Thread(() => AllAsync(logs, Query("")).ContinueWith(_ => done.SetResult(), TaskScheduler.Default)).Start();
        await done.Task;
        time.WasOnPool.Should().BeTrue();
    }

    [Fact]
    public async Task A_cancelled_watch_ends()
    {
        var path = _folder.Write("app.log", "INFO a\nINFO b\n");
        using var cancel = new CancellationTokenSource();
        var read = async () =>
        {
            await foreach (var _ in Open(path).WatchAsync(Query(""), Never, cancel.Token))
            {
                await cancel.CancelAsync();
            }
        };
        await read.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Compressed_files_are_history()
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write("ERROR packed\n"u8);
        }

        var path = _folder.Write("app.log.1.gz", bytes.ToArray());
        (await AllAsync(Open(path), Query("ERROR"))).Select(entry => entry.Message).Should().Equal("packed");

        _folder.Write("app.log.1.gz", bytes.ToArray()[..^6]);
        (await AllAsync(Open(path), Query("nothing"))).Should().BeEmpty("a damaged file ends where it can no longer be read");
    }

    /// <summary>As <c>gzip -dc</c> does, which says so at the end: what is damaged may be the checksum alone.</summary>
    [Theory]
    [InlineData("intact", 3_000)]
    [InlineData("no trailer", 3_000)]
    [InlineData("wrong checksum", 3_000)]
    [InlineData("wrong length", 3_000)]
    [InlineData("wrong checksum", 61)]
    [InlineData("wrong checksum, two members", 61)]
    [InlineData("damaged in the middle", 3_000)]
    [InlineData("no gzip at all", 10)]
    public async Task Of_a_damaged_file_all_is_read_that_can_be(string damage, int count)
    {
        var random = new Random(1);
        var text = string.Concat(Enumerable.Range(0, count).Select(number => $"{number} {random.Next()} {random.Next()}\n"));
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }

        var bytes = stream.ToArray();
        var wrong = bytes.ToArray();
        wrong[^5] ^= 1;
        var at = damage == "damaged in the middle" ? bytes.Length / 2 : bytes.Length - 1;
        bytes[at] ^= damage is "wrong length" or "damaged in the middle" ? (byte)0xff : (byte)0;
        _folder.Write("a.log.gz", damage switch
        {
            "no trailer" => bytes[..^8],
            "wrong checksum" => wrong,
            "wrong checksum, two members" => [.. bytes, .. wrong],
            "no gzip at all" => System.Text.Encoding.UTF8.GetBytes(text),
            _ => bytes,
        });

        var read = (await AllAsync(Open(_folder["a.log.gz"]), Query(""))).ConvertAll(entry => entry.Message);

        var whole = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (damage == "damaged in the middle")
        {
            // What comes behind that may be anything.
            read.Take(count / 3).Should().Equal(whole.Take(count / 3));
            read.Should().NotEqual(whole);
            return;
        }

        read.Should().Equal(damage switch
        {
            "wrong checksum, two members" => [.. whole, .. whole],
            "no gzip at all" => [],
            _ => whole,
        });
    }

    [Fact]
    public async Task Sources_are_chosen_by_globs_on_their_names()
    {
        _folder.Write("a/app.log", "INFO a\n");
        _folder.Write("b/db.log", "INFO b\n");
        var logs = Open(_folder["**/*.log"]);
        (await MessagesAsync("app*")).Should().Equal("a");
        (await MessagesAsync("*/b/*")).Should().BeEmpty("a star stands for one name only");
        (await MessagesAsync(_folder["b/*"])).Should().Equal("b");
        (await MessagesAsync("x", "*.log")).Should().Equal("a", "b");

        async Task<IEnumerable<string>> MessagesAsync(params string[] globs) =>
            (await AllAsync(logs, Query("") with { Sources = globs })).Select(entry => entry.Message);
    }

    [Theory]
    [InlineData("a.log: 10 a1, 30 a2; b.log: 20 b1, 40 b2", "a1 b1 a2 b2")]
    [InlineData("b.log: 10 b1; a.log: 10 a1", "a1 b1")]
    [InlineData("a.log: 30 a1, 10 a2, 40 a3; b.log: 20 b1, 35 b2", "b1 a1 a2 b2 a3")]
    [InlineData("a.log: 10 a1, - a2, 30 a3; b.log: 20 b1", "a1 a2 b1 a3")]
    [InlineData("a.log: - a1, 30 a2; b.log: 20 b1", "b1 a1 a2")]
    [InlineData("a.log: - a1, - a2; b.log: 20 b1", "b1 a1 a2")]
    [InlineData("c.log: 10 c1; a.log: 11 a1; b.log: 12 b1, 13 b2", "c1 a1 b1 b2")]
    public async Task Several_files_are_merged_by_time(string files, string expected)
    {
        foreach (var file in files.Split("; "))
        {
            var parts = file.Split(": ");
            var lines = parts[1].Split(", ").Select(line => line.Split(' ')).Select(line =>
                line[0] == "-" ? $"{line[1]}\n" : $"time=2026-11-20T10:00:{line[0]}Z msg={line[1]}\n");
            _folder.Write(parts[0], string.Concat(lines));
        }

        var entries = await AllAsync(Open(_folder.Path), Query(""));
        string.Join(' ', entries.Select(entry => entry.Message)).Should().Be(expected);
    }

    [Fact]
    public async Task An_entry_without_a_time_stands_with_one_before_it_that_the_filter_does_not_want()
    {
        _folder.Write("a.log", "time=2026-11-20T10:00:10Z msg=other\nfind a1\ntime=2026-11-20T10:00:30Z msg=other\nfind a2\n");
        _folder.Write("b.log", "time=2026-11-20T10:00:20Z msg=\"find b1\"\ntime=2026-11-20T10:00:40Z msg=\"find b2\"\n");
        var entries = await AllAsync(Open(_folder.Path), Query("find"));
        entries.Select(entry => entry.Message).Should().Equal("find a1", "find b1", "find a2", "find b2");
    }

    [Fact]
    public async Task Files_without_any_times_come_by_their_last_change()
    {
        _folder.Write("a.log", "late\n");
        _folder.Write("b.log", "early\n");
        File.SetLastWriteTimeUtc(_folder["b.log"], DateTime.UtcNow.AddHours(-1));
        (await AllAsync(Open(_folder.Path), Query(""))).Select(entry => entry.Message).Should().Equal("early", "late");
    }

    private static LogSet Open(params string[] paths) => LogSet.Open(paths, TimeProvider.System);

    private static WatchQuery Query(string filter) => new(Filter.Parse(filter), false, 0, []);

    private static void Never() => throw new InvalidOperationException("the watch has an end");

    private static async Task<List<LogEntry>> AllAsync(LogSet logs, WatchQuery query)
    {
        var entries = new List<LogEntry>();
        await foreach (var entry in logs.WatchAsync(query, Never, CancellationToken.None))
        {
            entries.Add(entry);
        }

        return entries;
    }

    private sealed class ThreadTellingTime : TimeProvider
    {
        public bool? WasOnPool { get; private set; }

        public override DateTimeOffset GetUtcNow()
        {
            WasOnPool = Thread.CurrentThread.IsThreadPoolThread;
            return base.GetUtcNow();
        }
    }
}
