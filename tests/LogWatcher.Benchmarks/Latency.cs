using System.Diagnostics;
using System.Globalization;
using System.Text;
using LogWatcher.Benchmarks.Report;

namespace LogWatcher.Benchmarks;

/// <summary>
/// From the write of a JSON line to its arrival at the reader: one file, one watch, beside <c>tail -F</c> of the same file at
/// the same time. The writer stamps each line, the threads that read stamp its arrival.
/// </summary>
internal static class Latency
{
    private const int WarmUpLines = 1_000;
    private const int MeasuredLines = 5_000;
    private const int LinesPerSecond = 1_000;

    private static readonly (string Name, double Share)[] Percentiles = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1)];

    public static IEnumerable<Step> Steps()
    {
        yield return new Step($"latency, {InTurn.Rounds} times {MeasuredLines:N0} lines at {LinesPerSecond:N0} a second", results =>
        {
            double[] atTail = [];
            var atNode = InTurn.Medians(InTurn.Rounds, () => Measure(out atTail), () => atTail);
            for (var index = 0; index < Percentiles.Length; index++)
            {
                results.Add(
                    $"append to delivery, {Percentiles[index].Name}",
                    atNode[0][index],
                    "ms",
                    new Yardstick("tail -F", Machine.Has("tail") ? atNode[1][index] : null));
            }
        });
    }

    /// <returns>The percentiles, in milliseconds.</returns>
    private static double[] Measure(out double[] ofTail)
    {
        using var folder = new TemporaryFolder();
        var path = folder["app.log"];
        File.WriteAllText(path, "");
        var written = new long[WarmUpLines + MeasuredLines];
        var atNode = new long[written.Length];
        var atTail = new long[written.Length];
        using var node = new NodeUnderTest(path);
        node.Watch(2, "", follow: true);
        using var tail = Machine.Has("tail") ? new Child("tail", ["-n", "+1", "-F", path]) : null;
        Task[] readers =
        [
            Begin(() => node.Read((line, arrived) => Note(atNode, line, arrived))),
            tail is null ? Task.CompletedTask : Begin(() => Lines.Read(tail.Output, (line, arrived) => Note(atTail, line, arrived))),
        ];
        Write(path, written);
        Task.WaitAll(readers);
        tail?.Kill();
        ofTail = tail is null ? new double[Percentiles.Length] : Sorted(written, atTail);
        return Sorted(written, atNode);
    }

    private static void Write(string path, long[] written)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        var length = 0L;
        var start = Stopwatch.GetTimestamp();
        for (var number = 0; number < written.Length; number++)
        {
            var due = start + (number * Stopwatch.Frequency / LinesPerSecond);
            while (Stopwatch.GetTimestamp() < due)
            {
                // A sleep would be longer than what is measured.
                Thread.Yield();
            }

            var line = Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"time\":\"{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}\",\"level\":\"INFO\",\"msg\":\"line-{number} was written\",\"user\":\"ann\",\"status\":200}}\n"));
            written[number] = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, line, length);
            length += line.Length;
        }
    }

    private static bool Note(long[] arrivals, ReadOnlySpan<byte> line, long arrived)
    {
        var number = Lines.NumberBehind(line, "line-"u8);
        if (number >= 0)
        {
            arrivals[number] = arrived;
        }

        return number != arrivals.Length - 1;
    }

    private static double[] Sorted(long[] written, long[] arrived)
    {
        var sorted = Enumerable.Range(WarmUpLines, MeasuredLines)
            .Select(number => Stopwatch.GetElapsedTime(written[number], arrived[number]).TotalMilliseconds).Order().ToList();
        return [.. Percentiles.Select(it => sorted[Math.Min((int)(sorted.Count * it.Share), sorted.Count - 1)])];
    }

    private static Task Begin(Action action) => Task.Factory.StartNew(
        () =>
        {
            Thread.CurrentThread.Priority = ThreadPriority.AboveNormal;
            action();
        },
        TaskCreationOptions.LongRunning);
}
