using System.IO.Compression;
using LogWatcher.Logs;
using LogWatcher.Protos.V1;
using LogWatcher.Services;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs;

/// <summary>
/// A folder that is read in pages: each call goes on behind the latest cursor of each source that the ones before it gave, whatever
/// has become of the files in between, and of those that no page has come to yet.
/// </summary>
public sealed class PagesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _cursors = new(StringComparer.Ordinal);

    public void Dispose() => _folder.Dispose();

    /// <summary>An old file that the pages have not come to is compressed, or moved on by the rotation of its log.</summary>
    [Theory]
    [InlineData("app.1", "app.1.gz", false)]
    [InlineData("app.1", "app.2", false)]
    [InlineData("app.1.gz", "app.2.gz", true)]
    public async Task An_old_file_without_a_cursor_is_read_whatever_its_name_is_by_then(string name, string later, bool isCut)
    {
        _folder.Write("app.1", Line("10:00:00", "a") + Line("10:00:05", "b"));
        MoveTo(name);
        Wait();
        _folder.Write("app", Line("09:00:00", "c") + Line("10:00:06", "d"));
        Wait();
        (await PageAsync(1)).Should().Equal("c");
        Wait();
        MoveTo(later);
        if (isCut)
        {
            _folder.Copy("app", "app.1");
            Wait();
            _folder.Write("app", Line("10:00:07", "e"));
        }

        (await PageAsync()).Should().Equal(isCut ? ["a", "b", "d", "e"] : ["a", "b", "d"]);

        void MoveTo(string to)
        {
            var from = to == later ? name : "app.1";
            if (from.EndsWith(".gz", StringComparison.Ordinal) || !to.EndsWith(".gz", StringComparison.Ordinal))
            {
                File.Move(_folder[from], _folder[to]);
                return;
            }

            Compress(from, to);
        }
    }

    /// <summary>A log is rotated before anything of it was delivered: that others were watched before says nothing of it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_rotated_before_its_first_page_is_read(bool isCompressed)
    {
        _folder.Write("x.log", Line("09:00:00", "x0") + Line("09:00:01", "x1"));
        _folder.Write("app.log", Line("10:00:00", "a0") + Line("10:00:00", "a1"));
        Wait();
        (await PageAsync(1)).Should().Equal("x0");
        Wait();
        File.Move(_folder["app.log"], _folder["app.log.1"]);
        if (isCompressed)
        {
            Compress("app.log.1", "app.log.1.gz");
        }

        Wait();
        _folder.Write("app.log", Line("10:00:00", "a2") + Line("10:00:01", "a3"));
        Wait();

        // Of equal times the name decides.
        (await PageAsync(2)).Should().Equal("x1", "a2");
        (await PageAsync()).Should().Equal("a0", "a1", "a3");
    }

    /// <summary>A log of which nothing was delivered so far, as it was empty or nothing matched, has the name of another's older file.</summary>
    [Theory]
    [InlineData("worker.log", "worker-2.log", false)]
    [InlineData("worker.log", "worker-2.log", true)]
    [InlineData("app", "app.2", false)]
    public async Task A_log_with_the_name_of_a_rotated_one_is_read_though_it_has_no_cursor(string log, string other, bool isOlder)
    {
        foreach (var name in isOlder ? new[] { log, other } : [other, log])
        {
            _folder.Write(name, name == log ? Line("10:00:00", "fault w0") : Line("09:00:00", "quiet"));
            Wait();
        }

        (await PageAsync(filter: "fault")).Should().Equal("fault w0");
        Wait();
        _folder.Append(other, Line("10:10:00", "fault late"));
        (await PageAsync(filter: "fault")).Should().Equal("fault late");
        _folder.Append(other, Line("10:11:00", "fault later"));
        _folder.Append(log, Line("10:12:00", "fault w1"));
        (await PageAsync(filter: "fault")).Should().Equal("fault later", "fault w1");
    }

    /// <summary>A cursor of a file that is not selected leads nowhere, whether the file is there or not.</summary>
    [Theory]
    [InlineData("b.log", "b1")]
    [InlineData("c.log", "c0")]
    [InlineData("none", "")]
    public async Task Only_the_sources_that_are_asked_for_go_on(string sources, string expected)
    {
        _folder.Write("a.log", Line("10:00:00", "a0") + Line("10:02:00", "a1"));
        _folder.Write("b.log", Line("10:01:00", "b0") + Line("10:03:00", "b1"));
        _folder.Write("c.log", Line("10:04:00", "c0"));
        (await PageAsync(2)).Should().Equal("a0", "b0");
        (await PageAsync(sources: sources)).Should().Equal(expected.Length == 0 ? [] : [expected]);

        // That a file which nobody asked for was deleted and begun anew is no matter, either.
        File.Delete(_folder["a.log"]);
        _folder.Write("a.log", "");
        (await PageAsync(sources: sources)).Should().BeEmpty();
    }

    /// <summary>
    /// A rotated file was read to the end of the line that all files of the program begin with. It moves on by one and is compressed, and
    /// under its name stands a copy of its log, which begins alike.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rotated_file_is_told_from_the_copy_that_has_its_name(bool isCompressed)
    {
        var banner = Line("10:00:00", "starting");
        _folder.Write("x.log.1", banner + Line("11:00:00", "old"));
        Wait();
        _folder.Write("x.log", banner + Line("12:00:00", "current"));
        Wait();
        (await PageAsync(2)).Should().Equal("starting", "starting");
        Wait();
        File.Move(_folder["x.log.1"], _folder["x.log.2"]);
        _folder.Copy("x.log", "x.log.1");
        Wait();
        File.WriteAllText(_folder["x.log"], banner + Line("13:00:00", "new"));
        if (isCompressed)
        {
            Compress("x.log.2", "x.log.2.gz");
        }

        (await PageAsync()).Should().Equal("old", "current", "starting", "new");
    }

    /// <summary>Pages go on from one another: what was rotated between two of them, and delivered, is so to all that come later.</summary>
    [Fact]
    public async Task What_was_rotated_between_pages_does_not_come_again()
    {
        _folder.Write("app.log", Line("10:00:00", "a0"));
        Wait();
        (await PageAsync()).Should().Equal("a0");
        for (var round = 1; round < 4; round++)
        {
            Wait();
            foreach (var number in new[] { 3, 2, 1, 0 }.Where(number => File.Exists(Numbered(number))))
            {
                File.Move(Numbered(number), Numbered(number + 1));
            }

            Wait();
            _folder.Write("app.log", Line($"10:00:0{round}", $"a{round}"));
        }

        (await PageAsync()).Should().Equal("a1", "a2", "a3");
        Wait();
        (await PageAsync()).Should().BeEmpty();
        _folder.Append("app.log", Line("10:00:09", "a9"));
        (await PageAsync()).Should().Equal("a9");

        string Numbered(int number) => _folder[number == 0 ? "app.log" : $"app.log.{number}"];
    }

    /// <summary>What was delivered to its end holds up nothing that is younger, compressed or not.</summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public async Task What_comes_behind_a_file_that_is_done_is_merged_by_its_own_times(bool isCompressed, bool isTimed)
    {
        _folder.Write("app.log", isTimed ? Line("10:00:00", "a0") : "a0\n");
        _folder.Write("other.log", Line("10:00:00", "o0"));
        (await PageAsync()).Should().Equal(isTimed ? ["a0", "o0"] : ["o0", "a0"]);
        Wait();
        File.Move(_folder["app.log"], _folder["app.log.1"]);
        if (isCompressed)
        {
            Compress("app.log.1", "app.log.1.gz");
        }

        Wait();
        _folder.Write("app.log", Line("10:10:00", "a1"));
        _folder.Append("other.log", Line("10:20:00", "o1"));
        (await PageAsync()).Should().Equal("a1", "o1");
    }

    /// <summary>An entry without a time stands with the one before it, however far before, and compressed or not; at a file's head, with the first behind.</summary>
    [Theory]
    [InlineData(false, false, 0)]
    [InlineData(false, false, 200)]
    [InlineData(false, true, 0)]
    [InlineData(true, false, 0)]
    [InlineData(true, false, 200)]
    [InlineData(true, true, 200)]
    public async Task An_entry_without_a_time_stands_where_it_stood_before(bool isCompressed, bool isAtHead, int kilobytes)
    {
        var padding = string.Concat(Enumerable.Range(0, kilobytes).Select(_ => $$"""{"msg":"p{{new string('x', 1_000)}}"}""" + "\n"));
        _folder.Write("a.log", (isAtHead ? "" : Line("10:00:00", "a0")) + padding + """
            {"msg":"a1"}
            {"msg":"a2"}

            """ + Line("10:05:00", "a3"));
        if (isCompressed)
        {
            Compress("a.log", "a.log.gz");
        }

        _folder.Write("b.log", Line("10:00:00", "b0") + Line("10:10:00", "b1"));
        var whole = await PageAsync(filter: "not xxx");
        whole.Should().Equal(isAtHead ? ["b0", "a1", "a2", "a3", "b1"] : ["a0", "a1", "a2", "b0", "a3", "b1"]);
        for (var count = 1; count < whole.Count; count++)
        {
            _cursors.Clear();
            (await PageAsync(count, "not xxx")).Should().Equal(whole.Take(count));
            (await PageAsync(filter: "not xxx")).Should().Equal(whole.Skip(count));
        }
    }

    private static string Line(string time, string message) => $$"""{"time":"2026-11-20T{{time}}Z","msg":"{{message}}"}""" + "\n";

    /// <summary>What is written from now on is younger, also by the milliseconds in which cursors tell when a watch began.</summary>
    private static void Wait()
    {
        FileTicks.Next();
        FileTicks.Next();
    }

    /// <summary>As gzip does: the compressed file has the time of what it was made of.</summary>
    private void Compress(string name, string to)
    {
        using (var compressed = new GZipStream(File.Create(_folder[to]), CompressionLevel.Fastest))
        {
            compressed.Write(File.ReadAllBytes(_folder[name]));
        }

        File.SetLastWriteTimeUtc(_folder[to], File.GetLastWriteTimeUtc(_folder[name]));
        File.Delete(_folder[name]);
    }

    /// <summary>The messages of one call, with the logs opened anew each time; 0: all.</summary>
    private async Task<List<string>> PageAsync(int limit = 0, string filter = "", string? sources = null)
    {
        var request = new WatchLogsRequest { Limit = limit, Filter = filter, After = { _cursors.Values } };
        request.Sources.AddRange(sources is null ? [] : [sources]);
        var messages = new List<string>();
        await foreach (var shown in new LogWatcherService(LogSet.Open([_folder.Path], TimeProvider.System)).WatchLogs(request, new PlainCall()))
        {
            var entry = ShownEntries.Copy(shown);
            _cursors[entry.Source] = entry.Cursor;
            messages.Add(entry.Msg);
        }

        return messages;
    }
}
