using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Live;
using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>What one file costs does not depend on how many others there are beside it.</summary>
public sealed class ManyFilesTests : IDisposable
{
    private const int Files = 50;

    private readonly TempFolder _folder = new();
    private readonly LiveFeed _feed;
    private readonly LiveWatcher _watcher;
    private readonly History _history;
    private readonly FollowedFiles _files;
    private int _unfolded;

    public ManyFilesTests()
    {
        // One watch, so that all is wanted.
        var query = new WatchQuery(Filter.Parse(""), Follow: true, Limit: 0, []);
        _feed = new LiveFeed(new WatchedNames([], new SourceSelection([])), TimeProvider.System, hints: null, LiveWatcher.DefaultMaxWaiting);
        _watcher = new LiveWatcher(query, TimeProvider.System);
        _history = new History(query.Filter, TimeProvider.System);
        _feed.Begin(_watcher, _history, since: 0);
        _files = new FollowedFiles(_feed, new Names(this), TimeProvider.System);
    }

    public void Dispose()
    {
        _files.Clear();
        _watcher.Dispose();
        _history.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void One_look_at_the_folder_serves_all_that_are_read()
    {
        WriteAndFollow(number => $"app-{number}.log");
        _files.Reader.Read(onlyUnfinished: false);
        _files.Truncation.Listings.Should().Be(1);
        LinesRead().Should().Be(Files);
        for (var number = 0; number < Files; number++)
        {
            _folder.Append($"app-{number}.log", "more\n");
        }

        _files.Reader.Read(onlyUnfinished: false);
        LinesRead().Should().Be(2 * Files);
        _files.Truncation.Listings.Should().Be(1);
    }

    /// <summary>They are no copies that nobody reads: no need to look for those among all files.</summary>
    [Fact]
    public void Siblings_that_are_followed_cost_no_look_at_all_that_is_watched()
    {
        WriteAndFollow(number => $"app-{number / 2}.log{(number % 2 == 0 ? "" : "-errors")}");
        _unfolded = 0;
        _files.Reader.Read(onlyUnfinished: false);
        LinesRead().Should().Be(Files);
        _unfolded.Should().Be(0);
    }

    /// <summary>A log is cut: to find its copy costs a look at the names beside it, and none at all that is watched.</summary>
    [Fact]
    public void A_log_that_is_cut_costs_no_look_at_all_that_is_watched()
    {
        WriteAndFollow(number => $"app-{number}.log");
        _files.Reader.Read(onlyUnfinished: false);
        LinesRead().Should().Be(Files);
        _unfolded = 0;
        for (var number = 0; number < Files; number++)
        {
            File.WriteAllText(_folder[$"app-{number}.log"], "cut\n");
        }

        _files.Reader.Read(onlyUnfinished: false);
        _files.Reader.Read(onlyUnfinished: true);
        _files.Names.Should().OnlyContain(name => name.Newest!.Position.Offset == 4);
        _unfolded.Should().Be(0);
    }

    /// <summary>Whoever does not come to the end of its history keeps no more handles than so many.</summary>
    [Theory]
    [InlineData(FollowedFiles.MaxKept, false)]
    [InlineData(FollowedFiles.MaxKept + 1, true)]
    public void So_many_rotated_files_are_kept_for_a_history(int count, bool isTooMany)
    {
        var name = _files.NameOf(_folder["app.log"]);
        for (var number = 0; number < count; number++)
        {
            _files.Hold(name, LogFile.TryOpen(_folder.Write($"app.log.{number}", $"line of {number}\n"))!, number);
        }

        _files.CheckNames();
        var asking = _watcher.Invoking(watcher => watcher.ThrowIfFailed());
        if (isTooMany)
        {
            asking.Should().Throw<SlowHistoryException>().WithMessage($"more than {FollowedFiles.MaxKept} files*");
            _files.Reader.Read(onlyUnfinished: false);
            _files.CheckNames();
            name.Files.Count.Should().Be(0, "nobody is left who may come to them");
            return;
        }

        asking.Should().NotThrow();
        _files.Reader.Read(onlyUnfinished: false);
        _files.CheckNames();
        name.Files.Count.Should().Be(count);
    }

    /// <summary>How many lines have been read.</summary>
    private int LinesRead() => _files.Names.Sum(name => name.Files.Sum(LinesRead));

    private static int LinesRead(FileFollower file) => File.ReadAllText(file.File.Path)[..(int)file.Position.Offset].Count(character => character == '\n');

    private void WriteAndFollow(Func<int, string> name)
    {
        var paths = Enumerable.Range(0, Files).Select(number => _folder.Write(name(number), $"line of {number}\n")).ToList();
        FileTicks.Settle(_folder.Path);
        foreach (var path in paths)
        {
            _files.FollowNew(LogFile.TryOpen(path)!);
            _files.Find(path)!.Current!.Begin(LinePosition.Start, guard: null);
        }
    }

    /// <summary>Those of the folder, counting who asks for them.</summary>
    private sealed class Names(ManyFilesTests test) : WatchedNames([LogSource.Open(test._folder.Path)], new SourceSelection([]))
    {
        public override SortedSet<string> Unfold()
        {
            test._unfolded++;
            return base.Unfold();
        }
    }
}
