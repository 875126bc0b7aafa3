using System.Diagnostics;
using System.Globalization;
using LogWatcher.Benchmarks.Report;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;

namespace LogWatcher.Benchmarks;

/// <summary>
/// Many watches with the same filter on one file that grows, at once or at a pace. Through the executable the filter matches a
/// hundredth of the lines, so that one pipe can take what a thousand watches get; within a process of its own (a node's parts
/// without its pipe) everything matches. The yardstick is one <c>tail -F</c> of the same file, that gets every line.
/// </summary>
internal static class FanOut
{
    /// <summary>The argument that makes a process the one to be measured.</summary>
    public const string InProcessName = "fan-out-in-process";

    private const int BurstLines = 100_000;
    private const int LinesPerSecond = 10_000;
    private const int Seconds = 5;

    public static IEnumerable<Step> Steps()
    {
        foreach (var watches in new[] { 1, 100, 1_000 })
        {
            yield return new Step($"fan-out, {BurstLines:N0} lines at once to {Numbers.Count(watches, "watch")}", results => MeasureBurst(results, watches));
        }

        // tail's lag is the yardstick of all the rest, and so measured once, before them.
        double? lagOfTail = null;
        yield return new Step($"fan-out, {LinesPerSecond:N0} lines a second to tail -F", _ => lagOfTail = Machine.Has("tail") ? PacedTail() : null);
        foreach (var (watches, isGrowing) in new[] { (1, false), (100, false), (1_000, false), (1_000, true) })
        {
            var name = $"fan-out, {LinesPerSecond:N0} lines/s to {Numbers.Count(watches, "watch")}{(isGrowing ? ", begun meanwhile" : "")}";
            yield return new Step(name, results => Add(results, name, Paced(watches, isGrowing), lagOfTail));
        }

        foreach (var watches in new[] { 100, 1_000 })
        {
            var name = $"fan-out in process, {LinesPerSecond:N0} lines/s to {Numbers.Count(watches, "watch")}";
            yield return new Step(name, results => MeasureInProcess(results, name, watches));
        }
    }

    /// <summary>Measures in this process, and prints what the process that measures reads: entries delivered a second and suppressed, and MB.</summary>
    public static void RunInProcess(int watches)
    {
        using var folder = new TemporaryFolder();
        var path = folder["app.log"];
        File.WriteAllText(path, "");
        var logs = LogSet.Open([path], TimeProvider.System);
        var all = LinesPerSecond * Seconds;
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
        GrowingLog.Write(path, LinesPerSecond, Seconds);
        Task.WaitAll(tasks);
        var rate = delivered / Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate} {suppressed} {Machine.PeakMegabytes(Environment.ProcessId) ?? 0}"));
    }

    private static void Add(Results results, string name, (double LagMilliseconds, double Suppressed, double PeakMegabytes) paced, double? lagOfTail)
    {
        results.Add(name + ": last line behind its write", paced.LagMilliseconds, "ms", new Yardstick("tail -F", lagOfTail));
        results.Add(name + ": suppressed", paced.Suppressed, "entries");
        results.Add(name + ": peak memory", paced.PeakMegabytes, "MB");
    }

    private static void MeasureBurst(Results results, int watches)
    {
        var matches = BurstLines / GrowingLog.LinesPerError;
        var medians = InTurn.Medians(
            InTurn.Rounds,
            () => BurstToNode(watches),
            () => Machine.Has("tail") ? [BurstToTail()] : [0]);
        var seconds = medians[0][0];
        var tail = Machine.Has("tail") ? medians[1][0] : (double?)null;
        results.Add($"fan-out to {Numbers.Count(watches, "watch")}, {BurstLines:N0} lines at once", seconds, "s", new Yardstick("one tail -F", tail));
        results.Add($"fan-out to {Numbers.Count(watches, "watch")}, delivered", (double)matches * watches / seconds, "entries/s");
        results.Add($"fan-out to {Numbers.Count(watches, "watch")}, peak memory", medians[0][1], "MB");
    }

    /// <returns>Seconds from before the write to the last delivery, and the most memory, in MB.</returns>
    private static double[] BurstToNode(int watches)
    {
        using var watched = new WatchedFile(watches);
        var start = Stopwatch.GetTimestamp();
        GrowingLog.Write(watched.Path, BurstLines);
        var (_, suppressed) = watched.ReadEntries(BurstLines / GrowingLog.LinesPerError);
        return suppressed == 0
            ? [Stopwatch.GetElapsedTime(start).TotalSeconds, watched.Node.PeakMegabytes ?? 0]
            : throw new InvalidOperationException($"{suppressed} entries were suppressed, of fewer than may wait");
    }

    private static double BurstToTail()
    {
        using var folder = new TemporaryFolder();
        using var tail = BeginTail(folder["app.log"]);
        var start = Stopwatch.GetTimestamp();
        GrowingLog.Write(folder["app.log"], BurstLines);
        Lines.Skip(tail.Output, BurstLines);
        tail.Kill();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <param name="isGrowing">The watches begin while the file grows, and have what is there by then as history.</param>
    private static (double LagMilliseconds, double Suppressed, double PeakMegabytes) Paced(int watches, bool isGrowing)
    {
        using var watched = new WatchedFile(isGrowing ? 0 : watches);
        var writer = Task.Factory.StartNew(() => GrowingLog.Write(watched.Path, LinesPerSecond, Seconds), TaskCreationOptions.LongRunning);
        if (isGrowing)
        {
            watched.Begin(watches);
        }

        var (arrived, suppressed) = watched.ReadEntries(LinesPerSecond * Seconds / GrowingLog.LinesPerError);
        return (Stopwatch.GetElapsedTime(writer.Result, arrived).TotalMilliseconds, suppressed, watched.Node.PeakMegabytes ?? 0);
    }

    private static double PacedTail()
    {
        using var folder = new TemporaryFolder();
        using var tail = BeginTail(folder["app.log"]);
        var writer = Task.Factory.StartNew(() => GrowingLog.Write(folder["app.log"], LinesPerSecond, Seconds), TaskCreationOptions.LongRunning);
        Lines.Skip(tail.Output, LinesPerSecond * Seconds);
        var arrived = Stopwatch.GetTimestamp();
        tail.Kill();
        return Stopwatch.GetElapsedTime(writer.Result, arrived).TotalMilliseconds;
    }

    private static void MeasureInProcess(Results results, string name, int watches)
    {
        using var process = Child.Own(InProcessName, $"{watches}");
        using var said = new StreamReader(process.Output);
        var numbers = (said.ReadLine() ?? throw new EndOfStreamException("the process has ended without a result"))
            .Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        results.Add(name + ": delivered", numbers[0], "entries/s", new Yardstick("written to all", (double)LinesPerSecond * watches));
        results.Add(name + ": suppressed", numbers[1], "entries");
        results.Add(name + ": peak memory", numbers[2], "MB");
    }

    /// <summary>A <c>tail -F</c> that has begun.</summary>
    private static Child BeginTail(string path)
    {
        File.WriteAllText(path, "first\n");
        var tail = new Child("tail", ["-n", "+1", "-F", path]);
        Lines.Skip(tail.Output, 1);
        return tail;
    }
}
