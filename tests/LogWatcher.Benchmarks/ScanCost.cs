using System.Text;
using LogWatcher.Benchmarks.Report;
using LogWatcher.Logs;

namespace LogWatcher.Benchmarks;

/// <summary>
/// What a scan allocates, in this process, from the request to the bytes of the answers: for each line that is passed over by its
/// raw bytes, that is parsed and does not match, and that matches.
/// </summary>
internal static class ScanCost
{
    private const int Megabytes = 50;

    public static IEnumerable<Step> Steps()
    {
        foreach (var format in ScanFormat.All)
        {
            yield return new Step($"allocations of a scan, {format.Name}", results =>
            {
                using var folder = new TemporaryFolder();
                var lines = format.Generate(folder["app.log"], Megabytes * 1_000_000L);
                var lineBytes = new Yardstick("the line's bytes", (double)new FileInfo(folder["app.log"]).Length / lines);
                Measure(folder["app.log"], "");
                Add("allocated for a line passed over", "absent-9c4e");
                Add("allocated for a line parsed", "has(absent) or time < 2025-01-01T00:00:00Z");
                Add("allocated for a match", "");

                void Add(string what, string filter)
                {
                    var allocated = InTurn.Medians(InTurn.Rounds, () => [Measure(folder["app.log"], filter)])[0][0];
                    results.Add($"scan in process, {format.Name}, {what}", allocated / lines, "B/line", lineBytes);
                }
            });
        }
    }

    private static double Measure(string path, string filter)
    {
        var request = Encoding.UTF8.GetBytes(NodeUnderTest.WatchLine(2, filter) + "\n");
        using var run = new InProcessRun(stream => stream.Write(request), LogSet.Open([path], TimeProvider.System));
        return run.Measure().Allocated;
    }
}
