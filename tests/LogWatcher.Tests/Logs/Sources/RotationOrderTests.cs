using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Sources;

/// <summary>Which of a log's rotated files came after which, by their names and times.</summary>
public sealed class RotationOrderTests : IDisposable
{
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The files as name=minutes of the last write, the first being the one that others are to be found behind.</summary>
    [Theory]
    [InlineData("app.log.3=1 app.log.2=2 app.log.1=3", "app.log.2 app.log.1", "logrotate counts up with age")]
    [InlineData("app.log.3=1 app.log.2=1 app.log.1=1", "app.log.2 app.log.1", "written within one tick of the clock")]
    [InlineData("app.log.1=1 app.log.2=2 app.log.10=3", "app.log.2 app.log.10", "others count on")]
    [InlineData("app.log-20260101=1 app.log-20260102=2 app.log-20260103=2", "app.log-20260102 app.log-20260103", "dates")]
    [InlineData("app-2026-01-01.log=1 app-2026-01-02.log=2", "app-2026-01-02.log", "dates before the extension")]
    [InlineData("app.log.2=1 app.log.3=2 app.log.1=3", "app.log.3 app.log.1", "names used in turn")]
    [InlineData("app.log-20260101=1 app.log.1=2", "app.log.1", "two schemes at once")]
    [InlineData("app.log.2=1 app.log.1=2 app.log.new=3 other.log.1=3", "app.log.1", "what is none of them")]
    [InlineData("app.log.2=1 app.log.1=2 app-2.log=3 app-2026-01-01.log=4", "app.log.1", "other logs of the program")]
    [InlineData("app-1.log=1 app-2.log=2 app.log.1=3", "app-2.log", "a backup that somebody made")]
    public void Younger_files_come_in_their_order(string files, string younger, string why)
    {
        foreach (var file in files.Split(' '))
        {
            var parts = file.Split('=');
            File.SetLastWriteTimeUtc(_folder.Write(parts[0], parts[0]), Start.AddMinutes(int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)));
        }

        using var first = LogFile.TryOpen(_folder[files.Split('=')[0]])!;
        Names(RotationOrder.OpenBetween(_folder["app.log"], first, present: null)).Should().Equal(younger.Split(' '), why);
    }

    /// <summary>Somebody still writes to an old file: it is no younger for that, as the births tell.</summary>
    [Fact]
    public void A_late_write_makes_no_file_younger()
    {
        foreach (var name in new[] { "app.log.3", "app.log.2", "app.log.1" })
        {
            _folder.Write(name, name);
            FileTicks.Next();
        }

        _folder.Append("app.log.2", "late");
        using var first = LogFile.TryOpen(_folder["app.log.3"])!;
        Names(RotationOrder.OpenBetween(_folder["app.log"], first, present: null)).Should().Equal("app.log.2", "app.log.1");
    }

    /// <summary>
    /// Copied, cut and written to within a tick of the clock: what the file holds now came after what is in the copy, of which no birth
    /// is known once it is compressed.
    /// </summary>
    [Theory]
    [InlineData("app.log.1")]
    [InlineData("app.log.1.gz")]
    public void A_copy_comes_before_a_file_that_was_written_to_in_the_same_tick(string copied)
    {
        _folder.Write("app.log-20260101", "a");
        FileTicks.Next();
        _folder.Write(copied, "");
        FileTicks.Next();
        var tick = new DateTime(FileClock.Now + DateTime.UnixEpoch.Ticks, DateTimeKind.Utc);
        FileTicks.Next();
        File.SetLastWriteTimeUtc(_folder["app.log-20260101"], tick);
        File.SetLastWriteTimeUtc(_folder[copied], tick);
        using var copy = LogFile.TryOpen(_folder[copied])!;
        Names(RotationOrder.OpenBetween(_folder["app.log"], copy, present: null)).Should().Equal("app.log-20260101");
    }

    /// <summary>
    /// Of a compressed file no birth is known. Where another was begun and written to within the tick of the clock of its last write, it
    /// came before that: the older files are compressed first.
    /// </summary>
    [Fact]
    public void A_compressed_file_comes_before_one_of_the_same_tick()
    {
        var name = _folder.Write("app.log-20260101", "a");
        while (FileStatus.TryGet(name, out var status) && status.Born != status.Changed && status.Born > 0)
        {
            File.Delete(name);
            _folder.Write("app.log-20260101", "a");
        }

        _folder.Write("app.log.5.gz", "");
        File.SetLastWriteTimeUtc(_folder["app.log.5.gz"], File.GetLastWriteTimeUtc(name));
        using var compressed = LogFile.TryOpen(_folder["app.log.5.gz"])!;
        Names(RotationOrder.OpenBetween(_folder["app.log"], compressed, present: null)).Should().Equal("app.log-20260101");
    }

    /// <summary>
    /// Copied, cut, written to and then renamed, with the copy and the last write in one tick: the copy has the higher number. Beside a
    /// date, numbers are not asked for the whole order.
    /// </summary>
    [Fact]
    public void Numbers_order_what_was_written_to_in_the_same_tick()
    {
        foreach (var name in new[] { "app.log-20260101", "app.log.1" })
        {
            _folder.Write(name, name);
            FileTicks.Next();
        }

        var tick = new DateTime(FileClock.Now + DateTime.UnixEpoch.Ticks, DateTimeKind.Utc);
        FileTicks.Next();
        File.SetLastWriteTimeUtc(_folder.Write("app.log.2", "copy"), tick);
        File.SetLastWriteTimeUtc(_folder["app.log.1"], tick);
        using var first = LogFile.TryOpen(_folder["app.log-20260101"])!;
        Names(RotationOrder.OpenBetween(_folder["app.log"], first, present: null)).Should().Equal("app.log.2", "app.log.1");
    }

    /// <summary>The older file was compressed after the younger one had come, by something that does not keep its time.</summary>
    [Fact]
    public void Compressing_makes_no_file_younger()
    {
        foreach (var name in new[] { "app.log.1", "app.log.2.gz" })
        {
            _folder.Write(name, name);
            FileTicks.Next();
        }

        using var first = LogFile.TryOpen(_folder["app.log.2.gz"])!;
        Names(RotationOrder.OpenBetween(_folder["app.log"], first, present: null)).Should().Equal("app.log.1");
    }

    /// <summary>Numbers that count on are seen among the files that are compressed, too.</summary>
    [Fact]
    public void Compressed_files_that_count_on_do_so()
    {
        foreach (var name in new[] { "app.log.3", "app.log.1.gz", "app.log.2.gz" })
        {
            _folder.Write(name, name);
            FileTicks.Next();
        }

        using var first = LogFile.TryOpen(_folder["app.log.1.gz"])!;
        Names(RotationOrder.OpenBetween(_folder["app.log"], first, present: null)).Should().Equal("app.log.2.gz", "app.log.3");
    }

    /// <summary>What stood under the name has been renamed since it was opened: what is younger than that is none of those between.</summary>
    [Fact]
    public void Nothing_is_between_that_came_after_the_second()
    {
        foreach (var name in new[] { "app.log.4", "app.log.3", "app.log.2", "app.log.1" })
        {
            _folder.Write(name, name);
        }

        using var first = LogFile.TryOpen(_folder["app.log.4"])!;
        using var present = LogFile.TryOpen(_folder["app.log.2"])!;
        Names(RotationOrder.OpenBetween(_folder["app.log"], first, present)).Should().Equal("app.log.3");
    }

    /// <summary>A copy of what stands under the name was made after it, and holds the same.</summary>
    [Fact]
    public void A_copy_of_what_is_present_is_not_between()
    {
        _folder.Write("app.log.2", "old");
        FileTicks.Next();
        _folder.Write("app.log", "new\nand more\n");
        FileTicks.Next();
        _folder.Write("app.log.1", "new\n");
        using var first = LogFile.TryOpen(_folder["app.log.2"])!;
        using var present = LogFile.TryOpen(_folder["app.log"])!;
        RotationOrder.OpenBetween(_folder["app.log"], first, present).Should().BeEmpty();
    }

    private List<string> Names(List<LogFile> files)
    {
        files.ForEach(file => file.Dispose());
        return files.ConvertAll(file => Path.GetFileName(file.Path));
    }
}
