using System.Diagnostics;
using LogWatcher.Benchmarks.Report;

namespace LogWatcher.Benchmarks;

/// <summary>Server-stream messages a second through the executable: a watch that takes every line of a file, beside <c>cat</c> of it.</summary>
internal static class ServerStream
{
    private const int Megabytes = 100;

    public static IEnumerable<Step> Steps()
    {
        foreach (var format in ScanFormat.All)
        {
            yield return new Step($"server stream of all lines, {format.Name}", results =>
            {
                using var folder = new TemporaryFolder();
                var path = folder["app.log"];
                var lines = format.Generate(path, Megabytes * 1_000_000L);
                var medians = InTurn.Medians(InTurn.Rounds, () => Watch(path, lines), () => Concatenate(path, lines));
                results.Add($"server stream, all of {format.Name}", medians[0][0], "messages/s", new Yardstick("cat", medians[1][0]));
                results.Add($"server stream, all of {format.Name}, peak memory", medians[0][1], "MB");
            });
        }
    }

    private static double[] Watch(string path, int lines)
    {
        using var node = new NodeUnderTest(path);
        var start = Stopwatch.GetTimestamp();
        node.Watch(2, "");

        // Each line, and the end.
        Lines.Skip(node.Output, lines + 1);
        return [lines / Stopwatch.GetElapsedTime(start).TotalSeconds, node.PeakMegabytes ?? 0];
    }

    private static double[] Concatenate(string path, int lines)
    {
        var start = Stopwatch.GetTimestamp();
        using var cat = new Child("cat", [path]);
        Lines.Skip(cat.Output, lines);
        return [lines / Stopwatch.GetElapsedTime(start).TotalSeconds];
    }
}
