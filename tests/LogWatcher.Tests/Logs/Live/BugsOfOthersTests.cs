using System.IO.Compression;
using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>
/// What other log watchers got wrong, each with where it was reported. The clock is the test's own, nothing hints at changes:
/// what is found is found by looking.
/// </summary>
public sealed class BugsOfOthersTests : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private readonly TempFolder _folder = new();
    private readonly TempFolder _elsewhere = new();
    private readonly ManualTimeProvider _time = new();
    private int _marks;

    public void Dispose()
    {
        _folder.Dispose();
        _elsewhere.Dispose();
    }

    /// <summary>A new file that got the number of a deleted one was read from the deleted one's offset: fluent/fluent-bit#1875, #8025.</summary>
    [Theory]
    [InlineData("b\n")]
    [InlineData("b1\nb2 is longer than all that was read of the deleted file\n")]
    public async Task A_new_file_with_the_inode_of_a_deleted_one_is_read_from_its_start(string text)
    {
        _folder.Write("a.log", "a1\na2\n");
        await using var watch = await WatchFolderAsync();
        KeepInode("a.log");
        File.Delete(_folder["a.log"]);
        (await LookAsync(watch)).Should().Equal("a1", "a2");

        // Long after everybody has let go of it.
        _time.Advance(TimeSpan.FromSeconds(20));
        await LookAsync(watch);
        GiveInode("b.log", text);
        (await LookAsync(watch)).Should().Equal(Messages(text));
    }

    /// <summary>The same, with no look at the folder between the old file's end and the new one's start: fluent/fluent-bit#4895.</summary>
    [Theory]
    [InlineData("b\n")]
    [InlineData("b1\nb2 is longer than all that was read of the deleted file\n")]
    public async Task A_new_file_with_the_inode_of_a_rotated_one_that_was_just_deleted_is_read_from_its_start(string text)
    {
        _folder.Write("a.log", "a1\na2\n");
        await using var watch = await WatchFolderAsync();
        (await LookAsync(watch)).Should().Equal("a1", "a2");
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        await LookAsync(watch);
        _time.Advance(TimeSpan.FromSeconds(20));
        await LookAsync(watch);
        KeepInode("a.log.1");
        File.Delete(_folder["a.log.1"]);
        GiveInode("a.log", text);
        (await LookAsync(watch)).Should().Equal(Messages(text));
    }

    /// <summary>Deleted and created again under its name, with the same number: elastic/beats#40197, fluent/fluent-bit#4895.</summary>
    [Theory]
    [InlineData(0, "b\n")]
    [InlineData(0, "b1\nb2 is longer than all that was read of the deleted file\n")]
    [InlineData(20, "b\n")]
    [InlineData(20, "b1\nb2 is longer than all that was read of the deleted file\n")]
    public async Task A_file_that_comes_again_with_the_same_inode_is_read_from_its_start(int secondsBetween, string text)
    {
        _folder.Write("a.log", "a1\na2\n");
        await using var watch = await WatchFolderAsync();
        (await LookAsync(watch)).Should().Equal("a1", "a2");
        KeepInode("a.log");
        File.Delete(_folder["a.log"]);
        if (secondsBetween > 0)
        {
            await LookAsync(watch);
            _time.Advance(TimeSpan.FromSeconds(secondsBetween));
            await LookAsync(watch);
        }

        GiveInode("a.log", text);
        (await LookAsync(watch)).Should().Equal(Messages(text));
    }

    /// <summary>Where the file system really gives the number again, when the file was made tells it from the one that held the same.</summary>
    [Theory]
    [InlineData("a.log", "a1\na2\n")]
    [InlineData("b.log", "a1\na2\n")]
    [InlineData("a.log", "a1\na2\nb\n")]
    public async Task A_new_file_that_holds_what_a_deleted_one_did_is_read_whatever_its_number_is(string name, string text)
    {
        _folder.Write("a.log", "a1\na2\n");
        await using var watch = await WatchFolderAsync();
        (await LookAsync(watch)).Should().Equal("a1", "a2");
        FileStatus.TryGet(_folder["a.log"], out var deleted);
        File.Delete(_folder["a.log"]);
        await LookAsync(watch);
        _time.Advance(TimeSpan.FromSeconds(20));
        await LookAsync(watch);
        FileTicks.Next();
        File.Move(WriteWithInode(deleted.Identity, text), _folder[name]);
        (await LookAsync(watch)).Should().Equal(Messages(text));
    }

    /// <summary>Small files were not read before they had 1 KB, or a whole line: vectordotdev/vector#2701, #1065, elastic/beats#50566.</summary>
    [Fact]
    public async Task A_file_of_a_few_bytes_is_read_at_once_and_followed_through_renames()
    {
        await using var watch = await WatchFolderAsync();
        _folder.Write("a.log", "x\n");
        (await LookAsync(watch)).Should().Equal("x");
        _folder.Append("a.log", "y");
        (await LookAsync(watch)).Should().Equal("y");
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        _folder.Write("a.log", "w\n");
        _folder.Append("a.log.1", "\nz\n");
        (await LookAsync(watch)).Should().Equal("z", "w");
    }

    /// <summary>Of files with the same first lines only one was read: open-telemetry/opentelemetry-collector-contrib#46496, #19765.</summary>
    [Fact]
    public async Task Twins_are_both_read()
    {
        var head = string.Concat(Enumerable.Repeat("service started\n", 100));
        await using var watch = await WatchFolderAsync();
        _folder.Write("a.log", head + "a\n");
        _folder.Write("b.log", head);
        _folder.Write("c.log", head);
        (await LookAsync(watch)).Where(message => message == "service started").Should().HaveCount(300);
        _folder.Append("b.log", "b\n");
        _folder.Append("c.log", "c\n");
        (await LookAsync(watch)).Should().BeEquivalentTo("b", "c");
    }

    /// <summary>
    /// After copytruncate, a file that begins as before was not read on, or was read twice:
    /// open-telemetry/opentelemetry-collector-contrib#43693, elastic/beats#39731.
    /// </summary>
    [Theory]
    [InlineData("")]
    [InlineData("b1\n")]
    [InlineData("b1\nb2 is longer than all that was read before the truncation\n")]
    public async Task A_file_with_the_same_head_after_copytruncate_is_read_from_its_start(string later)
    {
        const string Head = "service started\n";
        _folder.Write("a.log", Head + "a1\na2\n");
        await using var watch = await WatchAsync("a.log");
        (await LookAsync(watch)).Should().Equal("service started", "a1", "a2");
        File.Copy(_folder["a.log"], _folder["a.log.1"]);
        Cut("a.log", Head + later);
        (await LookAsync(watch)).Should().Equal(["service started", .. Messages(later)]);
    }

    /// <summary>The copy in the watched folder was taken for a new file: open-telemetry/opentelemetry-collector-contrib#43693.</summary>
    [Fact]
    public async Task Of_a_copy_that_copytruncate_made_only_what_was_not_read_yet_comes()
    {
        _folder.Write("a.log", "a1\na2\n");
        await using var watch = await WatchFolderAsync();
        (await LookAsync(watch)).Should().Equal("a1", "a2");
        _folder.Append("a.log", "a3\n");
        File.Copy(_folder["a.log"], _folder["a.log.1"]);
        Cut("a.log", "b\n");
        (await LookAsync(watch)).Should().BeEquivalentTo("a3", "b");
    }

    /// <summary>A truncated file that had grown past the old place before the next look was read from there: nxadm/tail#78, grafana/loki#924.</summary>
    [Fact]
    public async Task A_file_that_is_longer_again_after_its_truncation_is_read_from_its_start()
    {
        _folder.Write("a.log", "a1\na2\n");
        await using var watch = await WatchAsync("a.log");
        (await LookAsync(watch)).Should().Equal("a1", "a2");
        Cut("a.log", "b1\nb2\nb3\n");
        (await LookAsync(watch)).Should().Equal("b1", "b2", "b3");
    }

    /// <summary>Truncated again and again, sometimes to the same length: nxadm/tail#62.</summary>
    [Fact]
    public async Task A_file_may_be_truncated_any_number_of_times()
    {
        _folder.Write("a.log", "0\n");
        await using var watch = await WatchAsync("a.log");
        (await LookAsync(watch)).Should().Equal("0");
        for (var round = 1; round < 10; round++)
        {
            Cut("a.log", $"{round}\n");
            (await LookAsync(watch)).Should().Equal($"{round}");
        }

        Cut("a.log", "");
        await LookAsync(watch);
        Cut("a.log", "last\n");
        (await LookAsync(watch)).Should().Equal("last");
    }

    /// <summary>What was written right before a rename was lost: nxadm/tail#28, #73.</summary>
    [Theory]
    [InlineData("a.log")]
    [InlineData("")]
    public async Task The_end_of_a_renamed_file_is_read(string logs)
    {
        _folder.Write("a.log", "a\n");
        await using var watch = await WatchAsync(logs);
        (await LookAsync(watch)).Should().Equal("a");
        _folder.Append("a.log", string.Concat(Enumerable.Range(0, 5_000).Select(line => $"{line}\n")));
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        _folder.Write("a.log", "b\n");
        (await LookAsync(watch)).Should().Equal([.. Enumerable.Range(0, 5_000).Select(line => $"{line}"), "b"]);
    }

    /// <summary>The last line of a renamed file has no end yet, and what has come in its place is behind it (logs.md, "Following").</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_last_line_of_a_renamed_file_comes_before_the_new_file(bool isEndedLate)
    {
        _folder.Write("a.log", "one\npart");
        await using var watch = await WatchAsync("a.log");
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        _folder.Write("a.log", "new 1\nnew 2\n");
        _time.Advance(TimeSpan.FromMilliseconds(250));
        if (isEndedLate)
        {
            _folder.Append("a.log.1", " and the rest\n");
        }

        (await LookAsync(watch)).Should().Equal("one", isEndedLate ? "part and the rest" : "part", "new 1", "new 2");
    }

    /// <summary>Nobody who never ends a line in a file that was renamed keeps the new one from being read.</summary>
    [Fact]
    public async Task Who_goes_on_without_ends_in_a_renamed_file_is_not_waited_for()
    {
        _folder.Write("a.log", "one\n");
        await using var watch = await WatchAsync("a.log");
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        _folder.Write("a.log", "new\n");
        var come = new List<string>();
        for (var part = 0; part < 4; part++)
        {
            _folder.Append("a.log.1", $"part {part} ");
            come.AddRange(await LookAsync(watch));
        }

        come.Should().Contain("new").And.Contain(line => line.StartsWith("part 3", StringComparison.Ordinal));
    }

    /// <summary>A last line without an end never came: vectordotdev/vector#18341, #11284.</summary>
    [Fact]
    public async Task A_last_line_without_an_end_comes_also_when_the_file_is_renamed_or_truncated()
    {
        _folder.Write("a.log", "a\nb");
        await using var watch = await WatchAsync("a.log");
        (await LookAsync(watch)).Should().Equal("a", "b");
        _folder.Append("a.log", "\nc");
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        _folder.Write("a.log", "d\ne");
        (await LookAsync(watch)).Should().Equal("c", "d");
        (await LookAsync(watch)).Should().Equal("e");
        Cut("a.log", "f");
        (await LookAsync(watch)).Should().Equal("f");
    }

    /// <summary>One long line ended the file, a way to hide from a log watcher: fluent/fluent-bit#10435.</summary>
    [Fact]
    public async Task Behind_a_line_that_is_too_long_the_file_goes_on()
    {
        _folder.Write("a.log", "a\n");
        await using var watch = await WatchAsync("a.log");
        (await LookAsync(watch)).Should().Equal("a");
        for (var part = 0; part < 3; part++)
        {
            _folder.Append("a.log", new string('x', 700_000));
            await LookAsync(watch);
        }

        _folder.Append("a.log", "\nb\n" + new string('y', 3 << 20) + "\nc\n");
        var entries = await LookAsync(watch);
        entries.Should().HaveCountGreaterThanOrEqualTo(3).And.ContainInOrder("b", "c").And.EndWith("c");
    }

    /// <summary>The byte order mark stood in the first entry: fluent/fluent-bit#3256.</summary>
    [Fact]
    public async Task A_byte_order_mark_is_no_part_of_an_entry()
    {
        _folder.Write("a.log", "\uFEFFa\n");
        await using var watch = await WatchFolderAsync();
        (await LookAsync(watch)).Should().Equal("a");
        _folder.Write("b.log", "\uFEFF{\"level\":\"warn\",\"msg\":\"b\"}\n");
        (await LookAsync(watch)).Should().Equal("b");
        Cut("a.log", "\uFEFFc and more than there was before\n");
        (await LookAsync(watch)).Should().Equal("c and more than there was before");
    }

    /// <summary>UTF-16 was read again and again: fluent/fluent-bit#9321.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_in_utf16_is_followed_even_when_a_unit_is_cut_in_half(bool isBigEndian)
    {
        var encoding = new UnicodeEncoding(isBigEndian, byteOrderMark: true);
        _folder.Write("a.log", [.. encoding.GetPreamble(), .. encoding.GetBytes("grün\n")]);
        await using var watch = await WatchAsync("a.log");
        (await LookAsync(watch)).Should().Equal("grün");
        var bytes = encoding.GetBytes("😀 b\nc\n");
        foreach (var piece in bytes.Chunk(7))
        {
            using var file = new FileStream(_folder["a.log"], FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            file.Write(piece);
        }

        (await LookAsync(watch)).Should().Equal("😀 b", "c");
        (await LookAsync(watch)).Should().BeEmpty();
        Cut("a.log", "d\n");
        (await LookAsync(watch)).Should().Equal("d");
    }

    /// <summary>A rotated copy was read again once it was compressed: open-telemetry/opentelemetry-collector-contrib#40523.</summary>
    [Fact]
    public async Task A_rotated_file_is_not_read_again_when_it_is_compressed()
    {
        _folder.Write("a.log", "a\n");
        await using var watch = await WatchFolderAsync();
        (await LookAsync(watch)).Should().Equal("a");
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        _folder.Write("a.log", "b\n");
        (await LookAsync(watch)).Should().Equal("b");
        using (var target = File.Create(_folder["a.log.1.gz"]))
        using (var compressed = new GZipStream(target, CompressionLevel.Fastest))
        {
            compressed.Write(File.ReadAllBytes(_folder["a.log.1"]));
        }

        (await LookAsync(watch)).Should().BeEmpty();
        File.Delete(_folder["a.log.1"]);
        (await LookAsync(watch)).Should().BeEmpty();
        _time.Advance(TimeSpan.FromSeconds(20));
        (await LookAsync(watch)).Should().BeEmpty();
        await using var later = new RunningWatch(LogSet.Open([_folder.Path], _time, useHints: false), "not mark");
        await later.Live;
        (await later.TakeAsync(2)).Should().BeEquivalentTo("a", "b");
    }

    /// <summary>A file held open by its writer was forgotten after a while: vectordotdev/vector#3567 is the other side of it.</summary>
    [Fact]
    public async Task In_a_folder_a_renamed_file_that_is_written_to_long_after_is_read_on()
    {
        _folder.Write("a.log", "a\n");
        await using var watch = await WatchFolderAsync();
        (await LookAsync(watch)).Should().Equal("a");
        File.Move(_folder["a.log"], _folder["a.log.1"]);
        await LookAsync(watch);
        _time.Advance(TimeSpan.FromSeconds(20));
        await LookAsync(watch);
        _folder.Append("a.log.1", "b\n");
        (await LookAsync(watch)).Should().Equal("b");
    }

    /// <summary>The same, of a file that was made under another name and then took this one.</summary>
    [Fact]
    public async Task In_a_folder_a_file_that_was_renamed_to_its_path_is_followed_for_good()
    {
        _folder.Write("a.log", "a\n");
        await using var watch = await WatchFolderAsync();
        _folder.Write("a.log.new", "b\n");
        (await LookAsync(watch)).Should().Equal("a", "b");
        File.Move(_folder["a.log.new"], _folder["a.log"], overwrite: true);
        await LookAsync(watch);
        _time.Advance(TimeSpan.FromSeconds(20));
        await LookAsync(watch);
        _folder.Append("a.log", "c\n");
        (await LookAsync(watch)).Should().Equal("c");
    }

    /// <summary>
    /// An application that writes on to the renamed file until it is told to reopen: all of that stands before the new file.
    /// The clock stands still, so it is the hint of the new name that makes anybody look (nxadm/tail#73 lost it).
    /// </summary>
    [Fact]
    public async Task What_comes_to_a_renamed_file_before_the_new_one_is_there_comes_first()
    {
        var path = _folder.Write("a.log", "a\n");
        await using var watch = new RunningWatch(LogSet.Open([path, _folder.Write("mark.log", "")], _time));
        await watch.Live;
        (await watch.NextAsync()).Should().Be("a");
        File.Move(path, _folder["a.log.1"]);

        // A hint is a turn, in which the rename is seen: twice, for the turn of the first may have begun before it.
        for (var mark = 0; mark < 2; mark++)
        {
            _folder.Append("mark.log", "mark\n");
            (await watch.NextAsync()).Should().Be("mark");
        }

        _folder.Append("a.log.1", "b\n");
        _folder.Write("a.log", "c\n");
        (await watch.NextAsync()).Should().Be("b");
        (await watch.NextAsync()).Should().Be("c");
    }

    private static string[] Messages(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line["".Length..])];

    private Task<RunningWatch> WatchFolderAsync() => WatchAsync("");

    /// <summary>A watch on a path, and on the marks by which <see cref="LookAsync"/> knows that all has been looked at.</summary>
    private async Task<RunningWatch> WatchAsync(string logs)
    {
        // Outside the folder, so that nothing is read twice.
        var watch = new RunningWatch(LogSet.Open([_folder[logs], _elsewhere.Write("mark.log", "")], _time, useHints: false));
        await watch.Live;
        return watch;
    }

    /// <summary>Lets a second go by, in which all that has happened is found.</summary>
    /// <returns>What has come since the last time.</returns>
    private async Task<List<string>> LookAsync(RunningWatch watch)
    {
        var messages = new List<string>();
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

    /// <summary>Cuts a file to nothing and writes to it, as one step for who looks only now and then.</summary>
    private void Cut(string name, string text)
    {
        using var file = new FileStream(_folder[name], FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Gives the file a second name outside the folder, so that its inode can come again for certain.</summary>
    private void KeepInode(string name) => Link(_folder[name], _elsewhere["inode"]);

    /// <summary>A new file, as far as anybody who looks at the folder can tell, with the inode that was kept.</summary>
    private void GiveInode(string name, string text)
    {
        File.WriteAllText(_elsewhere["inode"], text);
        File.Move(_elsewhere["inode"], _folder[name]);
    }

    /// <summary>A new file that has got a number which was given before, if the file system does that at all; otherwise with any.</summary>
    private string WriteWithInode(FileIdentity inode, string text)
    {
        for (var number = 0; ; number++)
        {
            var path = _folder.Write($"new/{number}", text);
            if ((FileStatus.TryGet(path, out var status) && status.Identity == inode) || number == 2_000)
            {
                return path;
            }
        }
    }

    private static void Link(string existing, string added)
    {
        using var ln = System.Diagnostics.Process.Start("ln", [existing, added]);
        ln.WaitForExit();
        ln.ExitCode.Should().Be(0);
    }
}
