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
public sealed class CopiesTests : CopyTesting
{
    /// <summary>Of a file nothing but the banner had been read, which all copies begin with: each is still that of what it holds.</summary>
    [Theory]
    [InlineData("")]
    [InlineData($"{Banner}\nc\n")]
    public async Task Copies_that_begin_alike_are_read_in_their_order(string later)
    {
        Folder.Write("a.log", $"{Banner}\n");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().Equal(Banner);
        Folder.Append("a.log", "a\n");
        CopyAndCut("a.log.2", $"{Banner}\nb\n");
        CopyAndCut("a.log.1", later);
        (await LookAsync(watch)).Should().Equal(["a", Banner, "b", .. later.Split('\n', StringSplitOptions.RemoveEmptyEntries)]);
    }

    /// <summary>Copied and cut before anybody read it, and renamed with nothing in it: what came to stand there next comes behind the copy.</summary>
    [Fact]
    public async Task The_copy_of_a_file_that_stays_empty_comes_before_the_next_file()
    {
        Folder.Write("a.log", "");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().BeEmpty();
        Folder.Append("a.log", "a\n");
        CopyAndCut("a.log.2", "");
        File.Move(Folder["a.log"], Folder["a.log.1"]);
        FileTicks.Next();
        Folder.Write("a.log", "b\n");
        (await LookAsync(watch)).Should().Equal("a", "b");
    }

    /// <summary>The banner had been read when the file was truncated: another file that begins so, and was renamed, is no copy of that.</summary>
    [Fact]
    public async Task A_renamed_file_that_begins_like_what_was_cut_is_no_copy()
    {
        Folder.Write("a.log", $"{Banner}\n");
        await using var watch = await WatchAsync(Open("a.log"));
        (await LookAsync(watch)).Should().Equal(Banner);
        Cut("a\n");
        (await LookAsync(watch)).Should().Equal("a");
        File.Move(Folder["a.log"], Folder["a.log.2"]);
        FileTicks.Next();
        Folder.Write("a.log.1", $"{Banner}\nb\n");
        FileTicks.Next();
        Folder.Write("a.log", $"{Banner}\nc\n");
        (await LookAsync(watch)).Should().Equal(Banner, "b", Banner, "c");
    }

    /// <summary>A copy is being made of a file that was made in the same tick of the clock.</summary>
    [Fact]
    public async Task A_copy_as_old_as_its_original_is_one()
    {
        Folder.Write("a.log", "a\n");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().Equal("a");
        FileTicks.Next();
        File.Move(Folder["a.log"], Folder["a.log.2"]);
        do
        {
            File.Delete(Folder["a.log"]);
            File.Delete(Folder["a.log.1"]);
            Folder.Write("a.log", "b\nc\n");
            Folder.Write("a.log.1", "b\n");
        }
        while (BirthOf("a.log") != BirthOf("a.log.1"));

        (await LookAsync(watch)).Should().Equal("b", "c");
    }

    /// <summary>Others have read what was cut, and have not noticed yet: a watch that has not come to it gets it from the copy.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(50, true)]
    public async Task What_is_cut_before_a_history_comes_to_it_is_read_from_the_copy(int count, bool isCompressed)
    {
        string[] lines = [.. Lines("before", count).TrimEnd('\n').Split('\n')];
        Folder.Write("a.log", Lines("before", count));
        var logs = Open();
        await using var watch = await WatchAsync(logs);
        await using var late = await BeginAsync(logs, watch);
        CopyAndCut("a.log.1", "b\n");
        if (isCompressed)
        {
            Gzip("a.log.1", keepsTime: false);
        }

        (await TakeAsync(late, count + 1)).Should().Equal([.. lines, "b"]);
        (await LookAsync(watch)).Should().Equal([.. lines, "old", "b"]);
    }

    /// <summary>
    /// Some rename a log, compress it under another name than it has then, and only then begin a new one: whoever looks meanwhile finds a
    /// file of which nothing, or not all, can be read.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(5_000)]
    public async Task What_is_being_compressed_does_not_come_again(int bytesAtFirst)
    {
        Folder.Write("a.log", Lines("before", 5_000));
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().HaveCount(5_000);

        Compress("a.log", "whole.gz");
        var compressed = File.ReadAllBytes(Folder["whole.gz"]);
        File.Delete(Folder["whole.gz"]);
        compressed.Length.Should().BeGreaterThan(bytesAtFirst);
        File.Move(Folder["a.log"], Folder["a.log.1"]);
        using (var file = new FileStream(Folder["a.log-20260110.gz"], FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            file.Write(compressed.AsSpan(0, bytesAtFirst));
            file.Flush();
            (await LookAsync(watch)).Should().BeEmpty();
            file.Write(compressed.AsSpan(bytesAtFirst));
        }

        File.Delete(Folder["a.log.1"]);
        (await LookAsync(watch)).Should().BeEmpty();
        Folder.Write("a.log", "new\n");
        (await LookAsync(watch)).Should().Equal("new");
    }

    /// <summary>What was a log of which nobody has seen anything but its compressed file comes once that is whole, or no longer grows.</summary>
    [Fact]
    public async Task What_is_compressed_and_was_not_read_comes_when_it_is_whole()
    {
        Folder.Write("a.log", "banner\nold\n");
        await using var watch = await WatchAsync(Open("a.log"));
        (await LookAsync(watch)).Should().HaveCount(2);
        Folder.Write("missed.txt", "banner\nmissed\n");
        File.Move(Folder["a.log"], Folder["a.log-20260109"]);
        FileTicks.Next();
        Folder.Write("a.log-20260110.gz", "");
        (await LookAsync(watch)).Should().BeEmpty();
        Compress("missed.txt", "a.log-20260110.gz");
        (await LookAsync(watch)).Should().Equal("banner", "missed");
    }

    /// <summary>The same, where nobody has read it; the copy may have been seen before it was compressed.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task What_is_cut_during_the_only_history_is_read_from_the_copy(bool isCompressed, bool isSeen)
    {
        Folder.Write("a.log", Lines("before", 50_000));
        var logs = Open();
        await using var marks = await WatchAsync(logs, "mark.log");
        await using var watch = Watch(logs);
        (await TakeAsync(watch, 10)).Should().HaveCount(10);
        CopyAndCut("a.log.1", "b\n");
        if (isSeen)
        {
            await LookAsync(marks);
            await RunningNode.UntilAsync(() => OpenFiles.Under(Folder.Path).Contains(Folder["a.log.1"]));
        }

        if (isCompressed)
        {
            Gzip("a.log.1", keepsTime: false);
        }

        (await TakeAsync(watch, 49_991)).Should().OnlyHaveUniqueItems().And.HaveElementAt(49_990, "b");
    }

    /// <summary>Of what it held between two cuts nobody has read anything: it comes from the second copy.</summary>
    [Theory]
    [InlineData(5, false)]
    [InlineData(5, true)]
    [InlineData(50, true)]
    public async Task What_is_cut_twice_during_the_only_history_is_read_from_the_copies(int between, bool isCompressed)
    {
        Folder.Write("a.log", Lines("before", 50_000));
        await using var watch = Watch(Open());
        (await TakeAsync(watch, 10)).Should().HaveCount(10);
        CutTo("a.log.2", Lines("between", between));
        CutTo("a.log.1", Lines("after", 3));

        // Somebody makes a backup of what it holds now.
        Compress("a.log", "a.log.backup.gz");
        Compress("a.log", "a.log.3.gz");
        var rest = await TakeAsync(watch, 49_990 + between + 3);
        rest.Should().OnlyHaveUniqueItems();
        rest[49_990..].Should().Equal((Lines("between", between) + Lines("after", 3)).TrimEnd('\n').Split('\n'));
        Folder.Append("a.log", "last\n");
        Time.Advance(Poll);
        (await TakeAsync(watch, 1)).Should().Equal("last");

        void CutTo(string copy, string text)
        {
            CopyAndCut(copy, text);
            if (isCompressed)
            {
                Gzip(copy, keepsTime: false);
            }
        }
    }

    /// <summary>
    /// To others a copy holds nothing new, as they have read on behind it before the cut: a watch that has not come so far gets the rest
    /// from it all the same. (What was written between copy and cut is in no copy, and only theirs.)
    /// </summary>
    [Theory]
    [InlineData(50)]
    [InlineData(0)]
    public async Task What_others_have_read_behind_a_copy_is_read_from_it(int read)
    {
        Folder.Write("a.log", Lines("early", 50));
        var logs = Open();
        await using var watch = await WatchAsync(logs);
        await using var late = await BeginAsync(logs, watch);
        (await TakeAsync(late, read)).Should().HaveCount(read);
        Folder.Append("a.log", Lines("later", 5));
        FileTicks.Next();
        Folder.Copy("a.log", "a.log.1");
        FileTicks.Next();
        Folder.Append("a.log", "between\n");
        (await LookAsync(watch)).Should().EndWith("between");
        Cut("b\n");
        (await TakeAsync(late, 56 - read)).Should().HaveElementAt(50 - read, "a line that was written later 000").And.EndWith("b");
        (await LookAsync(watch)).Should().Equal("b");
    }

    /// <summary>
    /// A copy that stood beside its log before anybody watched it is nothing that was missed: that a second watch begins which wants the
    /// copy, too, gives the first nothing of it.
    /// </summary>
    [Theory]
    [InlineData("a.log.1")]
    [InlineData("a.log*")]
    public async Task An_old_copy_is_nothing_to_who_watches_its_log_alone(string sources)
    {
        Folder.Write("a.log", "old\n");
        CopyAndCut("a.log.1", "now\n");
        FileTicks.Next();
        var logs = Open();
        await using var watch = await WatchAsync(logs, "a.log", "mark.log");
        (await LookAsync(watch)).Should().Equal("now");
        await using var other = await WatchAsync(logs, sources);
        Folder.Append("a.log", "new\n");
        (await LookAsync(watch)).Should().Equal("new");

        // What comes to the copy of what is watched now is the log's, all the same.
        CopyAndCut("a.log.2", "last\n");
        (await LookAsync(watch)).Should().Equal("last");
    }

    /// <summary>
    /// A watch begins when a copy has just been made, and nobody has noticed that its original is cut: the last entry of the copy is
    /// the watch's, though no line behind it will ever say that it has ended.
    /// </summary>
    [Fact]
    public async Task The_last_entry_of_a_copy_belongs_to_who_begins_beside_it()
    {
        Folder.Write("a.log", "2026-01-01T00:00:00Z INFO a\n");
        var logs = Open();
        await using var watch = await WatchAsync(logs);
        (await LookAsync(watch)).Should().Equal("a");
        CopyAndCut("a.log.1", "2026-01-01T00:00:01Z INFO b\n2026-01-01T00:00:01Z INFO c\n");
        File.SetLastWriteTimeUtc(Folder["a.log.1"], DateTime.UtcNow.AddHours(1));
        await using var late = Watch(logs);
        (await TakeAsync(late, 2)).Should().Equal("a", "b");
    }

    /// <summary>Copied, cut, and renamed before a history came to it: what it held first comes first, all the same.</summary>
    [Fact]
    public async Task Of_a_file_that_was_cut_and_has_left_its_name_the_copy_comes_first()
    {
        Folder.Write("a.log", "a\n");
        var logs = Open();
        await using var marks = await WatchAsync(logs, "**/mark.log");
        await using var watch = await BeginAsync(logs, marks);
        CopyAndCut("a.log.2", "b\n");
        File.Move(Folder["a.log"], Folder["a.log.1"]);
        (await TakeAsync(watch, 2)).Should().Equal("a", "b");
    }

    /// <summary>What nobody has read before the cut is only in what was compressed by the time that anybody looks.</summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(50, false)]
    [InlineData(50, true)]
    public async Task What_is_cut_and_compressed_at_once_is_read(int count, bool keepsTime)
    {
        Folder.Write("a.log", Lines("at first", count));
        var logs = Open();
        await using var watch = await WatchAsync(logs);
        (await LookAsync(watch)).Should().HaveCount(count);
        var entries = new List<LogEntry>();
        for (var round = 1; round <= 3; round++)
        {
            for (var older = 2; older > 0; older--)
            {
                if (File.Exists(Folder[$"a.log.{older}.gz"]))
                {
                    File.Move(Folder[$"a.log.{older}.gz"], Folder[$"a.log.{older + 1}.gz"]);
                }
            }

            FileTicks.Next();
            Folder.Append("a.log", $"unread {round}\n");
            Compress("a.log", "a.log.1.gz");
            if (keepsTime)
            {
                File.SetLastWriteTimeUtc(Folder["a.log.1.gz"], File.GetLastWriteTimeUtc(Folder["a.log"]));
            }

            FileTicks.Next();
            Cut(Lines($"after {round}", count));
            entries = await LookForEntriesAsync(watch);
            entries.Select(entry => entry.Message).Should().Equal([$"unread {round}", .. Lines($"after {round}", count).TrimEnd('\n').Split('\n')]);
            entries.Should().OnlyContain(entry => entry.Source == Folder["a.log"]);
        }

        foreach (var after in new[] { 0, count })
        {
            await using var resumed = await WatchBehindAsync(logs, CursorOf(entries[after]), "a.log", "mark.log");
            (await LookWithoutMarksAsync(resumed)).Select(entry => entry.Message).Should().Equal(entries.Skip(after + 1).Select(entry => entry.Message));
        }

        // By then what has left is let go of.
        (await LookWithoutMarksAsync(watch)).Should().BeEmpty();
        (await LookWithoutMarksAsync(watch)).Should().BeEmpty();
        (await LookWithoutMarksAsync(watch)).Should().BeEmpty();
    }

    /// <summary>To join, a history has its files read on; what is found by that is the watch's, too.</summary>
    [Fact]
    public async Task What_is_found_while_a_watch_joins_is_its_own()
    {
        Folder.Write("a.log", "");
        var logs = Open();
        await using var watch = await WatchAsync(logs);
        await using var late = await BeginAsync(logs, watch);
        Folder.Append("a.log", "a\n");
        (await TakeAsync(late, 1)).Should().Equal("a");
        File.Move(Folder["a.log"], Folder["a.log.1"]);
        FileTicks.Next();
        Folder.Write("a.log", "b\n");
        (await TakeAsync(late, 1)).Should().Equal("b");
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
        Folder.Write("a.log", Lines("before", before));
        await using var watch = await WatchAsync(Open());
        await LookAsync(watch);
        FileTicks.Next();
        Folder.Copy("a.log", "a.log.1");
        if (isSeen)
        {
            (await LookAsync(watch)).Should().BeEmpty();
        }

        Folder.Append("a.log", Lines("between", between));
        (await LookAsync(watch)).Should().HaveCount(between);
        FileTicks.Next();
        Cut("after\n");
        (await LookAsync(watch)).Should().Equal("after");
        Folder.Append("a.log", "last\n");
        (await LookAsync(watch)).Should().Equal("last");
    }

    /// <summary>A copy that somebody has made of a log which goes on is none of its files, whatever becomes of the log.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_copy_that_stays_beside_its_log_is_never_read(bool isCut)
    {
        Folder.Write("a.log", Lines("before", 50));
        await using var watch = await WatchAsync(Open());
        await LookAsync(watch);
        FileTicks.Next();
        Folder.Copy("a.log", "a.log.bak");
        (await LookAsync(watch)).Should().BeEmpty();
        Folder.Append("a.log", "more\n");
        (await LookAsync(watch)).Should().Equal("more");
        if (isCut)
        {
            CopyAndCut("a.log.1", "after\n");
        }
        else
        {
            File.Move(Folder["a.log"], Folder["a.log.1"]);
            Folder.Write("a.log", "after\n");
        }

        for (var seconds = 0; seconds < 8; seconds++)
        {
            (await LookAsync(watch)).Should().Equal(seconds == 0 ? ["after"] : []);
        }
    }

    /// <summary>
    /// A copy is looked at when only the banner stands in it, and nobody has noticed yet that what it is made of took another's place:
    /// it is still to be read, however long that one was.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task A_copy_that_was_seen_half_made_is_read(int before)
    {
        Folder.Write("a.log", Banner + "\n" + Lines("before", before));
        var logs = Open();
        await using var watch = await WatchAsync(logs);
        (await LookAsync(watch)).Should().HaveCount(1 + before);
        CopyAndCut("a.log.2", Banner + "\n" + Lines("between", 50));
        FileTicks.Next();
        Folder.Write("a.log.1", $"{Banner}\n");
        await using var other = Watch(logs);
        (await TakeAsync(other, 1)).Should().Equal(Banner);
        Folder.Append("a.log.1", Lines("between", 50));
        Cut($"{Banner}\nafter\n");

        // By its reading it is noticed what has become of the log.
        await TakeAsync(other, before + 1);
        (await LookAsync(watch)).Should().Equal([Banner, .. Lines("between", 50).Split('\n', StringSplitOptions.RemoveEmptyEntries), Banner, "after"]);
    }

    /// <summary>What begins like a log beside it need be no copy: a watch that finds both has all that comes to either.</summary>
    [Theory]
    [InlineData("a.log-audit")]
    [InlineData("a.log.1")]
    public async Task What_begins_like_a_log_beside_it_is_read_on(string name)
    {
        Folder.Write("a.log", $"{Banner}\na\n");
        FileTicks.Next();
        Folder.Write(name, $"{Banner}\n");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().BeEquivalentTo(Banner, "a", Banner);
        for (var number = 0; number < 8; number++)
        {
            Folder.Append(name, $"b {number}\n");
            (await LookAsync(watch)).Should().Equal($"b {number}");
        }
    }

    /// <summary>What a watch has had of such a file counts only as long as the file holds it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_written_over_a_file_beside_a_log_is_new(bool isFollowedBefore)
    {
        Folder.Write("a.log", Lines("first", 50));
        FileTicks.Next();
        Folder.Copy("a.log", "a.log-other");
        await using var watch = await WatchAsync(Open());
        await LookAsync(watch);
        if (isFollowedBefore)
        {
            Folder.Append("a.log-other", "its own\n");
            (await LookAsync(watch)).Should().Equal("its own");
        }

        Folder.Write("a.log-other", Lines("other", 20));
        (await LookAsync(watch)).Should().HaveCount(20);
    }

    /// <summary>A watch begins while a copy is being made: what is written to the log until it is cut comes from the copy.</summary>
    [Theory]
    [InlineData("a\n")]
    [InlineData("")]
    [InlineData("a\nb\n")]
    public async Task What_comes_to_a_copy_that_a_watch_has_begun_beside_is_read(string copied)
    {
        Folder.Write("a.log", "a\nb\n");
        FileTicks.Next();
        Folder.Write("a.log.1", copied);
        await using var watch = await WatchAsync(Open());
        await LookAsync(watch);
        Folder.Append("a.log", "c\n");
        Folder.Append("a.log.1", "a\nb\nc\n"[copied.Length..]);
        Cut("d\n");
        (await LookAsync(watch)).Should().Equal("c", "d");
    }

    /// <summary>Each copy is made over the one before: what it holds is new as far as it was not read of the log.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task A_copy_that_is_made_over_another_is_one(int secondsBetween)
    {
        Folder.Write("a.log", Lines("first", 50));
        await using var watch = await WatchAsync(Open());
        await LookAsync(watch);
        CopyAndCut("a.log.1", Lines("second", 50));
        (await LookAsync(watch)).Should().HaveCount(50);
        for (var second = 0; second < secondsBetween; second++)
        {
            (await LookAsync(watch)).Should().BeEmpty();
        }

        Folder.Append("a.log", "rest\n");
        FileTicks.Next();
        Folder.Write("a.log.1", File.ReadAllBytes(Folder["a.log"]));
        FileTicks.Next();
        Cut("after\n");
        (await LookAsync(watch)).Should().Equal("rest", "after");
        (await LookAsync(watch)).Should().BeEmpty();
    }

    /// <summary>A line without a time goes by the one before it, which stands in a file that was cut.</summary>
    [Fact]
    public async Task What_a_copy_goes_on_with_stands_at_the_time_before_it()
    {
        Folder.Write("a.log", RandomLogs.Line("a", new LogTime(1_795_168_800, 0)) + "\n");
        await using var watch = new RunningWatch(Open(), new WatchQuery(Filter.Parse(""), Follow: true, Limit: 0, ["a.log*"]) { Since = new LogTime(1_795_168_000, 0) });
        await watch.Live;
        (await watch.NextAsync()).Should().Be("a");
        Folder.Append("a.log", RandomLogs.Line("b", null) + "\n");
        CopyAndCut("a.log.1", RandomLogs.Line("c", new LogTime(1_795_168_802, 0)) + "\n");
        Time.Advance(Poll);
        (await watch.TakeAsync(2)).Should().Equal("b", "c");
    }

    /// <summary>Files come beside a log: what they hold is under their own names, also where rotation gives such names to others.</summary>
    [Theory]
    [InlineData("a-2.log", false)]
    [InlineData("a.log.1", false)]
    [InlineData("a.log-audit", true)]
    [InlineData("a.log.json", true)]
    [InlineData("a-2.log", true)]
    public async Task What_comes_beside_a_log_is_a_source_of_its_own(string name, bool isLogNew)
    {
        Folder.Write("a.log", Lines("before", 50));
        await using var watch = await WatchAsync(Open());
        await LookAsync(watch);
        if (isLogNew)
        {
            File.Move(Folder["a.log"], Folder["a.log-20261120"]);
            FileTicks.Next();
            Folder.Write("a.log", "log\n");
        }

        FileTicks.Next();
        Folder.Write(name, "beside 1\n");
        Time.Advance(Poll);
        var seen = new List<LogEntry>();
        while (!seen.Exists(entry => entry.Message == "beside 1"))
        {
            Time.Advance(Poll);
            seen.Add(await watch.NextEntryAsync());
        }

        seen[^1].Source.Should().Be(Folder[name]);
        Folder.Append(name, "beside 2\n");
        Time.Advance(Poll);
        (await watch.NextEntryAsync()).Source.Should().Be(Folder[name]);
    }
}
