using System.Globalization;
using System.Text.RegularExpressions;
using LogWatcher.Logs;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Services;

/// <summary>WatchLogs through the node: what it takes in a request, and what it says at the end.</summary>
public sealed partial class WatchLogsTests : IDisposable
{
    private const int Lines = 20;
    private const int Queue = 5;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private readonly TempFolder _folder = new();
    private readonly ObservedTime _time = new();

    public void Dispose() => _folder.Dispose();

    // The clock stands at 2026-11-21T00:00:00Z. The entries are of that moment, and of a second, 15 minutes, 90 minutes, 2 hours,
    // a day and 100 days before.
    [Theory]
    [InlineData("\"since\":\"15m\"", "now 1s 15m")]
    [InlineData("\"since\":\"900s\"", "now 1s 15m")]
    [InlineData("\"since\":\"899999999us\"", "now 1s")]
    [InlineData("\"since\":\"1h30m\"", "now 1s 15m 90m")]
    [InlineData("\"since\":\"1.5h\"", "now 1s 15m 90m")]
    [InlineData("\"since\":\"2h\",\"until\":\"15m\"", "90m 2h")]
    [InlineData("\"since\":\"1d\"", "now 1s 15m 90m 2h 1d")]
    [InlineData("\"since\":\"0s\"", "now")]
    [InlineData("\"until\":\"0s\"", "1s 15m 90m 2h 1d 100d")]
    [InlineData("\"until\":\"1d\"", "100d")]
    [InlineData("\"since\":\"250y\"", null)]
    [InlineData("\"since\":\"106751d\"", "now 1s 15m 90m 2h 1d 100d")]
    [InlineData("\"since\":\"2026-11-20T23:59:59Z\"", "now 1s")]
    [InlineData("\"since\":\"2026-11-21T00:59:59.000000000+01:00\"", "now 1s")]
    [InlineData("\"since\":\"2026-11-20T23:59:59.000000001Z\"", "now")]
    [InlineData("\"since\":\"2027-01-01T00:00:00Z\"", "")]
    [InlineData("\"since\":\"15m\",\"until\":\"1d\"", "")]
    [InlineData("\"tail\":2", "1s now")]
    [InlineData("\"tail\":2,\"until\":\"15m\"", "2h 90m")]
    [InlineData("\"tail\":2147483647,\"limit\":1", "100d")]
    [InlineData("\"window_ms\":0,\"tail\":0,\"since\":\"\",\"until\":\"\",\"after\":[],\"limit\":1", "100d")]
    public async Task A_watch_begins_and_ends_where_its_request_says(string request, string? expected)
    {
        (string Name, long Seconds)[] ages =
            [("100d", 8_640_000), ("1d", 86_400), ("2h", 7_200), ("90m", 5_400), ("15m", 900), ("1s", 1), ("now", 0)];
        var now = LogTime.From(_time.GetUtcNow());
        _folder.Write("app.log", string.Concat(ages.Select(age => RandomLogs.Line(age.Name, now.Minus(age.Seconds * 1_000_000_000)) + "\n")));
        await using var node = await StartAsync(Open());
        node.Feed(ChatLines.Watch(1, request));
        var lines = new List<string>();
        do
        {
            lines.Add(await node.HearAsync());
        }
        while (!lines[^1].Contains("grpc_stream_end", StringComparison.Ordinal));

        lines[^1].Should().Contain(expected is null ? "INVALID_ARGUMENT" : "\"OK\"");
        var messages = lines[..^1].Select(line => Msg().Match(line).Groups[1].Value);
        messages.Should().BeEquivalentTo((expected ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("cancel", "CANCELLED")]
    [InlineData("deadline", "DEADLINE_EXCEEDED")]
    [InlineData("stop", "UNAVAILABLE")]
    public async Task What_is_dropped_after_the_last_entry_stands_in_the_trailers_of_an_end_from_outside(string end, string status)
    {
        await using var node = await StartWithDropsAsync("", end == "deadline" ? ",\"timeout_ms\":60000" : "");
        if (end == "deadline")
        {
            _time.Advance(TimeSpan.FromMinutes(1));
        }
        else if (end == "cancel")
        {
            node.Feed(RunningNode.Line("""{"type": "grpc_cancel", "call": 1}"""));
        }
        else
        {
            node.Stop();
        }

        // What waits in the queue, or was taken and could not be sent, goes with the watch.
        var said = await node.HearAsync();
        said.Should().Contain("grpc_stream_end").And.Contain(status).And.Contain("\"count\": 1,");
        said.Should().MatchRegex($$$""", "trailers": \{"suppressed": "{{{Lines - 1}}}"\}\}$""");
    }

    [Fact]
    public async Task What_is_dropped_after_the_last_entry_stands_in_the_trailers_of_an_end_by_limit()
    {
        await using var node = await StartWithDropsAsync(",\"limit\":2", "");
        node.Feed(RunningNode.Line("""{"type": "grpc_window_update", "call": 1, "credit": 1}"""));
        var second = await node.HearAsync();
        second.Should().Contain("\"seq\": 2");

        // It was taken before the drops, and the end tells of them; or after them, and tells of them itself.
        var said = await node.HearAsync();
        said.Should().Contain("grpc_stream_end").And.Contain("\"status\": \"OK\"").And.Contain("\"count\": 2");
        var (told, untold) = (Suppressed(second), Suppressed(said));
        (told + untold).Should().BeOneOf(Lines - 1 - Queue, Lines - 2 - Queue);
        said.Contains("trailers", StringComparison.Ordinal).Should().Be(untold > 0);
    }

    [Fact]
    public async Task An_end_without_drops_has_no_trailers()
    {
        _folder.Write("app.log", "a\n");
        await using var node = await StartAsync(Open());
        node.Feed(ChatLines.Watch(1, "\"follow\":true,\"limit\":1"));
        (await node.HearAsync()).Should().Contain("\"a\"");
        (await node.HearAsync()).Should().Contain("grpc_stream_end").And.NotContain("trailers");
    }

    /// <summary>A node with call 1, which has been sent one entry, can take no more, and has lost some.</summary>
    private async Task<RunningNode> StartWithDropsAsync(string request, string options)
    {
        _folder.Write("app.log", "");
        var logs = Open(Queue);
        var node = await StartAsync(logs);
        node.Feed(ChatLines.Watch(1, "\"follow\":true" + request, ",\"window\":1" + options));

        // The feed polls as soon as somebody watches; who comes later is handed each entry later.
        await _time.TimerSetAsync(Poll);
        await using var last = new RunningWatch(logs, "last");
        await last.Live;
        _folder.Append("app.log", "first\n");
        _time.Advance(Poll);
        (await node.HearAsync()).Should().Contain("\"seq\": 1").And.Contain("first").And.NotContain("suppressed");
        _folder.Append("app.log", string.Concat(Enumerable.Repeat("more\n", Lines - 2)) + "last\n");
        _time.Advance(Poll);
        (await last.NextAsync()).Should().Be("last");
        return node;
    }

    private static long Suppressed(string said) =>
        SuppressedNumber().Match(said) is { Success: true } match ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    private LogSet Open(int watchQueue = 10_000) => LogSet.Open([_folder.Path], _time, useHints: false, watchQueue);

    private Task<RunningNode> StartAsync(LogSet logs) =>
        RunningNode.StartAsync(methods: AllServices.Register(new MethodTable(), logs), time: _time);

    [GeneratedRegex("\"suppressed\": \"?([0-9]+)")]
    private static partial Regex SuppressedNumber();

    [GeneratedRegex("\"msg\": \"([^\"]*)\"")]
    private static partial Regex Msg();
}
