using LogWatcher.Logs;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>Logs in one folder whose names are such that the files of one might be the other's.</summary>
public sealed class NeighbourTests : CopyTesting
{
    /// <summary>The name of a log begins like that of another: what rotation makes of it is its own all the same.</summary>
    [Theory]
    [InlineData("a")]
    [InlineData("a.l")]
    public async Task A_log_that_is_called_like_another_with_more_behind_it_is_rotated(string other)
    {
        Folder.Write(other, "other\n");
        FileTicks.Next();
        Folder.Write("a.log", "first\n");
        await using var watch = await WatchAsync(Open());
        (await LookAsync(watch)).Should().BeEquivalentTo("other", "first");
        FileTicks.Next();
        Rotate("second\n");
        Rotate("third\n");
        Named(await LookForEntriesAsync(watch)).Should().Equal(("a.log", "second"), ("a.log", "third"));
        Folder.Append(other, "last\n");
        Folder.Append("a.log", "fourth\n");
        Named(await LookForEntriesAsync(watch)).Should().BeEquivalentTo([(other, "last"), ("a.log", "fourth")]);
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

    private void Rotate(string text)
    {
        if (File.Exists(Folder["a.log.1"]))
        {
            File.Move(Folder["a.log.1"], Folder["a.log.2"]);
        }

        File.Move(Folder["a.log"], Folder["a.log.1"]);
        FileTicks.Next();
        Folder.Write("a.log", text);
        FileTicks.Next();
    }

    private static IEnumerable<(string Source, string Message)> Named(List<LogEntry> entries) =>
        entries.Select(entry => (Path.GetFileName(entry.Source), entry.Message));
}
