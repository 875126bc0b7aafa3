using LogWatcher.Logs;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>Logs in one folder whose names are such that the files of one might be the other's.</summary>
public sealed class NeighbourTests : CopyTesting
{
    /// <summary>The name of a log begins like that of another: what rotation makes of it is its own all the same.</summary>
    [Theory]
    [InlineData("a", false)]
    [InlineData("a", true)]
    [InlineData("a.l", false)]
    [InlineData("a.l", true)]
    public async Task A_log_that_is_called_like_another_with_more_behind_it_is_rotated(string other, bool isCompressed)
    {
        Folder.Write(other, "other\n");
        FileTicks.Next();
        Folder.Write("a.log", "first\n");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().BeEquivalentTo("other", "first");
        FileTicks.Next();
        Rotate("second\n");
        Rotate("third\n");
        if (isCompressed)
        {
            Gzip("a.log.1");
        }

        Named(await LookForEntriesAsync(watch)).Should().Equal(("a.log", "second"), ("a.log", "third"));
        Folder.Append(other, "last\n");
        Folder.Append("a.log", "fourth\n");
        Named(await LookForEntriesAsync(watch)).Should().BeEquivalentTo([(other, "last"), ("a.log", "fourth")]);
    }

    /// <summary>A program has renamed two logs, and opens both anew: the one is called as an older file of the other might be.</summary>
    [Theory]
    [InlineData("a-2.log", false)]
    [InlineData("a-2.log", true)]
    [InlineData("a.2.log", false)]
    public async Task Logs_that_come_anew_together_are_each_their_own(string other, bool isRead)
    {
        Folder.Write("a.log", "first\n");
        Folder.Write(other, "other first\n");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().BeEquivalentTo("first", "other first");
        File.Move(Folder["a.log"], Folder["a.log.1"]);
        File.Move(Folder[other], Folder[$"{other}.1"]);
        if (isRead)
        {
            (await LookAsync(watch)).Should().BeEmpty();
        }

        FileTicks.Next();
        Folder.Write(other, "other second\n");
        FileTicks.Next();
        Folder.Write("a.log", "second\n");
        Named(await LookForEntriesAsync(watch)).Should().BeEquivalentTo([(other, "other second"), ("a.log", "second")]);
    }

    /// <summary>What comes to a name and is rotated on before anybody looks is that log's, though the name may be one that another's older files have.</summary>
    [Theory]
    [InlineData("b.log", false)]
    [InlineData("a-2.log", false)]
    [InlineData("a-2.log", true)]
    public async Task What_was_missed_of_a_log_with_a_number_is_its_own(string log, bool isCompressed)
    {
        Folder.Write("a.log", "neighbour\n");
        Folder.Write(log, "one\n");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().BeEquivalentTo("neighbour", "one");
        Leave();
        (await LookAsync(watch)).Should().BeEmpty();
        FileTicks.Next();
        Folder.Write(log, "two\n");
        FileTicks.Next();
        Leave();
        Folder.Write(log, "three\n");
        Named(await LookForEntriesAsync(watch)).Should().Equal((log, "two"), (log, "three"));

        void Leave()
        {
            var suffix = isCompressed ? ".gz" : "";
            if (File.Exists(Folder[$"{log}.1{suffix}"]))
            {
                File.Move(Folder[$"{log}.1{suffix}"], Folder[$"{log}.2{suffix}"]);
            }

            File.Move(Folder[log], Folder[$"{log}.1"]);
            if (isCompressed)
            {
                Gzip($"{log}.1");
            }
        }
    }

    /// <summary>A file has two names, and each is watched by somebody else: both get what is written to it, under the name that they know.</summary>
    [Theory]
    [InlineData("a.log", "b.log")]
    [InlineData("b.log", "a.log")]
    [InlineData("*", "b.log")]
    [InlineData("*", "a.log")]
    [InlineData("a.log", "*")]
    public async Task A_link_is_followed_whoever_follows_its_file(string first, string second)
    {
        Folder.Write("a.log", "one\n");
        File.CreateSymbolicLink(Folder["b.log"], Folder["a.log"]);
        var logs = Open();
        var early = await WatchAsync(logs, first, "mark.log");
        (await LookAsync(early)).Should().Equal("one");
        await using var late = await WatchAsync(logs, second, "mark.log");
        var name = second == "*" ? "a.log" : second;
        (await LookWithoutMarksAsync(late)).Should().Equal((name, "one"));
        Folder.Append("a.log", "two\n");
        (await LookWithoutMarksAsync(late)).Should().Equal((name, "two"));
        await early.DisposeAsync();
        Folder.Append("a.log", "three\n");
        (await LookWithoutMarksAsync(late)).Should().Equal((name, "three"));
    }

    /// <summary>A file has left the name under which only others follow it, and is still written to.</summary>
    [Fact]
    public async Task A_file_that_others_have_followed_under_its_old_name_is_followed()
    {
        Folder.Write("a.log", "one\n");
        var logs = Open();
        await using var early = await WatchAsync(logs, "a.log", "mark.log");
        (await LookAsync(early)).Should().Equal("one");
        File.Move(Folder["a.log"], Folder["a.log.1"]);
        Folder.Write("a.log", "new\n");
        await using var late = await WatchAsync(logs, "a.log.*", "mark.log");
        Folder.Append("a.log.1", "late\n");
        (await LookWithoutMarksAsync(late)).Should().Equal(("a.log.1", "one"), ("a.log.1", "late"));
    }

    /// <summary>Such a log is cut: its copy is not the other's.</summary>
    [Fact]
    public async Task A_log_that_is_called_like_another_with_more_behind_it_is_cut()
    {
        Folder.Write("a", Lines("other", 5));
        FileTicks.Next();
        Folder.Write("a.log", Lines("before", 50));
        await using var watch = await WatchAsync(Open());
        await LookAsync(watch);
        Folder.Append("a.log", "unread\n");
        CopyAndCut("a.log.1", "after\n");
        Named(await LookForEntriesAsync(watch)).Should().Equal(("a.log", "unread"), ("a.log", "after"));
    }

    /// <summary>A copy of the first stands there, which begins like the other: it is no copy of what the other held.</summary>
    [Fact]
    public async Task A_copy_of_a_log_is_not_one_of_another_that_is_called_alike()
    {
        Folder.Write("a", $"{Banner}\n");
        FileTicks.Next();
        Folder.Write("a.log", $"{Banner}\nfirst\n");
        await using var watch = await WatchAsync(Open());
        await LookAsync(watch);
        FileTicks.Next();
        Folder.Copy("a.log", "a.log.1");
        FileTicks.Next();
        Folder.Append("a", "second\n");
        Named(await LookForEntriesAsync(watch)).Should().Equal(("a", "second"));
    }

    /// <summary>
    /// The name of a log is one that rotation might give to the files of another, which is younger by now: nobody has watched that before,
    /// so that what stands there is a log of its own.
    /// </summary>
    [Fact]
    public async Task A_log_with_the_name_of_a_rotated_one_keeps_its_name()
    {
        Folder.Write("a_2.log", Lines("before", 50));
        FileTicks.Next();
        Folder.Write("a.log", "other\n");
        await using var watch = await WatchAsync(Open());
        await LookAsync(watch);
        Folder.Append("a_2.log", "more\n");
        Named(await LookForEntriesAsync(watch)).Should().Equal(("a_2.log", "more"));
        Folder.Append("a_2.log", "unread\n");
        FileTicks.Next();
        Folder.Copy("a_2.log", "a_2.log.1");
        FileTicks.Next();
        Folder.Write("a_2.log", "after\n");
        Named(await LookForEntriesAsync(watch)).Should().Equal(("a_2.log", "unread"), ("a_2.log", "after"));
    }

    /// <summary>The same for a watch that is resumed after the other log was rotated.</summary>
    [Theory]
    [InlineData("a_2.log", false)]
    [InlineData("a_2.log", true)]
    [InlineData("a-2.log", false)]
    [InlineData("a-2.log", true)]
    public async Task Resumed_such_a_log_keeps_its_name(string name, bool isCut)
    {
        Folder.Write("a.log", "other\n");
        FileTicks.Next();
        Folder.Write(name, "first\n");
        FileTicks.Next();
        FileTicks.Next();
        var cursors = await CursorsAsync(FileClock.Now, 2);
        FileTicks.Next();
        if (isCut)
        {
            Folder.Copy(name, $"{name}.1");
            FileTicks.Next();
            Folder.Write(name, "second\n");
        }
        else
        {
            Folder.Append(name, "second\n");
        }

        Rotate("another\n");
        await using var watch = Watch(OpenInRealTime(), cursors);
        (await TakeAsync(watch, 2)).Should().BeEquivalentTo("second", "another");
        Folder.Append(name, "third\n");
        (await TakeAsync(watch, 1)).Should().Equal("third");
        Path.GetFileName(watch.Current.Source).Should().Be(name);
        Folder.Write(name, "fourth\n");
        (await TakeAsync(watch, 1)).Should().Equal("fourth");
        Path.GetFileName(watch.Current.Source).Should().Be(name);
        Folder.Append("a.log", "last\n");
        (await TakeAsync(watch, 1)).Should().Equal("last");
        Path.GetFileName(watch.Current.Source).Should().Be("a.log");
    }

    /// <summary>And if it is cut while the watch is at its history.</summary>
    [Fact]
    public async Task Such_a_log_that_is_cut_before_it_is_read_keeps_its_name()
    {
        Folder.Write("a.log", "other\n");
        FileTicks.Next();
        Folder.Write("a_2.log", "first\n");
        FileTicks.Next();
        FileTicks.Next();
        var cursors = await CursorsAsync(FileClock.Now, 2);
        FileTicks.Next();
        Folder.Append("a_2.log", "second\n");
        Rotate("another\n");
        File.SetLastWriteTimeUtc(Folder.Write("old.log", "old\n"), DateTime.UnixEpoch);
        await using var watch = Watch(OpenInRealTime(), cursors);
        (await TakeAsync(watch, 1)).Should().Equal("old");
        Folder.Copy("a_2.log", "a_2.log.1");
        FileTicks.Next();
        Folder.Write("a_2.log", "third\n");
        var entries = new List<LogEntry>();
        while (entries.Count < 3 && await watch.MoveNextAsync().AsTask().WaitAsync(RunningNode.Patience))
        {
            entries.Add(watch.Current);
        }

        Named(entries).Should().BeEquivalentTo([("a_2.log", "second"), ("a.log", "another"), ("a_2.log", "third")]);
    }
}
