using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>Files that go from names which some watch wants to names which another does: what one has does not depend on what others want.</summary>
public sealed class AudienceTests : CopyTesting
{
    /// <summary>More than one turn of the feed.</summary>
    private const int ManyLines = 30_000;

    /// <summary>Behind the move, and behind the five seconds for which a file that has left its name is kept under that.</summary>
    [Fact]
    public async Task A_file_that_comes_from_where_only_others_watch_is_new()
    {
        Folder.Write("in.log", "one\ntwo\n");
        var logs = Open();
        await using var source = await WatchAsync(logs, "in.*", "mark.log");
        await using var target = await WatchAsync(logs, "out.*", "mark.log");
        await using var both = await WatchAsync(logs, "in.*", "out.*", "mark.log");
        (await LookAsync(source)).Should().Equal("one", "two");
        (await LookWithoutMarksAsync(both)).Should().Equal(("in.log", "one"), ("in.log", "two"));
        File.Move(Folder["in.log"], Folder["out.log"]);
        (await LookWithoutMarksAsync(target)).Should().Equal(("out.log", "one"), ("out.log", "two"));
        Folder.Append("out.log", "three\n");
        (await LookWithoutMarksAsync(target)).Should().Equal(("out.log", "three"));
        (await LookWithoutMarksAsync(source)).Should().Equal(("in.log", "three"));
        await LookAsync(target);
        await LookAsync(target);
        await LookAsync(target);
        Folder.Append("out.log", "four\n");
        (await LookWithoutMarksAsync(target)).Should().Equal(("out.log", "four"));
        (await LookWithoutMarksAsync(both)).Should().Equal(("in.log", "three"), ("out.log", "four"));
        (await LookWithoutMarksAsync(source)).Should().BeEmpty();
    }

    /// <summary>The name that it comes to is one that both know, and has been followed already.</summary>
    [Fact]
    public async Task A_file_that_comes_to_a_followed_name_is_new_to_those_who_did_not_have_it()
    {
        Folder.Write("in.log", "one\n");
        Folder.Write("out.log", "before\n");
        var logs = Open();
        await using var source = await WatchAsync(logs, "in.*", "mark.log");
        await using var target = await WatchAsync(logs, "out.*", "mark.log");
        (await LookAsync(source)).Should().Equal("one");
        (await LookWithoutMarksAsync(target)).Should().Equal(("out.log", "before"));
        Folder.Append("in.log", "two\n");
        File.Move(Folder["in.log"], Folder["out.log"], overwrite: true);
        Folder.Append("out.log", "three\n");
        (await LookWithoutMarksAsync(target)).Should().Equal(("out.log", "one"), ("out.log", "two"), ("out.log", "three"));
        (await LookWithoutMarksAsync(source)).Should().Equal(("in.log", "two"), ("in.log", "three"));
    }

    /// <summary>One watches the log, and another what rotation makes of it.</summary>
    [Fact]
    public async Task Rotated_files_are_whole_for_those_who_do_not_watch_their_log()
    {
        Folder.Write("a.log", "one\n");
        var logs = Open();
        await using var log = await WatchAsync(logs, "a.log", "mark.log");
        await using var rotated = await WatchAsync(logs, "a.log.1", "mark.log");
        (await LookAsync(log)).Should().Equal("one");
        foreach (var round in Enumerable.Range(1, 3))
        {
            Folder.Append("a.log", $"last {round}\n");
            Rotate($"first {round + 1}\n");
            (await LookWithoutMarksAsync(rotated)).Should().Equal(("a.log.1", round == 1 ? "one" : $"first {round}"), ("a.log.1", $"last {round}"));
            (await LookWithoutMarksAsync(log)).Should().Equal(("a.log", $"last {round}"), ("a.log", $"first {round + 1}"));
        }
    }

    /// <summary>What has come beside a log that one watches alone is nothing of it, though it might be where another watches both.</summary>
    [Fact]
    public async Task A_file_that_only_others_watch_is_not_taken_for_an_older_one()
    {
        Folder.Write("a.log", "one\n");
        var logs = Open();
        await using var log = await WatchAsync(logs, "a.log", "mark.log");
        await using var both = await WatchAsync(logs, "a.log*", "mark.log");
        (await LookAsync(log)).Should().Equal("one");
        FileTicks.Next();
        Folder.Write("a.log.1", "other\n");
        (await LookWithoutMarksAsync(log)).Should().BeEmpty();
        (await LookWithoutMarksAsync(both)).Select(entry => entry.Message).Should().Equal("one", "other");
    }

    /// <summary>A file that has been let go of for some is new to those whose name it comes to much later.</summary>
    [Fact]
    public async Task A_file_that_was_let_go_of_for_others_is_whole()
    {
        Folder.Write("a.log", "one\n");
        var logs = Open();
        await using var log = await WatchAsync(logs, "a.log", "mark.log");
        await using var oldest = await WatchAsync(logs, "a.log.2", "mark.log");
        (await LookAsync(log)).Should().Equal("one");
        Rotate("two\n");
        for (var look = 0; look < 4; look++)
        {
            await LookAsync(log);
        }

        Rotate("three\n");
        (await LookWithoutMarksAsync(oldest)).Should().Equal(("a.log.2", "one"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(50)]
    public async Task Copies_are_whole_for_those_who_do_not_watch_their_log(int count)
    {
        Folder.Write("a.log", Lines("before", count));
        var logs = Open();
        await using var log = await WatchAsync(logs, "a.log", "mark.log");
        await using var copies = await WatchAsync(logs, "a.log.*", "mark.log");
        (await LookAsync(log)).Should().HaveCount(count);
        Folder.Append("a.log", "unread\n");
        CopyAndCut("a.log.1", "after\n");
        (await LookWithoutMarksAsync(copies)).Select(entry => entry.Message).Should().Equal([.. Lines("before", count).TrimEnd('\n').Split('\n'), "unread"]);
        FileTicks.Next();
        Folder.Append("a.log", "and more\n");
        await LookAsync(copies);
        (await LookWithoutMarksAsync(log)).Select(entry => entry.Message).Should().EndWith("and more").And.Contain("after");
    }

    /// <summary>Others who have the file read leave before all of it has been read for those to whom it is new.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(ManyLines)]
    public async Task A_file_is_read_on_when_those_have_left_who_had_it_first(int count)
    {
        Folder.Write("in.log", Lines("before", count));
        var logs = Open();
        var source = await WatchAsync(logs, "in.*", "mark.log");
        await using var target = new RunningWatch(logs, "not mark", "out.*");
        await using var live = await WatchAsync(logs, "mark.log");
        await target.Live;
        (await LookAsync(source)).Should().HaveCount(count);
        File.Move(Folder["in.log"], Folder["out.log"]);
        Time.Advance(Poll);
        Time.Advance(Poll);
        (await target.NextEntryAsync()).Source.Should().EndWith("out.log");
        await source.DisposeAsync();
        await LookAsync(live);
        Folder.Append("out.log", "last\n");
        await LookAsync(live);
        var suppressed = 0L;
        var delivered = 1;
        for (var message = ""; message != "last"; delivered++)
        {
            var entry = await target.NextEntryAsync();
            (message, suppressed) = (entry.Message, suppressed + entry.Suppressed);
        }

        (delivered + suppressed).Should().Be(count + 1);
    }

    /// <summary>A watch is at its history when a file comes to a name of its own.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_comes_during_the_history_is_new(bool isRotated)
    {
        var target = isRotated ? "a.log.1" : "out.log";
        Folder.Write("a.log", "one\ntwo\n");
        File.SetLastWriteTimeUtc(Folder.Write("out.old", "old\n"), DateTime.UnixEpoch);
        var logs = Open();
        await using var source = await WatchAsync(logs, "a.log", "mark.log");
        (await LookAsync(source)).Should().Equal("one", "two");
        var late = logs.WatchAsync(
            new WatchQuery(Filter.Parse(""), Follow: true, Limit: 0, ["a.log.1", "out.*"]), () => { }, CancellationToken.None).GetAsyncEnumerator();
        (await TakeAsync(late, 1)).Should().Equal("old");
        File.Move(Folder["a.log"], Folder[target]);
        await LookAsync(source);
        Folder.Append(target, "three\n");
        await LookAsync(source);
        (await TakeAsync(late, 3)).Should().Equal("one", "two", "three");
        late.Current.Source.Should().EndWith(target);
        await late.DisposeAsync();
    }

    /// <summary>By its last cursor, a watch goes on with such a file under the name that it knows.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cursor_is_of_the_name_that_the_watch_knows(bool isFollowed)
    {
        Folder.Write("in.log", "one\ntwo\n");
        var logs = Open();
        await using var source = await WatchAsync(logs, "in.*", "mark.log");
        await using var target = await WatchAsync(logs, "out.*", "mark.log");
        (await LookAsync(source)).Should().Equal("one", "two");
        if (isFollowed)
        {
            FileTicks.Next();
            Folder.Write("out.log", "before\n");
            (await LookWithoutMarksAsync(target)).Should().Equal(("out.log", "before"));
        }

        File.Move(Folder["in.log"], Folder["out.log"], overwrite: true);
        var entries = (await LookForEntriesAsync(target)).FindAll(entry => !entry.Message.StartsWith("mark", StringComparison.Ordinal));
        entries.Should().HaveCount(2);
        Folder.Append("out.log", "three\n");
        var third = (await LookForEntriesAsync(target)).Single();
        await using var again = await WatchBehindAsync(logs, CursorOf(entries[0]), "out.*", "mark.log");
        (await LookWithoutMarksAsync(again)).Should().Equal(("out.log", "two"), ("out.log", "three"));
        Folder.Append("out.log", "four\n");
        await using var last = await WatchBehindAsync(logs, CursorOf(third), "out.*", "mark.log");
        (await LookWithoutMarksAsync(last)).Should().Equal(("out.log", "four"));
    }

    /// <summary>Those who had a file first are still at their history, and then never pass into live.</summary>
    [Fact]
    public async Task A_file_is_read_on_when_those_have_left_who_were_to_say_from_where()
    {
        Folder.Write("in.log", "one\ntwo\n");
        File.SetLastWriteTimeUtc(Folder.Write("in.old", "old\n"), DateTime.UnixEpoch);
        var logs = Open();
        await using var target = await WatchAsync(logs, "out.*", "mark.log");
        var source = logs.WatchAsync(
            new WatchQuery(Filter.Parse(""), Follow: true, Limit: 0, ["in.*"]), () => { }, CancellationToken.None).GetAsyncEnumerator();
        (await TakeAsync(source, 1)).Should().Equal("old");
        await LookAsync(target);
        File.Move(Folder["in.log"], Folder["out.log"]);
        Named(await LookForEntriesAsync(target)).Should().Equal(("out.log", "one"), ("out.log", "two"));
        await LookAsync(target);
        await LookAsync(target);
        await source.DisposeAsync();
        Folder.Append("out.log", "three\n");
        Named(await LookForEntriesAsync(target)).Should().Equal(("out.log", "three"));
        File.Delete(Folder["out.log"]);
        await LookAsync(target);
        await LookAsync(target);
        await LookAsync(target);
        await LookAsync(target);
        OpenFiles.Under(Folder.Path).Should().BeEmpty("nothing keeps a deleted file");
    }
}
