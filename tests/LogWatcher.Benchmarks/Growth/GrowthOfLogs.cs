using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LogWatcher.Benchmarks.Growth;

/// <summary>How the cost of watching grows with the watches, the files, and the length of their lines.</summary>
internal static class GrowthOfLogs
{
    private const int BurstLines = 10_000;
    private const int LinesEachFile = 600;
    private const int AppendedLines = 50;
    private const int ScannedBytes = 50_000_000;
    private const int WatchId = 2;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(3);

    private static readonly int[] Watches = [1, 10, 100, 1_000, 10_000];
    private static readonly int[] Files = [1, 10, 100, 1_000];
    private static readonly int[] LineBytes = [10, 100, 1_000, 10_000, 100_000, 1_000_000];

    public static IEnumerable<GrowthSeries> Series { get; } =
    [
        new("watches that begin, and have an entry each", Watches, Begun),
        new("watches that get 100 entries each, of 10,000 lines at once", Watches, Delivered),
        new("files, searched for a word that none has", Files, files => Searched(files, "absent-9c4e", matches: 0)),
        new("files, all of their lines merged by time", Files, files => Searched(files, "", matches: files * LinesEachFile)),
        new("files that are followed and get 50 lines each", Files, Followed),
        new("files that are followed and get nothing: processor time in 3 s", Files, Idle),
        new("bytes of a line, searched for a word that none has", LineBytes, length => Scanned(length, "absent-9c4e", matches: false)),
        new("bytes of a line, searched by a regex that almost matches", LineBytes, length => Scanned(length, "/xx*y/", matches: false)),
        new("bytes of a line, all delivered", LineBytes, length => Scanned(length, "", matches: true)),
    ];

    private static GrowthSeries.Sample Begun(int watches)
    {
        using var watched = new WatchedFile(0);
        return Measured(watched.Node, watches, () => watched.BeginAndRead(watches));
    }

    private static GrowthSeries.Sample Delivered(int watches)
    {
        using var watched = new WatchedFile(watches);
        return Measured(watched.Node, (double)watches * BurstLines / GrowingLog.LinesPerError, () =>
        {
            GrowingLog.Write(watched.Path, BurstLines);
            _ = watched.ReadEntries(BurstLines / GrowingLog.LinesPerError);
        });
    }

    private static GrowthSeries.Sample Searched(int files, string filter, int matches)
    {
        using var folder = new TemporaryFolder();
        WriteFiles(folder, files);
        using var node = new NodeUnderTest(folder.Path);
        return Measured(node, files, () =>
        {
            node.Watch(WatchId, filter);
            Lines.Skip(node.Output, matches + 1);
        });
    }

    private static GrowthSeries.Sample Followed(int files)
    {
        using var folder = new TemporaryFolder();
        WriteFiles(folder, files, lines: 1);
        using var node = new NodeUnderTest(folder.Path);
        node.Watch(WatchId, "", follow: true);
        Lines.Skip(node.Output, files);
        return Measured(node, files, () =>
        {
            for (var file = 0; file < files; file++)
            {
                File.AppendAllText(folder[Name(file)], Written(file, files, first: 1, AppendedLines));
            }

            Lines.Skip(node.Output, files * AppendedLines);
        });
    }

    private static GrowthSeries.Sample Idle(int files)
    {
        using var folder = new TemporaryFolder();
        WriteFiles(folder, files, lines: 1);
        using var node = new NodeUnderTest(folder.Path);
        node.Watch(WatchId, "", follow: true);
        Lines.Skip(node.Output, files);

        // What comes once, right behind the beginning of a watch, is not what is measured.
        Thread.Sleep(IdleTime);
        var idle = Measured(node, files, () => Thread.Sleep(IdleTime));
        return idle with { Seconds = idle.ProcessorSeconds };
    }

    private static GrowthSeries.Sample Scanned(int length, string filter, bool matches)
    {
        using var folder = new TemporaryFolder();
        var line = Encoding.UTF8.GetBytes(new string('x', length - 1) + "\n");
        var lines = ScannedBytes / length;
        using (var file = new FileStream(folder["app.log"], FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 20))
        {
            for (var number = 0; number < lines; number++)
            {
                file.Write(line);
            }
        }

        using var node = new NodeUnderTest(folder["app.log"]);
        return Measured(node, (double)lines * length, () =>
        {
            node.Watch(WatchId, filter);
            Lines.Skip(node.Output, (matches ? lines : 0) + 1);
        });
    }

    private static GrowthSeries.Sample Measured(NodeUnderTest node, double work, Action act)
    {
        var before = node.ProcessorSeconds;
        var start = Stopwatch.GetTimestamp();
        act();
        return new GrowthSeries.Sample(work, Stopwatch.GetElapsedTime(start).TotalSeconds, node.ProcessorSeconds - before, node.PeakMegabytes);
    }

    private static void WriteFiles(TemporaryFolder folder, int files, int lines = LinesEachFile)
    {
        for (var file = 0; file < files; file++)
        {
            File.WriteAllText(folder[Name(file)], Written(file, files, first: 0, lines));
        }
    }

    private static string Name(int file) => string.Create(CultureInfo.InvariantCulture, $"app-{file:0000}.log");

    /// <summary>The lines of one of several files, whose times are such that in the order of time each line is of another file.</summary>
    private static string Written(int file, int files, int first, int lines)
    {
        var begin = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var text = new StringBuilder();
        for (var line = first; line < first + lines; line++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{{\"time\":\"{begin.AddMilliseconds(((long)line * files) + file):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\",\"level\":\"INFO\",\"msg\":\"line {line} of file {file} was written\",\"service\":\"api\",\"status\":200}}\n");
        }

        return text.ToString();
    }
}
