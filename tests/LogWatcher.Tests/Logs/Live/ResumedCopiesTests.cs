using System.IO.Compression;
using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>Watches that are resumed by a cursor beside copies of their log, or begin beside one that is being made.</summary>
public sealed class ResumedCopiesTests : CopyTesting
{
    /// <summary>A cursor in a copy does not lead past other copies to the file, of which nothing was delivered yet.</summary>
    [Theory]
    [InlineData("a2", "b,c")]
    [InlineData("b", "c")]
    public async Task Behind_a_cursor_in_a_copy_come_the_later_copies(string last, string rest)
    {
        Folder.Write("a.log", "a1\n");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().Equal("a1");
        Folder.Append("a.log", "a2\n");
        CopyAndCut("a.log.2", "b\n");
        CopyAndCut("a.log.1", "c\n");
        Time.Advance(Poll);
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
        Folder.Write("a.log", "a\nb\n");
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
        Folder.Write("a.log.1", copied);
        var logs = OpenInRealTime();
        await using var other = othersFollow ? await WatchAsync(logs) : null;
        File.SetLastWriteTimeUtc(Folder.Write("old.log", "old\n"), DateTime.UnixEpoch);
        await using var watch = Watch(logs, cursor);
        (await TakeAsync(watch, 1)).Should().Equal("old");
        Folder.Append("a.log.1", "a\nb\n"[copied.Length..]);
        Cut("c\n");
        (await TakeAsync(watch, last == "a" ? 2 : 1)).Should().Equal(last == "a" ? ["b", "c"] : ["c"]);
        Folder.Append("a.log", "d\n");
        (await TakeAsync(watch, 1)).Should().Equal("d");
    }

    /// <summary>The same for a watch that is resumed beside such a copy, in a new run of the node or beside others.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 300)]
    [InlineData(true, 300)]
    public async Task A_copy_that_is_shorter_than_what_a_resumed_watch_reads_holds_nothing_new(bool othersFollow, int between)
    {
        Folder.Write("a.log", Lines("before", 50));
        Cursor cursor;
        await using (var first = await WatchAsync(OpenInRealTime()))
        {
            cursor = CursorOf(await first.NextEntryAsync());
        }

        FileTicks.Next();
        Folder.Copy("a.log", "a.log.1");
        Folder.Append("a.log", Lines("between", between));
        var logs = OpenInRealTime();
        await using var other = othersFollow ? await WatchAsync(logs) : null;
        await using var watch = Watch(logs, cursor);
        (await TakeAsync(watch, 49 + between)).Should().OnlyHaveUniqueItems();
        FileTicks.Next();
        Cut("after\n");
        (await TakeAsync(watch, 1)).Should().Equal("after");
        Folder.Append("a.log", "last\n");
        (await TakeAsync(watch, 1)).Should().Equal("last");
    }

    /// <summary>A copy that was made long ago, or kept its time: it is one until the log is cut, and has what the watch has not had by then.</summary>
    [Fact]
    public async Task A_watch_that_is_resumed_beside_an_old_copy_gets_the_rest_from_it()
    {
        var minuteAgo = DateTime.UtcNow.AddMinutes(-1);
        File.SetLastWriteTimeUtc(Folder.Write("a.log", Lines("before", 50)), minuteAgo);
        Cursor cursor;
        await using (var first = await WatchAsync(OpenInRealTime()))
        {
            cursor = CursorOf(await first.NextEntryAsync());
        }

        FileTicks.Next();
        File.SetLastWriteTimeUtc(Folder.Write("a.log.1", Lines("before", 50)), minuteAgo);
        File.SetLastWriteTimeUtc(Folder.Write("old.log", "old\n"), DateTime.UnixEpoch);
        await using var watch = Watch(OpenInRealTime(), cursor);
        (await TakeAsync(watch, 1)).Should().Equal("old");
        Cut("after\n");
        (await TakeAsync(watch, 50)).Should().OnlyHaveUniqueItems().And.HaveElementAt(49, "after");
    }

    /// <summary>A watch is resumed in a file that others have done with, and ends before it has come to the end of that: they do not get it again.</summary>
    [Fact]
    public async Task A_watch_that_leaves_early_brings_no_old_file_back()
    {
        Folder.Write("a.log", Lines("before", 50));
        var logs = Open();
        await using var watch = await WatchAsync(logs);
        var cursor = CursorOf(await watch.NextEntryAsync());
        await LookAsync(watch);
        File.Move(Folder["a.log"], Folder["a.log.1"]);
        Folder.Write("a.log", "new\n");
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

    /// <summary>What begins like the log now, up to the cursor, was copied before that was written: it is an old copy, and was delivered.</summary>
    [Fact]
    public async Task A_copy_from_before_the_cursor_that_begins_alike_is_not_read_again()
    {
        Folder.Write("a.log", Banner + "\n" + Lines("before", 50));
        var since = FileClock.Now;
        Cursor cursor;
        await using (var first = await WatchAsync(OpenInRealTime()))
        {
            await first.TakeAsync(51);
            CopyAndCut("a.log.1", $"{Banner}\n");
            File.SetLastWriteTimeUtc(Folder["a.log.1"], File.GetLastWriteTimeUtc(Folder["a.log"]));
            var entry = await first.NextEntryAsync();
            entry.Message.Should().Be(Banner);
            Cursor.TryParse(entry.Place!.ToCursor(since).ToString(), out cursor).Should().BeTrue();
        }

        await using var watch = await WatchBehindAsync(Open(), cursor with { Other = null });
        Folder.Append("a.log", "after\n");
        (await LookAsync(watch)).Should().Equal("after");
    }

    /// <summary>
    /// A rotated file stood there when the watch began, and its turn had not come when that ended: whatever its name is by now, it is read.
    /// </summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_rotated_file_of_which_nothing_was_delivered_is_read(bool isCopied, bool isCompressed)
    {
        Folder.Write("a.log.1", "old 1\nold 2\n");
        FileTicks.Next();
        Folder.Write("a.log", "2026-01-01T10:00:00Z INFO new 1\n2026-01-01T10:00:00Z INFO new 2\n");
        FileTicks.Next();

        // A cursor tells milliseconds.
        FileTicks.Next();
        Cursor cursor;
        var since = FileClock.Now;
        await using (var first = await WatchAsync(OpenInRealTime()))
        {
            var entry = await first.NextEntryAsync();
            entry.Message.Should().Be("new 1");
            Cursor.TryParse(entry.Place!.ToCursor(since).ToString(), out cursor).Should().BeTrue();
        }

        FileTicks.Next();
        if (isCompressed)
        {
            var changed = File.GetLastWriteTimeUtc(Folder["a.log.1"]);
            using (var compressed = new GZipStream(File.Create(Folder["a.log.2.gz"]), CompressionLevel.Fastest))
            {
                compressed.Write(File.ReadAllBytes(Folder["a.log.1"]));
            }

            File.SetLastWriteTimeUtc(Folder["a.log.2.gz"], changed);
            File.Delete(Folder["a.log.1"]);
        }
        else
        {
            File.Move(Folder["a.log.1"], Folder["a.log.2"]);
        }

        if (isCopied)
        {
            CopyAndCut("a.log.1", "last\n");
        }
        else
        {
            File.Move(Folder["a.log"], Folder["a.log.1"]);
            Folder.Write("a.log", "last\n");
        }

        await using var watch = Watch(OpenInRealTime(), cursor);
        (await TakeAsync(watch, 4)).Should().BeEquivalentTo("new 2", "last", "old 1", "old 2");
    }

    /// <summary>A file that comes while nobody watches, under a name that rotation gives to others: it has no cursor, and is read from its start.</summary>
    [Theory]
    [InlineData("worker.log", "worker-2.log", true)]
    [InlineData("worker.log", "worker-2.log", false)]
    [InlineData("app20261120.log", "app20261120_001.log", true)]
    [InlineData("app-2026-11-20.log", "app-2026-11-20.1.log", true)]
    [InlineData("app.log", "app-2026-11-20.log", true)]
    [InlineData("app.log", "app.log.1", true)]
    [InlineData("app.log", "app.log.1", false)]
    public async Task A_new_file_with_the_name_of_a_rotated_one_is_read(string log, string name, bool follow)
    {
        Folder.Write(log, Lines("before", 50));
        var since = FileClock.Now;
        Cursor cursor;
        await using (var first = await WatchAsync(OpenInRealTime()))
        {
            await first.TakeAsync(49);
            Cursor.TryParse((await first.NextEntryAsync()).Place!.ToCursor(since, FileClock.Latest).ToString(), out cursor).Should().BeTrue();
        }

        FileTicks.Next();
        FileTicks.Next();
        Folder.Write(name, Lines("other", 20));
        FileTicks.Next();
        Folder.Append(log, "after\n");
        var query = new WatchQuery(Filter.Parse(""), follow, Limit: 21, []) { After = [cursor], WatchedSince = since };
        await using var watch = OpenInRealTime().WatchAsync(query, () => { }, CancellationToken.None).GetAsyncEnumerator();
        (await TakeAsync(watch, 21)).Should().BeEquivalentTo(["after", .. Lines("other", 20).Split('\n', StringSplitOptions.RemoveEmptyEntries)]);
    }

    /// <summary>The number of a deleted file is given to the next one, which begins alike for longer than is compared: it is too young.</summary>
    [Fact]
    public async Task What_is_younger_than_a_cursor_is_not_its_file()
    {
        var banner = Lines("banner", 50);
        Folder.Write("a.log", banner);
        var since = FileClock.Now;
        Cursor cursor;
        await using (var first = await WatchAsync(OpenInRealTime()))
        {
            await first.TakeAsync(49);
            Cursor.TryParse((await first.NextEntryAsync()).Place!.ToCursor(since, FileClock.Latest).ToString(), out cursor).Should().BeTrue();
        }

        Folder.Append("a.log", "first\n");
        FileTicks.Next();
        using (var compressed = new GZipStream(File.Create(Folder["a.log.1.gz"]), CompressionLevel.Fastest))
        {
            compressed.Write(File.ReadAllBytes(Folder["a.log"]));
        }

        File.SetLastWriteTimeUtc(Folder["a.log.1.gz"], File.GetLastWriteTimeUtc(Folder["a.log"]));
        File.Delete(Folder["a.log"]);
        FileTicks.Next();
        Folder.Write("a.log", banner + "second\n");
        FileStatus.TryGet(Folder["a.log"], out var status).Should().BeTrue();
        cursor = cursor with { Place = cursor.Place with { FileHash = FilePlace.HashOf(status.Identity) } };
        await using var watch = Watch(OpenInRealTime(), cursor);
        (await TakeAsync(watch, 52)).Should().Equal(["first", .. banner.Split('\n', StringSplitOptions.RemoveEmptyEntries), "second"]);
    }

    /// <summary>All files of a program may begin alike for more than a mark tells. A cursor behind that is of the first that was written to later.</summary>
    [Theory]
    [InlineData("rename")]
    [InlineData("compress")]
    [InlineData("copy")]
    [InlineData("copy -p")]
    public async Task Of_files_that_begin_alike_the_one_is_read_on_that_was_read(string how)
    {
        var banner = Lines("banner", 50);
        List<string> bannerLines = [.. banner.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        Folder.Write("a.log", banner + "zeroth\n");
        Rotate();
        Folder.Append("a.log", banner);
        FileTicks.Next();
        FileTicks.Next();
        var since = FileClock.Now;
        var cursors = await CursorsAsync(since, 101);

        FileTicks.Next();
        FileTicks.Next();
        Folder.Append("a.log", "first\n");
        Rotate();
        Folder.Append("a.log", banner + "second\n");
        Rotate();
        Folder.Append("a.log", banner + "third\n");
        await using var watch = Watch(OpenInRealTime(), cursors);
        (await TakeAsync(watch, 103)).Should().Equal(["first", .. bannerLines, "second", .. bannerLines, "third"]);
        FileTicks.Next();
        Folder.Append("a.log", "fourth\n");
        (await TakeAsync(watch, 1)).Should().Equal("fourth");

        void Rotate()
        {
            FileTicks.Next();
            for (var number = 3; number > 0; number--)
            {
                foreach (var ending in new[] { "", ".gz" }.Where(ending => File.Exists(Folder[$"a.log.{number}{ending}"])))
                {
                    File.Move(Folder[$"a.log.{number}{ending}"], Folder[$"a.log.{number + 1}{ending}"]);
                }
            }

            if (how is "copy" or "copy -p")
            {
                var changed = File.GetLastWriteTimeUtc(Folder["a.log"]);
                CopyAndCut("a.log.1", "");
                if (how == "copy -p")
                {
                    File.SetLastWriteTimeUtc(Folder["a.log.1"], changed);
                }
            }
            else
            {
                File.Move(Folder["a.log"], Folder["a.log.1"]);
                Folder.Write("a.log", "");
            }

            if (how == "compress")
            {
                Gzip("a.log.1");
            }

            FileTicks.Next();
        }
    }

    /// <summary>A backup that was made of a log holds nothing that is not in the copy which was made of it before it was cut.</summary>
    [Fact]
    public async Task The_longest_of_several_copies_is_read_on()
    {
        Folder.Write("a.log", Lines("before", 50));
        var since = FileClock.Now;
        Cursor cursor;
        await using (var first = await WatchAsync(OpenInRealTime()))
        {
            await first.TakeAsync(39);
            Cursor.TryParse((await first.NextEntryAsync()).Place!.ToCursor(since, FileClock.Latest).ToString(), out cursor).Should().BeTrue();
        }

        FileTicks.Next();
        FileTicks.Next();
        Folder.Copy("a.log", "a.log.bak");
        FileTicks.Next();
        Folder.Append("a.log", "more\n");
        CopyAndCut("a.log.1", "after\n");
        await using var watch = Watch(OpenInRealTime(), cursor);
        (await TakeAsync(watch, 12)).Should().Equal([.. Lines("before", 50).Split('\n')[40..50], "more", "after"]);
    }

    /// <summary>Another log of the program begins alike, and has a time of its own: it is no copy of the one that a cursor tells of.</summary>
    [Fact]
    public async Task What_is_no_sibling_is_no_copy()
    {
        Folder.Write("a.log", $"{Banner}\n");
        FileTicks.Next();
        Folder.Write("b.log", $"{Banner}\nb\n");
        File.SetLastWriteTimeUtc(Folder["b.log"], File.GetLastWriteTimeUtc(Folder["a.log"]));
        FileTicks.Next();
        FileTicks.Next();
        var cursors = await CursorsAsync(FileClock.Now, 3);
        await using var watch = Watch(OpenInRealTime(), cursors);
        Folder.Append("a.log", "last\n");
        (await TakeAsync(watch, 1)).Should().Equal("last");
    }

    /// <summary>A copy that has got the time of what it is a copy of is older than itself, and is known again all the same.</summary>
    [Fact]
    public async Task A_copy_that_kept_its_time_is_known_again()
    {
        Folder.Write("a.log", $"{Banner}\n");
        var changed = File.GetLastWriteTimeUtc(Folder["a.log"]);
        CopyAndCut("a.log.1", "");
        File.SetLastWriteTimeUtc(Folder["a.log.1"], changed);
        Folder.Append("a.log", $"{Banner}\nfirst\n");
        FileTicks.Next();
        FileTicks.Next();
        var cursors = await CursorsAsync(FileClock.Now, 3);
        FileTicks.Next();
        FileTicks.Next();
        File.Move(Folder["a.log.1"], Folder["a.log.2"]);
        Folder.Append("a.log", "second\n");
        CopyAndCut("a.log.1", "third\n");
        await using var watch = Watch(OpenInRealTime(), cursors);
        (await TakeAsync(watch, 2)).Should().Equal("second", "third");
        Folder.Append("a.log", "last\n");
        (await TakeAsync(watch, 1)).Should().Equal("last");
    }

    /// <summary>A backup is made of a log, which is not cut: the log goes on where it was.</summary>
    [Theory]
    [InlineData("copy", 10, false)]
    [InlineData("copy", 50, false)]
    [InlineData("copy", 50, true)]
    [InlineData("copy -p", 10, false)]
    [InlineData("copy -p", 50, false)]
    [InlineData("copy -p", 50, true)]
    [InlineData("compress", 10, false)]
    [InlineData("compress", 50, false)]
    [InlineData("compress", 50, true)]
    public async Task A_backup_changes_nothing(string how, int count, bool isWrittenToLater)
    {
        Folder.Write("a.log", Lines("before", count));
        FileTicks.Next();
        FileTicks.Next();
        var cursors = await CursorsAsync(FileClock.Now, count);
        FileTicks.Next();
        FileTicks.Next();
        if (how == "compress")
        {
            Compress("a.log", "a.log-20261120.gz");
        }
        else
        {
            Folder.Copy("a.log", "a.log.bak");
            if (how == "copy -p")
            {
                File.SetLastWriteTimeUtc(Folder["a.log.bak"], File.GetLastWriteTimeUtc(Folder["a.log"]));
            }
        }

        FileTicks.Next();
        if (isWrittenToLater)
        {
            Folder.Append("a.log", "later\n");
        }

        var query = new WatchQuery(Filter.Parse(""), Follow: false, Limit: 0, []) { After = cursors, WatchedSince = cursors[0].WatchedSince };
        var resumed = new List<string>();
        await foreach (var entry in LogSet.Open([Folder["a.log"]], TimeProvider.System).WatchAsync(query, () => { }, CancellationToken.None))
        {
            resumed.Add(entry.Message);
        }

        resumed.Should().Equal(isWrittenToLater ? ["later"] : []);
    }

    /// <summary>A log whose files count upwards, without a rename: the next one, which the watch had not come to, is no older one.</summary>
    [Fact]
    public async Task A_file_that_was_begun_when_the_log_was_at_its_end_is_read()
    {
        Folder.Write("app20261120.log", Lines("first", 50));
        FileTicks.Next();
        var since = FileClock.Now;
        FileTicks.Next();
        Folder.Write("app20261120_001.log", Lines("second", 50));
        FileTicks.Next();
        FileTicks.Next();
        var cursors = await CursorsAsync(since, 40);
        await using var watch = Watch(OpenInRealTime(), cursors);
        (await TakeAsync(watch, 60)).Should().BeEquivalentTo(
            [.. Lines("first", 50).Split('\n')[40..50], .. Lines("second", 50).Split('\n', StringSplitOptions.RemoveEmptyEntries)]);
    }

    /// <summary>Copies of a log that is cut, with the date before the extension: only the log is watched.</summary>
    [Fact]
    public async Task Copies_with_a_date_before_the_extension_are_read_behind_one_another()
    {
        Folder.Write("app.log", Lines("first", 50));
        FileTicks.Next();
        FileTicks.Next();
        var cursors = await CursorsAsync(FileClock.Now, 40);
        FileTicks.Next();
        FileTicks.Next();
        Folder.Copy("app.log", "app-20261120.log");
        FileTicks.Next();
        Folder.Write("app.log", Lines("second", 50));
        FileTicks.Next();
        Folder.Copy("app.log", "app-20261121.log");
        FileTicks.Next();
        Folder.Write("app.log", "third\n");
        await using var watch = WatchOnly("app.log", cursors);
        (await TakeAsync(watch, 61)).Should().Equal(
            [.. Lines("first", 50).Split('\n')[40..50], .. Lines("second", 50).Split('\n', StringSplitOptions.RemoveEmptyEntries), "third"]);
    }

    /// <summary>What has been read of a file is found in another by what it holds, though that has the time of something older.</summary>
    [Fact]
    public async Task A_copy_whose_time_was_set_back_is_read_on()
    {
        Folder.Write("a.log", Lines("before", 50));
        FileTicks.Next();
        FileTicks.Next();
        var cursors = await CursorsAsync(FileClock.Now, 40);
        FileTicks.Next();
        Folder.Copy("a.log", "a.log.1");
        File.SetLastWriteTimeUtc(Folder["a.log.1"], DateTime.UtcNow.AddHours(-1));
        File.Delete(Folder["a.log"]);
        Folder.Write("a.log", "after\n");
        await using var watch = Watch(OpenInRealTime(), cursors);
        (await TakeAsync(watch, 11)).Should().Equal([.. Lines("before", 50).Split('\n')[40..50], "after"]);
    }

    /// <summary>A log whose name is one that rotation gives to another's files is rotated: what stands there then was delivered as nobody's.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task A_log_with_the_name_of_a_rotated_one_is_rotated(bool isCopied, bool isResumedBetween)
    {
        Folder.Write("a_2.log", Lines("before", 50));
        FileTicks.Next();
        Folder.Write("a.log", "other\n");
        FileTicks.Next();
        FileTicks.Next();
        var cursors = await CursorsAsync(FileClock.Now, 51);
        FileTicks.Next();
        FileTicks.Next();
        Folder.Append("a_2.log", "unread\n");
        if (isCopied)
        {
            Folder.Copy("a_2.log", "a_2.log.1");
        }
        else
        {
            File.Move(Folder["a_2.log"], Folder["a_2.log.1"]);
        }

        Folder.Write("a_2.log", "");
        FileTicks.Next();
        if (isResumedBetween)
        {
            await using var between = Watch(OpenInRealTime(), cursors);
            (await TakeAsync(between, 1)).Should().Equal("unread");
            var resumed = between.Current.Place!.ToCursor(cursors[0].WatchedSince, FileClock.Latest);
            resumed.SourceHash.Should().Be(Cursor.HashOf(Folder["a_2.log"]));
            cursors = [.. cursors.Where(cursor => cursor.SourceHash != resumed.SourceHash), resumed];
            FileTicks.Next();
        }

        Folder.Append("a_2.log", "after\n");
        await using var watch = Watch(OpenInRealTime(), cursors);
        string[] rest = isResumedBetween ? ["after"] : ["unread", "after"];
        (await TakeAsync(watch, rest.Length)).Should().Equal(rest);
        Folder.Append("a.log", "last\n");
        (await TakeAsync(watch, 1)).Should().Equal("last");
    }

    private IAsyncEnumerator<LogEntry> WatchOnly(string name, Cursor[] after) => Watch(LogSet.Open([Folder[name]], TimeProvider.System), after);
}
