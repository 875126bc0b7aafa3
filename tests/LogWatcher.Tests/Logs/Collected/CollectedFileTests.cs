using System.Diagnostics;
using LogWatcher.Logs;
using LogWatcher.Logs.Collected;
using LogWatcher.Logs.Filters;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Logs.Collected;

/// <summary>The file of <c>--collect-to</c>: each line is there before its entry is, and is read again as the same entry.</summary>
public sealed class CollectedFileTests(ITestOutputHelper log) : IDisposable
{
    private const int Rounds = 3_000;

    private static readonly LogTime Now = LogTime.From(new ManualTimeProvider().GetUtcNow());

    private static readonly string[] Names =
    [
        "a", "b.c", "", " ", "\"", "\n", "é😀", "time", "level", "msg", "Time", "LEVEL", "message", "severity", "ts", "timestamp", "@t", "@T", "@timestamp",
        "@Timestamp", "@l", "@L", "@m", "@mt", "log", "stream", "client", "fields", "fields.client", "body", "priority", "s", "attributes", "resourceLogs", "\0",
        "t", "event", "loglevel", "severityNumber", "instant.epochSecond", "timestampSeconds", "timestampNanos", "source",
    ];

    private static readonly string[] Texts =
    [
        "", "x", "ERROR", "{\"msg\":\"y\",\"level\":\"FATAL\"}", "line one\nline two\r\n", "\u2028\u2029\0\u001f\u007f", "\"\\/", "é😀<>&'+", "stdout", "3", "17",
        "2026-01-01T00:00:00Z", "1700000000", "{a} {b.c}", "[1]", "null", "\uFEFF",
    ];

    private static readonly string[] Times =
    [
        "", "2026-11-20T10:00:00.123456789+05:30", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.5Z", "yesterday", "1700000000",
    ];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_line_is_read_again_as_the_same_entry()
    {
        var random = Randomness.Create(log);
        var path = _folder["collected.log"];
        using var file = new CollectedFile(path);
        var collected = new CollectedLog(Rounds, file);
        for (var round = 0; round < Rounds; round++)
        {
            var names = Enumerable.Range(0, random.Next(4)).Select(_ => random.Pick<string>(Names)).Distinct().ToList();
            var entry = CollectedEntry.From(
                "c1", random.Pick("", "INFO", "warn", "loud", "E"), random.Pick<string>(Texts.AsSpan(1)), random.Pick<string>(Times),
                names.Select(name => KeyValuePair.Create(name, random.Pick<string>(Texts))), Now);
            collected.Add(entry!);
        }

        var sent = await ReadAsync(LogSet.OpenSample(collected));
        var written = await ReadAsync(LogSet.Open([path], TimeProvider.System, useHints: false));
        written.Should().HaveCount(Rounds);
        var lines = await File.ReadAllLinesAsync(path);
        for (var round = 0; round < Rounds; round++)
        {
            Form(written[round]).Should().Be(Form(sent[round]), "of {0}", lines[round]);
        }

        // What has a name of the line's own stands under another; what the client was called is told beside.
        string Form(LogEntry entry) => string.Join(
            '\n',
            [
                entry.Level.ToString(), entry.Time.ToString(), entry.Message,
                .. entry.Fields.Where(field => field.Key != "client" || entry.Source == "c1")
                    .Select(field => $"{NameOf(entry, field.Key)}={field.Value}").Order(StringComparer.Ordinal),
            ]);

        static string NameOf(LogEntry entry, string name)
        {
            string[] own = ["@t", "@timestamp", "@l", "@m", "client", "fields"];
            string[] levels = ["level", "severity", "priority", "s", "loglevel", "severitynumber"];
            var isTaken = name.StartsWith("fields.", StringComparison.Ordinal)
                || own.Contains(name.StartsWith('@') ? name.ToLowerInvariant() : name, StringComparer.Ordinal)
                || (entry.Level == LogLevel.None && levels.Contains(name, StringComparer.OrdinalIgnoreCase));
            return entry.Source == "c1" && isTaken ? "fields." + name : name;
        }
    }

    [Fact]
    public void A_usual_entry_is_a_usual_line()
    {
        using var file = new CollectedFile(_folder["collected.log"]);
        Add(new CollectedLog(1, file), "disk at 91 %\nagain", ("host", "web-1"));

        File.ReadAllText(_folder["collected.log"]).Should().Be(
            """{"time":"2026-11-21T00:00:00Z","level":"INFO","msg":"disk at 91 %\nagain","client":"c1","host":"web-1"}""" + "\n");
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("whole\n", 2)]
    [InlineData("cut o", 2)]
    [InlineData("whole\ncut o", 3)]
    public void What_was_cut_off_is_a_line_of_its_own(string before, int lines)
    {
        var path = _folder.Write("collected.log", before);
        using (var file = new CollectedFile(path))
        {
            Add(new CollectedLog(1, file), "next");
        }

        File.ReadAllLines(path).Should().HaveCount(lines).And.Contain(line => line.StartsWith("{\"time\"", StringComparison.Ordinal));
        File.ReadAllText(path).Should().StartWith(before).And.EndWith("}\n");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_comes_after_a_rotation_goes_to_a_new_file(bool isRenamed)
    {
        var path = _folder["collected.log"];
        using var file = new CollectedFile(path);
        var collected = new CollectedLog(10, file);
        Add(collected, "first");
        if (isRenamed)
        {
            File.Move(path, path + ".1");
        }
        else
        {
            File.Delete(path);
        }

        Add(collected, "second");
        File.ReadAllLines(path).Should().ContainSingle().Which.Should().Contain("second");
        File.Exists(path + ".1").Should().Be(isRenamed);
    }

    [Fact]
    public void A_file_that_was_truncated_is_written_on_from_its_end()
    {
        var path = _folder["collected.log"];
        using var file = new CollectedFile(path);
        var collected = new CollectedLog(10, file);
        Add(collected, "first");
        File.WriteAllText(path, "");
        Add(collected, "second");
        File.ReadAllLines(path).Should().ContainSingle().Which.Should().Contain("second");
    }

    /// <summary>Nothing is taken that is not written; and once it can be written again, it is.</summary>
    [Fact]
    public void What_cannot_be_written_is_not_taken()
    {
        var path = _folder["collected.log"];
        File.CreateSymbolicLink(path, "/dev/full");
        using var file = new CollectedFile(path);
        var collected = new CollectedLog(10, file);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            collected.Invoking(it => Add(it, "lost")).Should().Throw<IOException>();
            collected.LastNumber.Should().Be(0);
        }

        File.Delete(path);
        Add(collected, "first");
        Directory.Move(_folder.Path, _folder.Path + "-away");
        collected.Invoking(it => Add(it, "lost")).Should().Throw<IOException>();
        Directory.Move(_folder.Path + "-away", _folder.Path);
        Add(collected, "second");
        collected.LastNumber.Should().Be(2);
        File.ReadAllLines(path).Should().HaveCount(2);
    }

    /// <summary>What is no file any more can't be appended to: the call ends, and not as a fault of the node.</summary>
    [Fact]
    public async Task What_becomes_a_pipe_is_unavailable_until_it_is_a_file_again()
    {
        var path = _folder["collected.log"];
        using var file = new CollectedFile(path);
        var collector = new LogCollector(new CollectedLog(10, file));
        (await CollectAsync()).Accepted.Should().Be(1);
        File.Delete(path);
        using (var process = Process.Start("mkfifo", path))
        {
            await process.WaitForExitAsync();
        }

        var refusal = (await this.Awaiting(_ => CollectAsync()).Should().ThrowAsync<RpcException>()).Which.Status;
        (refusal.Code, refusal.Message).Should().Be((
            StatusCode.Unavailable, "the entry can't be written, and was not taken: it has no end to append to; expected a file"));
        this.Invoking(_ => new CollectedFile(path)).Should().Throw<LogSourceException>().WithMessage("*has no end to append to; expected a file");
        File.Delete(path);
        (await CollectAsync()).Accepted.Should().Be(1);
        File.ReadAllLines(path).Should().ContainSingle();

        Task<LogWatcher.Protos.V1.CollectSummary> CollectAsync() =>
            collector.Collect(new[] { new LogWatcher.Protos.V1.LogEntry { Msg = "m" } }.ToAsyncEnumerable(), new PlainCall());
    }

    /// <summary>As two nodes would: each appends to what the other has written, wherever it has been in between.</summary>
    [Fact]
    public async Task Two_that_append_to_one_file_lose_nothing()
    {
        const int LinesEach = 20_000;
        var path = _folder["collected.log"];
        using var first = new CollectedFile(path);
        using var second = new CollectedFile(path);
        await Task.WhenAll(Task.Run(() => AppendAll(first, "a")), Task.Run(() => AppendAll(second, "b")));
        var lines = await File.ReadAllLinesAsync(path);
        foreach (var name in new[] { "a", "b" })
        {
            lines.Where(line => line.StartsWith(name, StringComparison.Ordinal)).Should().Equal(Enumerable.Range(0, LinesEach).Select(number => $"{name}{number}"));
        }

        lines.Should().HaveCount(2 * LinesEach);

        static void AppendAll(CollectedFile file, string name)
        {
            for (var number = 0; number < LinesEach; number++)
            {
                file.Append(System.Text.Encoding.UTF8.GetBytes($"{name}{number}"));
            }
        }
    }

    [Theory]
    [InlineData("nowhere/collected.log")]
    [InlineData(".")]
    public void A_file_that_cannot_be_written_is_named(string name)
    {
        _folder.Invoking(it => new CollectedFile(it[name])).Should().Throw<LogSourceException>().WithMessage($"*{name} can't be written: *");
    }

    /// <summary>Who names it by <c>--logs</c> too has two sources, and chooses by their names.</summary>
    [Fact]
    public async Task Watched_as_a_file_too_each_entry_comes_from_both()
    {
        var path = _folder["collected.log"];
        using var file = new CollectedFile(path);
        var logs = LogSet.Open([path], TimeProvider.System, useHints: false, collected: new CollectedLog(10, file));
        Add(logs.Collected, "first");
        (await ReadAsync(logs)).Select(entry => (entry.Source, entry.Message)).Should().Equal((path, "first"), ("c1", "first"));
        (await ReadAsync(logs, "c1")).Should().ContainSingle();
        (await ReadAsync(logs, "*.log")).Should().ContainSingle();
    }

    private static void Add(CollectedLog collected, string message, params (string, string)[] fields) => collected.Add(
        CollectedEntry.From("c1", "INFO", message, "", fields.Select(field => KeyValuePair.Create(field.Item1, field.Item2)), Now)!);

    private static async Task<List<LogEntry>> ReadAsync(LogSet logs, params string[] sources) =>
        await logs.WatchAsync(new WatchQuery(Filter.Parse(""), false, 0, sources.Length > 0 ? sources : ["*"]), () => { }, default).ToListAsync();
}
