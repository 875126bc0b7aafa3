using System.Diagnostics;
using System.Globalization;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;

namespace LogWatcher.Benchmarks;

/// <summary>
/// Many watches with the same filter on one file that grows. Through the executable the filter matches a hundredth of the
/// lines, so that one pipe can take what a thousand watches get; within a process of its own (a node's parts without its pipe)
/// everything matches.
/// </summary>
internal static class FanOut
{
    /// <summary>The argument that makes a process the one to be measured.</summary>
    public const string InProcessName = "fan-out-in-process";

    private const int LinesPerSecond = 10_000;
    private const int Seconds = 10;

    private static ReadOnlySpan<byte> FirstLine => "all have this line"u8;

    public static void Measure()
    {
        Console.WriteLine($"Fan-out, one file for {Seconds} s (bars: suppressed 0, under 300 MB):");
        Console.WriteLine();
        Console.WriteLine("| way | watches | lines/s | matches each | delivered | suppressed | in | behind the writer | peak memory |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var watches in new[] { 1, 100, 1_000 })
        {
            Console.Error.WriteLine($"  {watches} watches …");
            InFolder(path => Measure(path, watches, isGrowing: false));
        }

        Console.Error.WriteLine("  1000 watches that begin meanwhile …");
        InFolder(path => Measure(path, 1_000, isGrowing: true));
        foreach (var watches in new[] { 100, 1_000 })
        {
            Console.Error.WriteLine($"  {watches} watches in a process of their own …");
            using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [InProcessName, $"{watches}", $"{LinesPerSecond}"]) { RedirectStandardOutput = true })!;
            Console.Write(process.StandardOutput.ReadToEnd());
            process.WaitForExit();
        }
    }

    /// <summary>Measures, and prints a row.</summary>
    public static void MeasureInProcess(int watches, int linesPerSecond) => InFolder(path =>
    {
        var logs = LogSet.Open([path], TimeProvider.System);
        var all = linesPerSecond * Seconds;
        var (delivered, suppressed) = (0L, 0L);
        using var live = new CountdownEvent(watches);
        var tasks = Enumerable.Range(0, watches).Select(_ => Task.Run(async () =>
        {
            var (mine, lost) = (0L, 0L);
            await foreach (var entry in logs.WatchAsync(new WatchQuery(Filter.Parse(""), Follow: true, Limit: 0, []), () => live.Signal(), CancellationToken.None))
            {
                mine++;
                lost += entry.Suppressed;
                if (mine + lost == all)
                {
                    break;
                }
            }

            Interlocked.Add(ref delivered, mine);
            Interlocked.Add(ref suppressed, lost);
        })).ToArray();
        if (!live.Wait(TimeSpan.FromMinutes(1)))
        {
            throw new TimeoutException("not all watches have begun: " + tasks.FirstOrDefault(task => task.IsFaulted)?.Exception);
        }

        var start = Stopwatch.GetTimestamp();
        var took = GrowingLog.Write(path, linesPerSecond, Seconds);
        Task.WaitAll(tasks);
        Report("in process, everything matches", watches, linesPerSecond, all, delivered, suppressed, start, took, Machine.PeakMegabytes(Environment.ProcessId));
    });

    /// <param name="isGrowing">The watches begin while the file grows, and have what is there by then as history.</param>
    private static void Measure(string path, int watches, bool isGrowing)
    {
        var matches = LinesPerSecond * Seconds / GrowingLog.LinesPerError;
        var last = (LinesPerSecond * Seconds) - 1;
        var (delivered, suppressed, atEnd) = (0L, 0L, 0);
        File.WriteAllText(path, "ERROR all have this line\n");
        using var node = new NodeUnderTest(path);
        var start = 0L;
        var took = 0.0;
        var writer = new Thread(() => (start, took) = (Stopwatch.GetTimestamp(), GrowingLog.Write(path, LinesPerSecond, Seconds)));
        if (isGrowing)
        {
            writer.Start();
        }

        for (var watch = 0; watch < watches; watch++)
        {
            node.Watch(2 + watch, """{"filter":"level >= ERROR","follow":true}""");
        }

        if (!isGrowing)
        {
            // Each has the line that was there before it: then all have begun, and the file may grow.
            var begun = 0;
            node.Read((line, _) => (begun += line.IndexOf(FirstLine) >= 0 ? 1 : 0) < watches);
            writer.Start();
        }

        node.Read((line, _) =>
        {
            var number = Lines.NumberBehind(line, "line-"u8);
            if (number < 0)
            {
                return true;
            }

            delivered++;
            suppressed += Math.Max(0, Lines.NumberBehind(line, "\"suppressed\": "u8));
            atEnd += number == last ? 1 : 0;
            return atEnd < watches;
        });
        writer.Join();
        Report($"executable, 1 in 100 matches{(isGrowing ? ", begun meanwhile" : "")}", watches, LinesPerSecond, matches, delivered, suppressed, start, took, node.PeakMegabytes);
    }

    private static void Report(
        string way, int watches, int linesPerSecond, int matches, long delivered, long suppressed, long start, double wroteSeconds, double? peak)
    {
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var complete = delivered + suppressed == (long)matches * watches ? "" : $" of {(long)matches * watches:N0}!";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {way} | {watches:N0} | {linesPerSecond:N0} | {matches:N0} | {delivered:N0}{complete} | {suppressed:N0} | {seconds:0.0} s | {seconds - wroteSeconds:0.00} s | {peak:0} MB |"));
    }

    private static void InFolder(Action<string> measure)
    {
        var folder = Directory.CreateTempSubdirectory("logwatcher-fan-out-");
        try
        {
            var path = Path.Combine(folder.FullName, "app.log");
            File.WriteAllText(path, "");
            measure(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
