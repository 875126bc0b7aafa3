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
    public void Of_so_many_folders_the_file_system_tells_at_most()
    {
        for (var number = 0; number <= FolderHints.MaxFolders; number++)
        {
            var folder = Directory.CreateDirectory(_folder[$"{number}"]).FullName;
            _hints.Add(folder, _first);
            _hints.Watched.Should().Be(Math.Min(number + 1, FolderHints.MaxFolders));
        }
    }

    private static LiveRun Run() => new(
        new LiveFeed(new WatchedNames([], new SourceSelection([])), TimeProvider.System, hints: null, LiveWatcher.DefaultMaxWaiting), new ManualTimeProvider(), hints: null);
}
