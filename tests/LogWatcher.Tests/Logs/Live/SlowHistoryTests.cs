using System.Globalization;
using LogWatcher.Logs;
using LogWatcher.Logs.Live;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;
using LogEntry = LogWatcher.Protos.V1.LogEntry;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>Who reads its history so slowly that more files are rotated meanwhile than are kept for it.</summary>
public sealed class SlowHistoryTests : CopyTesting
{
    private const int Rotations = FollowedFiles.MaxKept + 1;

    private static readonly DateTime FirstDay = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public async Task It_gets_all_that_it_can_and_is_told_to_go_on_behind_that()
    {
        var logs = Begin();
        await using var live = await WatchAsync(logs);
        (await live.TakeAsync(2)).Should().Equal("old", "line 0");
        await using var slow = Watch(logs);
        (await slow.MoveNextAsync()).Should().BeTrue();
        var got = new List<LogEntry> { ShownEntries.Copy(slow.Current) };
        got[0].Msg.Should().Be("old");

        RotateTooOften();
        var expected = Enumerable.Range(1, Rotations).Select(number => $"line {number}").ToList();
        (await LookAsync(live)).Should().Equal(expected, "nobody else is kept from anything");
        expected.InsertRange(0, ["old", "line 0"]);

        var failure = (await FluentActions.Awaiting(() => TakeRestAsync(slow, got, expected.Count)).Should().ThrowAsync<RpcException>()).Which;
        failure.Status.Code.Should().Be(StatusCode.ResourceExhausted);
        failure.Message.Should().Contain("1000 files").And.Contain("after");
        got.Should().HaveCountLessThan(expected.Count);
        await using var resumed = Watch(logs, [.. got.GroupBy(entry => entry.Source).Select(entries => entries.Last().Cursor)]);
        await TakeRestAsync(resumed, got, expected.Count);
        got.Select(entry => entry.Msg).Should().Equal(expected);
    }

    /// <summary>It may never ask for more: what was kept for it is let go of all the same.</summary>
    [Fact]
    public async Task Nothing_is_kept_for_who_is_too_slow()
    {
        var logs = Begin();
        await using var other = await WatchAsync(logs, "mark.log");
        await using var slow = Watch(logs);
        (await slow.MoveNextAsync()).Should().BeTrue();
        RotateTooOften();

        if (OpenFiles.Under(Folder.Path).Count <= FollowedFiles.MaxKept)
        {
            Time.Advance(Poll);
            await RunningNode.UntilAsync(() => OpenFiles.Under(Folder.Path).Count > FollowedFiles.MaxKept);
        }

        Time.Advance(Poll);
        await RunningNode.UntilAsync(() => OpenFiles.Under(Folder.Path).Count < 10);
        await LookAsync(other);
        OpenFiles.Under(Folder.Path).Should().HaveCountLessThan(10, "nobody is left for whom they would be found again");

        await FluentActions.Awaiting(() => TakeRestAsync(slow, [], int.MaxValue)).Should().ThrowAsync<RpcException>();
        OpenFiles.Under($"{Folder.Path}/").Should().BeEmpty();
    }

    private LogSet Begin()
    {
        File.SetLastWriteTimeUtc(Folder.Write("old.log", "old\n"), DateTime.UnixEpoch);
        Folder.Write("a.log", "line 0\n");
        return Open();
    }

    private void RotateTooOften()
    {
        for (var rotation = 1; rotation <= Rotations; rotation++)
        {
            var day = FirstDay.AddDays(rotation).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
            File.Move(Folder["a.log"], Folder[$"a.log-{day}"]);
            Folder.Write("a.log", $"line {rotation}\n");
        }
    }

    private static async Task TakeRestAsync(IAsyncEnumerator<LogEntry> watch, List<LogEntry> got, int count)
    {
        while (got.Count < count && await watch.MoveNextAsync().AsTask().WaitAsync(RunningNode.Patience))
        {
            got.Add(ShownEntries.Copy(watch.Current));
        }
    }

    private IAsyncEnumerator<LogEntry> Watch(LogSet logs, params string[] after) => new LogWatcherService(logs)
        .WatchLogs(new WatchLogsRequest { Filter = "not mark", Follow = true, After = { after } }, new PlainCall(time: Time)).GetAsyncEnumerator();
}
