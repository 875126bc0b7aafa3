using System.IO.Compression;
using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Live;

/// <summary>
/// A folder with a log that is copied and cut, and those who watch it. Where it says nothing else, the clock is the test's own, and
/// nothing hints at changes.
/// </summary>
public abstract class CopyTesting : IDisposable
{
    protected const string Banner = "service started";

    protected static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private readonly TempFolder _elsewhere = new();
    private readonly List<LogEntry> _early = [];
    private readonly List<LogSet> _marked = [];
    private readonly List<RunningWatch> _looking = [];
    private int _marks;

    private protected TempFolder Folder { get; } = new();

    private protected ManualTimeProvider Time { get; } = new();

    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool isDisposing)
    {
        if (isDisposing)
        {
            Folder.Dispose();
            _elsewhere.Dispose();
        }
    }

    private protected static string Lines(string text, int count) => string.Concat(Enumerable.Range(0, count).Select(number => $"a line that was written {text} {number:000}\n"));

    /// <summary>The folder, or a file in it, and outside of that the marks by which <see cref="LookAsync"/> knows that all has been looked at.</summary>
    private protected LogSet Open(string name = "")
    {
        _elsewhere.Append("mark.log", "");
        var logs = LogSet.Open([Folder[name], _elsewhere["mark.log"]], Time, useHints: false);
        _marked.Add(logs);
        return logs;
    }

    private protected LogSet OpenInRealTime() => LogSet.Open([Folder.Path], TimeProvider.System);

    private protected Task<RunningWatch> WatchAsync(LogSet logs, params string[] sources) =>
        WatchAsync(logs, new WatchQuery(Filter.Parse(""), Follow: true, Limit: 0, sources));

    private protected Task<RunningWatch> WatchBehindAsync(LogSet logs, Cursor after, params string[] sources) => WatchAsync(
        logs, new WatchQuery(Filter.Parse(""), Follow: true, Limit: 0, sources) { After = [after], WatchedSince = after.WatchedSince });

    private async Task<RunningWatch> WatchAsync(LogSet logs, WatchQuery query)
    {
        var watch = new RunningWatch(logs, query);
        await watch.Live;
        if (_marked.Contains(logs) && (query.Sources.Count == 0 || query.Sources.Contains("mark.log")))
        {
            _looking.Add(watch);
        }

        return watch;
    }

    /// <summary>
    /// Begins a watch of the folder that stands still in its history, behind the one entry of a file that comes before all others;
    /// whoever lives has looked at everything since.
    /// </summary>
    private protected async Task<IAsyncEnumerator<LogEntry>> BeginAsync(LogSet logs, RunningWatch live)
    {
        File.SetLastWriteTimeUtc(Folder.Write("old.log", "old\n"), DateTime.UnixEpoch);
        var watch = Watch(logs);
        (await TakeAsync(watch, 1)).Should().Equal("old");
        _early.AddRange(await LookForEntriesAsync(live));
        return watch;
    }

    /// <summary>Watches everything but the marks, at the pace of who asks.</summary>
    private protected static IAsyncEnumerator<LogEntry> Watch(LogSet logs, params Cursor[] after) => logs.WatchAsync(
        new WatchQuery(Filter.Parse("not mark"), Follow: true, Limit: 0, []) { After = after, WatchedSince = after is [var cursor, ..] ? cursor.WatchedSince : FileClock.Now },
        () => { },
        CancellationToken.None).GetAsyncEnumerator();

    private protected static Cursor CursorOf(LogEntry entry)
    {
        Cursor.TryParse(entry.Place!.ToCursor(FileClock.Now).ToString(), out var cursor).Should().BeTrue();
        return cursor;
    }

    /// <summary>Watches the folder until so many entries have come.</summary>
    /// <returns>The last cursor of each source.</returns>
    private protected async Task<Cursor[]> CursorsAsync(long since, int count)
    {
        var cursors = new Dictionary<string, Cursor>();
        await using var watch = await WatchAsync(OpenInRealTime());
        for (; count > 0; count--)
        {
            var entry = await watch.NextEntryAsync();
            Cursor.TryParse(entry.Place!.ToCursor(since, FileClock.Latest).ToString(), out var cursor).Should().BeTrue();
            cursors[entry.Source] = cursor;
        }

        return [.. cursors.Values];
    }

    private protected static async Task<List<string>> TakeAsync(IAsyncEnumerator<LogEntry> watch, int count)
    {
        var messages = new List<string>();
        while (messages.Count < count && await watch.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(90)))
        {
            messages.Add(watch.Current.Message);
        }

        return messages;
    }

    /// <summary>Lets two seconds go by, in which all that has happened is found: by all who watch the marks.</summary>
    /// <returns>The messages that have come since the last time.</returns>
    private protected async Task<List<string>> LookAsync(RunningWatch watch) => (await LookForEntriesAsync(watch)).ConvertAll(entry => entry.Message);

    /// <inheritdoc cref="LookAsync"/>
    private protected async Task<List<LogEntry>> LookForEntriesAsync(RunningWatch watch)
    {
        var entries = new List<LogEntry>(_early);
        _early.Clear();
        for (var look = 0; look < 8; look++)
        {
            var mark = $"mark {++_marks}";
            _elsewhere.Append("mark.log", $"{mark}\n");
            Time.Advance(Poll);
            for (var entry = await watch.NextEntryAsync(); entry.Message != mark; entry = await watch.NextEntryAsync())
            {
                entries.Add(entry);
            }

            foreach (var other in _looking)
            {
                await other.HasAsync(mark);
            }
        }

        return entries;
    }

    private protected void CopyAndCut(string copy, string text)
    {
        FileTicks.Next();
        Folder.Copy("a.log", copy);
        FileTicks.Next();
        Cut(text);
    }

    /// <summary>Cuts the log to nothing and writes to it, as one step for who looks only now and then.</summary>
    private protected void Cut(string text)
    {
        using var file = new FileStream(Folder["a.log"], FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.Write(Encoding.UTF8.GetBytes(text));
    }

    private protected long BirthOf(string name) => FileStatus.TryGet(Folder[name], out var status) ? status.Born : 0;

    private protected void Compress(string from, string to)
    {
        using var compressed = new GZipStream(File.Create(Folder[to]), CompressionLevel.Fastest);
        compressed.Write(File.ReadAllBytes(Folder[from]));
    }

    /// <summary>Compresses a file as gzip does it, which then deletes the original, and mostly keeps its time.</summary>
    private protected void Gzip(string name, bool keepsTime = true)
    {
        Compress(name, $"{name}.gz");
        if (keepsTime)
        {
            File.SetLastWriteTimeUtc(Folder[$"{name}.gz"], File.GetLastWriteTimeUtc(Folder[name]));
        }

        File.Delete(Folder[name]);
    }

    /// <summary>Renames the log and what was renamed before, and begins a new one.</summary>
    private protected void Rotate(string text)
    {
        if (File.Exists(Folder["a.log.1"]))
        {
            File.Move(Folder["a.log.1"], Folder["a.log.2"], overwrite: true);
        }

        File.Move(Folder["a.log"], Folder["a.log.1"]);
        FileTicks.Next();
        Folder.Write("a.log", text);
        FileTicks.Next();
    }

    /// <summary>A watch that begins late has the marks of those before it in its history.</summary>
    /// <inheritdoc cref="LookAsync"/>
    private protected async Task<IEnumerable<(string Source, string Message)>> LookWithoutMarksAsync(RunningWatch watch) =>
        Named(await LookForEntriesAsync(watch)).Where(entry => !entry.Message.StartsWith("mark", StringComparison.Ordinal));

    private protected static IEnumerable<(string Source, string Message)> Named(List<LogEntry> entries) =>
        entries.Select(entry => (Path.GetFileName(entry.Source), entry.Message));
}
