using System.IO.Compression;
using System.Text;
using LogWatcher.Logs.Live;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>A name, and what is known of the files that have stood under it.</summary>
public sealed class FollowedNameTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Two copies are made in one tick of the clock: the second is one of the log, like the first.</summary>
    [Fact]
    public void A_copy_is_not_the_original_of_another()
    {
        _folder.Write("a.log", "third\n");
        FileTicks.Next();
        do
        {
            File.Delete(_folder["a.log.1"]);
            File.Delete(_folder["a.log.2"]);
            _folder.Write("a.log.2", "first\n");
            _folder.Write("a.log.1", "second\n");
        }
        while (Born("a.log.1") != Born("a.log.2"));

        File.SetLastWriteTimeUtc(_folder["a.log.1"], DateTime.UtcNow.AddHours(1));
        var name = new FollowedName(_folder["a.log"]);
        using var log = Follow("a.log", isCopy: false);
        using var first = Follow("a.log.2", isCopy: true);
        using var second = LogFile.TryOpen(_folder["a.log.1"])!;
        name.Add(log, isThere: true);
        name.Insert(0, first);
        name.OriginalOf(second).Should().Be(log);
    }

    /// <summary>A log is made and copied in one tick of the clock, in which the one before it is written to, too: what the copy holds tells.</summary>
    [Fact]
    public void The_original_of_a_copy_as_old_as_that_is_told_by_what_it_holds()
    {
        _folder.Write("a.log.2", "older\n");
        FileTicks.Next();
        do
        {
            File.Delete(_folder["a.log"]);
            File.Delete(_folder["a.log.1"]);
            _folder.Write("a.log", "first\nsecond\n");
            _folder.Write("a.log.1", "first\n");
        }
        while (Born("a.log.1") != Born("a.log"));

        File.SetLastWriteTimeUtc(_folder["a.log.2"], File.GetLastWriteTimeUtc(_folder["a.log.1"]));
        var name = new FollowedName(_folder["a.log"]);
        using var older = Follow("a.log.2", isCopy: false);
        using var log = Follow("a.log", isCopy: false);
        using var copy = LogFile.TryOpen(_folder["a.log.1"])!;
        name.Add(older, isThere: false);
        name.Add(log, isThere: true);
        name.OriginalOf(copy).Should().Be(log);
    }

    /// <summary>Only a banner has been read of a file, with which all begin: the compressed one that was made of another is not made of it.</summary>
    [Fact]
    public void A_compressed_file_that_begins_alike_is_not_made_of_what_was_read()
    {
        var banner = new string('-', 1_200) + "\n";
        _folder.Write("a.log", $"{banner}first\n");
        var name = new FollowedName(_folder["a.log"]);
        using var log = new FileFollower(LogFile.TryOpen(_folder["a.log"])!, new LinePosition(banner.Length), TimeProvider.System, []);
        name.Add(log, isThere: true);
        using var own = Compress("own.gz", $"{banner}first\n");
        using var other = Compress("other.gz", $"{banner}second\n");
        name.HasCopy(own).Should().BeTrue();
        name.HasCopy(other).Should().BeFalse();
    }

    private LogFile Compress(string name, string text)
    {
        using (var compressed = new GZipStream(File.Create(_folder[name]), CompressionLevel.Fastest))
        {
            compressed.Write(Encoding.UTF8.GetBytes(text));
        }

        return LogFile.TryOpen(_folder[name])!;
    }

    private FileFollower Follow(string name, bool isCopy) =>
        new(LogFile.TryOpen(_folder[name])!, LinePosition.Start, TimeProvider.System, []) { IsCopy = isCopy };

    private long Born(string name) => FileStatus.TryGet(_folder[name], out var status) ? status.Born : 0;
}
