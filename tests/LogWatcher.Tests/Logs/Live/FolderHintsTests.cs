using LogWatcher.Logs;
using LogWatcher.Logs.Live;
using LogWatcher.Logs.Sources;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>The file system is asked once for a folder, whoever follows files there, and not for too many.</summary>
public sealed class FolderHintsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderHints _hints = new();
    private readonly LiveRun _first = Run();
    private readonly LiveRun _second = Run();

    public void Dispose()
    {
        _hints.Remove(_first);
        _hints.Remove(_second);
        _first.Dispose();
        _second.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_folder_is_watched_until_nobody_needs_it()
    {
        _hints.Add(_folder.Path, _first);
        _hints.Add(_folder.Path, _first);
        _hints.Add(_folder.Path, _second);
        _hints.Watched.Should().Be(1);
        _hints.Remove(_first);
        _hints.Watched.Should().Be(1);
        _hints.Remove(_second);
        _hints.Watched.Should().Be(0);
    }

    /// <summary>The clock of the polls stands still: without the file system nothing would come.</summary>
    [Fact]
    public async Task All_are_told_of_a_folder()
    {
        _folder.Write("app.log", "");
        var logs = LogSet.Open([_folder.Path], new ManualTimeProvider(), useHints: true);
        await using var all = new RunningWatch(logs);
        var some = new RunningWatch(logs, "", "app.*");
        await all.Live;
        await some.Live;
        _folder.Append("app.log", "{\"msg\":\"one\"}\n");
        (await all.NextAsync()).Should().Be("one");
        (await some.NextAsync()).Should().Be("one");
        await some.DisposeAsync();
        _folder.Append("app.log", "{\"msg\":\"two\"}\n");
        (await all.NextAsync()).Should().Be("two");
    }

    [Fact]
    public void A_folder_that_comes_later_is_watched_then()
    {
        var path = _folder["later"];
        _hints.Add(path, _first);
        _hints.Watched.Should().Be(0);
        Directory.CreateDirectory(path);
        _hints.Add(path, _first);
        _hints.Watched.Should().Be(1);
        Directory.Delete(path);
        _hints.Add(path, _second);
        _hints.Watched.Should().Be(0);
    }

    /// <summary>Of what was deleted nothing more is told, and the clock of the polls stands still but for the one that finds the new folder.</summary>
    [Fact]
    public async Task Of_a_folder_that_is_made_anew_is_told_again()
    {
        var time = new ManualTimeProvider();
        var path = _folder["logs"];
        Directory.CreateDirectory(path);
        _folder.Write("logs/app.log", "");
        await using var watch = new RunningWatch(LogSet.Open([path], time, useHints: true));
        await watch.Live;
        _folder.Append("logs/app.log", "{\"msg\":\"one\"}\n");
        (await watch.NextAsync()).Should().Be("one");

        Directory.Delete(path, recursive: true);
        Directory.CreateDirectory(path);
        _folder.Write("logs/app.log", "{\"msg\":\"two\"}\n");
        time.Advance(TimeSpan.FromMinutes(1));
        (await watch.NextAsync()).Should().Be("two");

        // The turn that has found this may still be on its way to the folder.
        _folder.Append("logs/app.log", "{\"msg\":\"three\"}\n");
        var next = watch.NextAsync();
        while (await Task.WhenAny(next, Task.Delay(20)) != next)
        {
            _folder.Append("logs/app.log", "\n");
        }

        (await next).Should().Be("three");
    }

    [Fact]
    public void A_folder_that_is_made_anew_is_watched_for_all()
    {
        var path = Directory.CreateDirectory(_folder["logs"]).FullName;
        _hints.Add(path, _first);
        _hints.Add(path, _second);
        Directory.Delete(path);
        Directory.CreateDirectory(path);
        _hints.Add(path, _first);
        _hints.Remove(_first);
        _hints.Watched.Should().Be(1, "the second is still told of it");
    }

    [Fact]
    public void Of_so_many_folders_the_file_system_tells_at_most()
    {
        for (var number = 0; number <= FolderHints.MaxFolders; number++)
        {
            var folder = Directory.CreateDirectory(_folder[$"{number}"]).FullName;
            _hints.Add(folder, _first);
            _hints.Watched.Should().Be(Math.Min(number + 1, FolderHints.MaxFolders));
        }
    }

    [Fact]
    public void A_folder_that_is_gone_leaves_its_place_to_another()
    {
        for (var number = 0; number < FolderHints.MaxFolders; number++)
        {
            _hints.Add(Directory.CreateDirectory(_folder[$"{number}"]).FullName, _first);
        }

        Directory.Delete(_folder["3"]);
        Directory.Delete(_folder["5"]);
        _hints.Add(Directory.CreateDirectory(_folder["new"]).FullName, _first);
        _hints.Watched.Should().Be(FolderHints.MaxFolders - 1, "the new one is watched, and two are no longer");
    }

    private static LiveRun Run() => new(
        new LiveFeed(new WatchedNames([], new SourceSelection([])), TimeProvider.System, hints: null, LiveWatcher.DefaultMaxWaiting), new ManualTimeProvider(), hints: null);
}
