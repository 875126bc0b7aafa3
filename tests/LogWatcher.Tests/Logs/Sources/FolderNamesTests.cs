using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Sources;

public sealed class FolderNamesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderNames _names = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_in_which_nothing_moves_is_listed_once()
    {
        var logs = Enumerable.Range(0, 100).Select(number => _folder.Write($"app-{number}.log", "x\n")).ToList();
        _folder.Write("app-7.log.1", "x\n");
        FileTicks.Settle(_folder.Path);

        logs.Where(log => _names.SiblingsOf(log).Count > 0).Should().Equal(_folder["app-7.log"]);
        _names.Listings.Should().Be(1);
        _names.AreStill(logs[0]).Should().BeTrue();
    }

    /// <summary>However short before it the folder was listed.</summary>
    [Fact]
    public void What_comes_and_goes_is_seen_at_once()
    {
        var log = _folder.Write("app.log", "x\n");
        for (var round = 0; round < 100; round++)
        {
            _names.SiblingsOf(log).Should().BeEmpty();
            _folder.Write("app.log.1", "x\n");
            _names.AreStill(log).Should().BeFalse();
            _names.SiblingsOf(log).Should().Equal(_folder["app.log.1"]);
            File.Move(_folder["app.log.1"], _folder["app.1.log"]);
            _names.SiblingsOf(log).Should().Equal(_folder["app.1.log"]);
            File.Delete(_folder["app.1.log"]);
        }
    }

    [Fact]
    public void What_comes_after_a_long_rest_is_seen_at_once()
    {
        var log = _folder.Write("app.log", "x\n");
        FileTicks.Settle(_folder.Path);
        _names.SiblingsOf(log).Should().BeEmpty();
        _folder.Write("app.log.1", "x\n");
        _names.AreStill(log).Should().BeFalse();
        _names.SiblingsOf(log).Should().Equal(_folder["app.log.1"]);
    }

    [Fact]
    public void Siblings_are_those_that_rotation_knows()
    {
        string[] names =
        [
            "app.log", "app.log.1", "app.log.2.gz", "app.1.log", "app-2026-11-20.log", "app-x.log", "app", "app.lo", "application.log", "app.log-old",
            "a", "a.log", "a.log.gz", "a-1.log.gz", ".log", ".log.1", ".1.log", "log", "log.1", "app.log.log", "app..log", "-1.log", "App.log.1", "zz.log",
        ];
        var paths = names.Select(name => _folder.Write(name, "x\n")).ToList();
        foreach (var log in paths)
        {
            _names.SiblingsOf(log).Should().BeEquivalentTo(paths.Where(path => Rotation.IsSibling(path, log)), log);
        }
    }

    [Fact]
    public void A_folder_that_is_gone_has_no_names()
    {
        _names.SiblingsOf(_folder["gone/app.log"]).Should().BeEmpty();
        _names.AreStill(_folder["gone/app.log"]).Should().BeFalse();
    }
}
