using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LogWatcher.Benchmarks;

/// <summary>
/// From the write of a JSON line to its arrival at the reader: one file, one watch, beside <c>tail -F</c> of the same file at
/// the same time. The writer stamps each line, the threads that read stamp its arrival.
/// </summary>
internal static class Latency
{
    private const int WarmUpLines = 2_000;
    private const int MeasuredLines = 10_000;
    private const int LinesPerSecond = 1_000;

    public static void Measure()
    {
        var folder = Directory.CreateTempSubdirectory("logwatcher-latency-");
        try
        {
            var path = Path.Combine(folder.FullName, "app.log");
            File.WriteAllText(path, "");
            Console.WriteLine($"Latency, {MeasuredLines:N0} JSON lines at {LinesPerSecond:N0} a second (bars: p50 ≤ 1 ms, p99 ≤ 5 ms):");
            Console.WriteLine();
            Console.WriteLine("| reader | p50 | p99 | p99.9 | max |");
            Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
            Measure(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Measure(string path)
    {
        var written = new long[WarmUpLines + MeasuredLines];
        var atNode = new long[written.Length];
        var atTail = new long[written.Length];
        using var node = new NodeUnderTest(path);
        node.Watch(2, """{"follow":true}""");
        var threads = new List<Thread> { Begin(() => node.Read((line, arrived) => Note(atNode, line, arrived))) };
        using var tail = Machine.Has("tail")
            ? Process.Start(new ProcessStartInfo("tail", ["-n", "+1", "-F", path]) { RedirectStandardOutput = true })
            : null;
        if (tail is not null)
        {
            threads.Add(Begin(() => Lines.Read(tail.StandardOutput.BaseStream, (line, arrived) => Note(atTail, line, arrived))));
        }

        Write(path, written);
        threads.ForEach(thread => thread.Join());
        tail?.Kill();
        Report("logwatcher", written, atNode);
        if (tail is null)
        {
            Console.WriteLine("| tail -F | not installed | | | |");
        }
        else
        {
            Report("tail -F", written, atTail);
        }
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

    private static void Report(string reader, long[] written, long[] arrived)
    {
        var sorted = Enumerable.Range(WarmUpLines, MeasuredLines)
            .Select(number => Stopwatch.GetElapsedTime(written[number], arrived[number]).TotalMilliseconds).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {reader} | {At(0.5):0.00} ms | {At(0.99):0.00} ms | {At(0.999):0.00} ms | {sorted[^1]:0.00} ms |"));

        double At(double share) => sorted[(int)(sorted.Count * share)];
    }

    private static Thread Begin(Action action)
    {
        var thread = new Thread(() => action()) { IsBackground = true, Priority = ThreadPriority.AboveNormal };
        thread.Start();
        return thread;
    }
}
