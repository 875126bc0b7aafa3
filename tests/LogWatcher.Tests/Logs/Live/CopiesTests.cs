using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>
/// Logs that are copied and truncated faster than anybody looks, beside renames: what is only in the copies comes from them, once,
/// and before what came after it. The clock is the test's own, nothing hints at changes.
/// </summary>
public sealed class CopiesTests : IDisposable
{
    private const string Banner = "service started";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private readonly TempFolder _folder = new();
    private readonly TempFolder _elsewhere = new();
    private readonly ManualTimeProvider _time = new();
    private readonly List<string> _early = [];
    private int _marks;

    public void Dispose()
    {
        _folder.Dispose();
        _elsewhere.Dispose();
    }

    /// <summary>Of a file nothing but the banner had been read, which all copies begin with: each is still that of what it holds.</summary>
    [Theory]
    [InlineData("")]
    [InlineData($"{Banner}\nc\n")]
    public async Task Copies_that_begin_alike_are_read_in_their_order(string later)
    {
        _folder.Write("a.log", $"{Banner}\n");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().Equal(Banner);
        _folder.Append("a.log", "a\n");
        CopyAndCut("a.log.2", $"{Banner}\nb\n");
        CopyAndCut("a.log.1", later);
        (await LookAsync(watch)).Should().Equal(["a", Banner, "b", .. later.Split('\n', StringSplitOptions.RemoveEmptyEntries)]);
    }

    /// <summary>Copied and cut before anybody read it, and renamed with nothing in it: what came to stand there next comes behind the copy.</summary>
    [Fact]
    public async Task The_copy_of_a_file_that_stays_empty_comes_before_the_next_file()
    {
        _folder.Write("a.log", "");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().BeEmpty();
        _folder.Append("a.log", "a\n");
        CopyAndCut("a.log.2", "");
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        FileTicks.Next();
        _folder.Write("a.log", "b\n");
        (await LookAsync(watch)).Should().Equal("a", "b");
    }

    /// <summary>The banner had been read when the file was truncated: another file that begins so, and was renamed, is no copy of that.</summary>
    [Fact]
    public async Task A_renamed_file_that_begins_like_what_was_cut_is_no_copy()
    {
        _folder.Write("a.log", $"{Banner}\n");
        await using var watch = await WatchAsync(Open("a.log"));
        (await LookAsync(watch)).Should().Equal(Banner);
        Cut("a\n");
        (await LookAsync(watch)).Should().Equal("a");
        File.Move(_folder["a.log"], _folder["a.log.2"]);
        FileTicks.Next();
        _folder.Write("a.log.1", $"{Banner}\nb\n");
        FileTicks.Next();
        _folder.Write("a.log", $"{Banner}\nc\n");
        (await LookAsync(watch)).Should().Equal(Banner, "b", Banner, "c");
    }

    /// <summary>A copy is being made of a file that was made in the same tick of the clock.</summary>
    [Fact]
    public async Task A_copy_as_old_as_its_original_is_one()
    {
        _folder.Write("a.log", "a\n");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().Equal("a");
        FileTicks.Next();
        File.Move(_folder["a.log"], _folder["a.log.2"]);
        do
        {
            File.Delete(_folder["a.log"]);
            File.Delete(_folder["a.log.1"]);
            _folder.Write("a.log", "b\nc\n");
            _folder.Write("a.log.1", "b\n");
        }
        while (BirthOf("a.log") != BirthOf("a.log.1"));

        (await LookAsync(watch)).Should().Equal("b", "c");
    }

    /// <summary>Others have read what was cut, and have not noticed yet: a watch that has not come to it gets it from the copy.</summary>
    [Fact]
    public async Task What_is_cut_before_a_history_comes_to_it_is_read_from_the_copy()
    {
        _folder.Write("a.log", "a\n");
        var logs = Open();
        await using var watch = await WatchAsync(logs);
        await using var late = await BeginAsync(logs, watch);
        CopyAndCut("a.log.1", "b\n");
        (await TakeAsync(late, 2)).Should().Equal("a", "b");
        (await LookAsync(watch)).Should().Equal("a", "old", "b");
    }

    /// <summary>
    /// A watch begins when a copy has just been made, and nobody has noticed that its original is cut: the last entry of the copy is
    /// the watch's, though no line behind it will ever say that it has ended.
    /// </summary>
    [Fact]
    public async Task The_last_entry_of_a_copy_belongs_to_who_begins_beside_it()
    {
        _folder.Write("a.log", "2026-01-01T00:00:00Z INFO a\n");
        var logs = Open();
        await using var watch = await WatchAsync(logs);
        (await LookAsync(watch)).Should().Equal("a");
        CopyAndCut("a.log.1", "2026-01-01T00:00:01Z INFO b\n2026-01-01T00:00:01Z INFO c\n");
        File.SetLastWriteTimeUtc(_folder["a.log.1"], DateTime.UtcNow.AddHours(1));
        await using var late = Watch(logs);
        (await TakeAsync(late, 2)).Should().Equal("a", "b");
    }

    /// <summary>Copied, cut, and renamed before a history came to it: what it held first comes first, all the same.</summary>
    [Fact]
    public async Task Of_a_file_that_was_cut_and_has_left_its_name_the_copy_comes_first()
    {
        _folder.Write("a.log", "a\n");
        var logs = Open();
        await using var marks = await WatchAsync(logs, "**/mark.log");
        await using var watch = await BeginAsync(logs, marks);
        CopyAndCut("a.log.2", "b\n");
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        (await TakeAsync(watch, 2)).Should().Equal("a", "b");
    }

    /// <summary>To join, a history has its files read on; what is found by that is the watch's, too.</summary>
    [Fact]
    public async Task What_is_found_while_a_watch_joins_is_its_own()
    {
        _folder.Write("a.log", "");
        var logs = Open();
        await using var watch = await WatchAsync(logs);
        await using var late = await BeginAsync(logs, watch);
        _folder.Append("a.log", "a\n");
        (await TakeAsync(late, 1)).Should().Equal("a");
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        FileTicks.Next();
        _folder.Write("a.log", "b\n");
        (await TakeAsync(late, 1)).Should().Equal("b");
    }

    /// <summary>A cursor in a copy does not lead past other copies to the file, of which nothing was delivered yet.</summary>
    [Theory]
    [InlineData("a2", "b,c")]
    [InlineData("b", "c")]
    public async Task Behind_a_cursor_in_a_copy_come_the_later_copies(string last, string rest)
    {
        _folder.Write("a.log", "a1\n");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().Equal("a1");
        _folder.Append("a.log", "a2\n");
        CopyAndCut("a.log.2", "b\n");
        CopyAndCut("a.log.1", "c\n");
        _time.Advance(Poll);
        LogEntry entry;
        do
        {
            entry = await watch.NextEntryAsync();
        }
        while (entry.Message != last);

        var cursor = CursorOf(entry);
        var resumed = new List<string>();
        var query = new WatchQuery(Filter.Parse(""), Follow: false, Limit: 0, ["**/a.log*"]) { After = [cursor], WatchedSince = cursor.WatchedSince };
        await foreach (var next in Open().WatchAsync(query, () => { }, CancellationToken.None))
        {
            resumed.Add(next.Message);
        }

        resumed.Should().Equal(rest.Split(','));
    }

    /// <summary>
    /// A watch is resumed while its log is being copied, or has just been, and the log is cut before the watch comes to it: what it has
    /// not had comes from the copy, and what it has had doesn't come again.
    /// </summary>
    [Theory]
    [InlineData("a", "", false)]
    [InlineData("a", "", true)]
    [InlineData("a", "a\n", false)]
    [InlineData("a", "a\n", true)]
    [InlineData("a", "a\nb\n", false)]
    [InlineData("a", "a\nb\n", true)]
    [InlineData("b", "", false)]
    [InlineData("b", "", true)]
    [InlineData("b", "a\n", false)]
    [InlineData("b", "a\n", true)]
    [InlineData("b", "a\nb\n", false)]
    [InlineData("b", "a\nb\n", true)]
    public async Task A_watch_that_is_resumed_beside_a_copy_gets_the_rest_once(string last, string copied, bool othersFollow)
    {
        _folder.Write("a.log", "a\nb\n");
        Cursor cursor;
        await using (var first = await WatchAsync(OpenInRealTime()))
        {
            LogEntry entry;
            do
            {
                entry = await first.NextEntryAsync();
            }
            while (entry.Message != last);

            cursor = CursorOf(entry);
        }

        FileTicks.Next();
        _folder.Write("a.log.1", copied);
        var logs = OpenInRealTime();
        await using var other = othersFollow ? await WatchAsync(logs) : null;
        File.SetLastWriteTimeUtc(_folder.Write("old.log", "old\n"), DateTime.UnixEpoch);
        await using var watch = Watch(logs, cursor);
        (await TakeAsync(watch, 1)).Should().Equal("old");
        _folder.Append("a.log.1", "a\nb\n"[copied.Length..]);
        Cut("c\n");
        (await TakeAsync(watch, last == "a" ? 2 : 1)).Should().Equal(last == "a" ? ["b", "c"] : ["c"]);
        _folder.Append("a.log", "d\n");
        (await TakeAsync(watch, 1)).Should().Equal("d");
    }

    /// <summary>
    /// Between the copy's end and the cut more is written, and read. Whatever was read of the copy's lines, by a history or live, and
    /// however much came after it: the copy holds nothing new.
    /// </summary>
    [Theory]
    [InlineData(50, 1, false)]
    [InlineData(50, 1, true)]
    [InlineData(1, 1, false)]
    [InlineData(50, 300, false)]
    [InlineData(50, 300, true)]
    public async Task A_copy_that_is_shorter_than_what_was_read_holds_nothing_new(int before, int between, bool isSeen)
    {
        _folder.Write("a.log", Lines("before", before));
        await using var watch = await WatchAsync(Open());
        await LookAsync(watch);
        FileTicks.Next();
        _folder.Copy("a.log", "a.log.1");
        if (isSeen)
        {
            (await LookAsync(watch)).Should().BeEmpty();
        }

        _folder.Append("a.log", Lines("between", between));
        (await LookAsync(watch)).Should().HaveCount(between);
        FileTicks.Next();
        Cut("after\n");
        (await LookAsync(watch)).Should().Equal("after");
        _folder.Append("a.log", "last\n");
        (await LookAsync(watch)).Should().Equal("last");
    }

    /// <summary>The same for a watch that is resumed beside such a copy, in a new run of the node or beside others.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 300)]
    [InlineData(true, 300)]
    public async Task A_copy_that_is_shorter_than_what_a_resumed_watch_reads_holds_nothing_new(bool othersFollow, int between)
    {
        _folder.Write("a.log", Lines("before", 50));
        Cursor cursor;
        await using (var first = await WatchAsync(OpenInRealTime()))
        {
            cursor = CursorOf(await first.NextEntryAsync());
        }

        FileTicks.Next();
        _folder.Copy("a.log", "a.log.1");
        _folder.Append("a.log", Lines("between", between));
        var logs = OpenInRealTime();
        await using var other = othersFollow ? await WatchAsync(logs) : null;
        await using var watch = Watch(logs, cursor);
        (await TakeAsync(watch, 49 + between)).Should().OnlyHaveUniqueItems();
        FileTicks.Next();
        Cut("after\n");
        (await TakeAsync(watch, 1)).Should().Equal("after");
        _folder.Append("a.log", "last\n");
        (await TakeAsync(watch, 1)).Should().Equal("last");
    }

    /// <summary>A copy that was made long ago, or kept its time: it is one until the log is cut, and has what the watch has not had by then.</summary>
    [Fact]
    public async Task A_watch_that_is_resumed_beside_an_old_copy_gets_the_rest_from_it()
    {
        var minuteAgo = DateTime.UtcNow.AddMinutes(-1);
        File.SetLastWriteTimeUtc(_folder.Write("a.log", Lines("before", 50)), minuteAgo);
        Cursor cursor;
        await using (var first = await WatchAsync(OpenInRealTime()))
        {
            cursor = CursorOf(await first.NextEntryAsync());
        }

        FileTicks.Next();
        File.SetLastWriteTimeUtc(_folder.Write("a.log.1", Lines("before", 50)), minuteAgo);
        File.SetLastWriteTimeUtc(_folder.Write("old.log", "old\n"), DateTime.UnixEpoch);
        await using var watch = Watch(OpenInRealTime(), cursor);
        (await TakeAsync(watch, 1)).Should().Equal("old");
        Cut("after\n");
        (await TakeAsync(watch, 50)).Should().OnlyHaveUniqueItems().And.HaveElementAt(49, "after");
    }

    /// <summary>A watch is resumed in a file that others have done with, and ends before it has come to the end of that: they do not get it again.</summary>
    [Fact]
    public async Task A_watch_that_leaves_early_brings_no_old_file_back()
    {
        _folder.Write("a.log", Lines("before", 50));
        var logs = Open();
        await using var watch = await WatchAsync(logs);
        var cursor = CursorOf(await watch.NextEntryAsync());
        await LookAsync(watch);
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        _folder.Write("a.log", "new\n");
        for (var seconds = 0; seconds < 8; seconds++)
        {
            (await LookAsync(watch)).Should().Equal(seconds == 0 ? ["new"] : []);
        }

        await using (var resumed = Watch(logs, cursor))
        {
            (await TakeAsync(resumed, 1)).Should().Equal("a line that was written before 001");
            (await LookAsync(watch)).Should().BeEmpty();
        }

        for (var seconds = 0; seconds < 8; seconds++)
        {
            (await LookAsync(watch)).Should().BeEmpty();
        }
    }

    /// <summary>A copy that somebody has made of a log which goes on is none of its files, whatever becomes of the log.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_copy_that_stays_beside_its_log_is_never_read(bool isCut)
    {
        _folder.Write("a.log", Lines("before", 50));
        await using var watch = await WatchAsync(Open());
        await LookAsync(watch);
        FileTicks.Next();
        _folder.Copy("a.log", "a.log.bak");
        (await LookAsync(watch)).Should().BeEmpty();
        _folder.Append("a.log", "more\n");
        (await LookAsync(watch)).Should().Equal("more");
        if (isCut)
        {
            CopyAndCut("a.log.1", "after\n");
        }
        else
        {
            File.Move(_folder["a.log"], _folder["a.log.1"]);
            _folder.Write("a.log", "after\n");
        }

        for (var seconds = 0; seconds < 8; seconds++)
        {
            (await LookAsync(watch)).Should().Equal(seconds == 0 ? ["after"] : []);
        }
    }

    private static string Lines(string text, int count) => string.Concat(Enumerable.Range(0, count).Select(number => $"a line that was written {text} {number:000}\n"));

    /// <summary>The folder, or a file in it, and outside of that the marks by which <see cref="LookAsync"/> knows that all has been looked at.</summary>
    private LogSet Open(string name = "")
    {
        _elsewhere.Append("mark.log", "");
        return LogSet.Open([_folder[name], _elsewhere["mark.log"]], _time, useHints: false);
    }

    private LogSet OpenInRealTime() => LogSet.Open([_folder.Path], TimeProvider.System);

    private static async Task<RunningWatch> WatchAsync(LogSet logs, params string[] sources)
    {
        var watch = new RunningWatch(logs, "", sources);
        await watch.Live;
        return watch;
    }

    /// <summary>
    /// Begins a watch of the folder that stands still in its history, behind the one entry of a file that comes before all others;
    /// whoever lives has looked at everything since.
    /// </summary>
    private async Task<IAsyncEnumerator<LogEntry>> BeginAsync(LogSet logs, RunningWatch live)
    {
        File.SetLastWriteTimeUtc(_folder.Write("old.log", "old\n"), DateTime.UnixEpoch);
        var watch = Watch(logs);
        (await TakeAsync(watch, 1)).Should().Equal("old");
        _early.AddRange(await LookAsync(live));
        return watch;
    }

    /// <summary>Watches everything but the marks, at the pace of who asks.</summary>
    private static IAsyncEnumerator<LogEntry> Watch(LogSet logs, params Cursor[] after) => logs.WatchAsync(
        new WatchQuery(Filter.Parse("not mark"), Follow: true, Limit: 0, []) { After = after, WatchedSince = after is [var cursor, ..] ? cursor.WatchedSince : FileClock.Now },
        () => { },
        CancellationToken.None).GetAsyncEnumerator();

    private static Cursor CursorOf(LogEntry entry)
    {
        Cursor.TryParse(entry.Place!.ToCursor(FileClock.Now).ToString(), out var cursor).Should().BeTrue();
        return cursor;
    }

    private static async Task<List<string>> TakeAsync(IAsyncEnumerator<LogEntry> watch, int count)
    {
        var messages = new List<string>();
        while (messages.Count < count && await watch.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(90)))
        {
            messages.Add(watch.Current.Message);
        }

        return messages;
    }

    /// <summary>Lets a second go by, in which all that has happened is found.</summary>
    /// <returns>What has come since the last time.</returns>
    private async Task<List<string>> LookAsync(RunningWatch watch)
    {
        var messages = new List<string>(_early);
        _early.Clear();
        for (var look = 0; look < 8; look++)
        {
            var mark = $"mark {++_marks}";
            _elsewhere.Append("mark.log", $"{mark}\n");
            _time.Advance(Poll);
            for (var message = await watch.NextAsync(); message != mark; message = await watch.NextAsync())
            {
                messages.Add(message);
            }
        }

        return messages;
    }

    private void CopyAndCut(string copy, string text)
    {
        FileTicks.Next();
        _folder.Copy("a.log", copy);
        FileTicks.Next();
        Cut(text);
    }

    /// <summary>Cuts the log to nothing and writes to it, as one step for who looks only now and then.</summary>
    private void Cut(string text)
    {
        using var file = new FileStream(_folder["a.log"], FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.Write(Encoding.UTF8.GetBytes(text));
    }

    private long BirthOf(string name) => FileStatus.TryGet(_folder[name], out var status) ? status.Born : 0;
}
