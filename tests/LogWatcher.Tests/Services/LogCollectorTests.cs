using LogWatcher.Logs;
using LogWatcher.Logs.Collected;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;
using LogEntry = LogWatcher.Protos.V1.LogEntry;

namespace LogWatcher.Tests.Services;

/// <summary>What is taken and what is refused of that which clients stream in, and how it is told.</summary>
public sealed class LogCollectorTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_summary_counts_what_is_taken_what_is_not_and_the_levels()
    {
        LogEntry[] entries =
        [
            new() { Msg = "a", Level = "err" }, new() { Level = "ERROR" }, new() { Msg = "b", Level = "ERROR" }, new() { Msg = "c", Level = "loud" },
            new() { Msg = "d" }, new(), new() { Msg = "e", Level = "W" },
        ];
        var summary = await new LogCollector(new CollectedLog()).Collect(entries.ToAsyncEnumerable(), Call());
        summary.Should().Be(new CollectSummary { Accepted = 5, Rejected = 2, ByLevel = { ["ERROR"] = 2, ["WARN"] = 1 } });
        (await new LogCollector(new CollectedLog()).Collect(AsyncEnumerable.Empty<LogEntry>(), Call())).Should().Be(new CollectSummary());
    }

    // Each letter is an item: a has a message, r has none, and n has no entry at all.
    [Theory]
    [InlineData(0, "aar", "1:1/0 2:1/0 3:0/1")]
    [InlineData(1, "an", "1:1/0 2:0/1")]
    [InlineData(2, "", "")]
    [InlineData(2, "a", "1:1/0")]
    [InlineData(2, "aa", "1:2/0")]
    [InlineData(2, "ara", "1:1/1 2:1/0")]
    [InlineData(3, "rrraa", "1:0/3 2:2/0")]
    [InlineData(1_000_000, "aara", "1:3/1")]
    [InlineData(1_000_001, "a", "batch_size: expected at most 1000000, got 1000001")]
    [InlineData(-1, "a", "batch_size: expected 0 or more, got -1")]
    [InlineData(int.MinValue, "a", "batch_size: expected 0 or more, got -2147483648")]
    public async Task Each_batch_is_acknowledged_and_what_is_left_at_the_end(int size, string items, string expected)
    {
        var requests = items.Select((item, index) => Item(item, index == 0 ? size : 0));
        (await AcknowledgeAsync(requests)).Should().Be(expected);
    }

    [Theory]
    [InlineData(2, 2, "1:2/0")]
    [InlineData(2, 0, "1:2/0")]
    [InlineData(2, 3, "batch_size: the first item has said 2; expected the same, or nothing, got 3")]
    [InlineData(2, -1, "batch_size: expected 0 or more, got -1")]
    [InlineData(0, 1, "1:1/0 2:1/0")]
    public async Task The_size_of_the_batches_is_said_once(int first, int second, string expected)
    {
        (await AcknowledgeAsync([Item('a', first), Item('a', second)])).Should().EndWith(expected);
    }

    [Fact]
    public async Task A_batch_is_acknowledged_once_it_is_in_the_file()
    {
        using var file = new CollectedFile(_folder["collected.log"]);
        var lines = 0;
        await foreach (var _ in new LogCollector(new CollectedLog(10, file)).CollectAcked(Enumerable.Repeat(Item('a', 1), 5).ToAsyncEnumerable(), Call()))
        {
            (await File.ReadAllLinesAsync(_folder["collected.log"])).Should().HaveCount(++lines);
        }

        lines.Should().Be(5);
    }

    [Fact]
    public async Task A_full_disk_is_told_and_what_was_taken_before_is_there()
    {
        File.CreateSymbolicLink(_folder["full"], "/dev/full");
        using var file = new CollectedFile(_folder["full"]);
        var log = new CollectedLog(10, file);
        var collecting = () => new LogCollector(log).Collect(new[] { new LogEntry(), new LogEntry { Msg = "a" } }.ToAsyncEnumerable(), Call());
        var status = (await collecting.Should().ThrowAsync<RpcException>()).Which.Status;
        status.Code.Should().Be(StatusCode.Unavailable);
        status.Message.Should().StartWith("the entry can't be written, and was not taken: ").And.NotContain(_folder.Path);
        log.LastNumber.Should().Be(0);
    }

    /// <summary>Of each client the order is kept, and none of all is lost, for those who watch meanwhile and later.</summary>
    [Fact]
    public async Task Many_clients_collect_at_once()
    {
        const int Clients = 8;
        const int EntriesEach = 1_000;
        using var file = new CollectedFile(_folder["collected.log"]);
        var logs = LogSet.OpenSample(new CollectedLog(Clients * EntriesEach, file));
        await using var watch = new RunningWatch(logs, "", "client-*");
        await watch.Live;
        var summaries = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => new LogCollector(logs.Collected).Collect(
            Enumerable.Range(0, EntriesEach).Select(number => new LogEntry { Msg = $"{number}" }).ToAsyncEnumerable(),
            new PlainCall(peer: $"client-{client}", time: _time)))));

        summaries.Should().AllSatisfy(summary => summary.Accepted.Should().Be(EntriesEach));
        var next = new int[Clients];
        for (var count = 0; count < Clients * EntriesEach; count++)
        {
            var entry = await watch.NextEntryAsync();
            entry.Message.Should().Be($"{next[entry.Source[^1] - '0']++}");
            entry.Suppressed.Should().Be(0);
        }

        (await File.ReadAllLinesAsync(_folder["collected.log"])).Should().HaveCount(Clients * EntriesEach).And.OnlyHaveUniqueItems();
    }

    private static CollectItem Item(char kind, int size) => kind switch
    {
        'a' => new CollectItem { Entry = new LogEntry { Msg = "a" }, BatchSize = size },
        'r' => new CollectItem { Entry = new LogEntry(), BatchSize = size },
        _ => new CollectItem { BatchSize = size },
    };

    private async Task<string> AcknowledgeAsync(IEnumerable<CollectItem> items)
    {
        try
        {
            var acks = await new LogCollector(new CollectedLog()).CollectAcked(items.ToAsyncEnumerable(), Call()).ToListAsync();
            return string.Join(' ', acks.Select(ack => $"{ack.Batch}:{ack.Accepted}/{ack.Rejected}"));
        }
        catch (RpcException exception) when (exception.Status.Code == StatusCode.InvalidArgument)
        {
            return exception.Message;
        }
    }

    private PlainCall Call() => new(peer: "c1", time: _time);
}
