using System.Diagnostics;
using System.Globalization;
using LogWatcher.Benchmarks.Report;

namespace LogWatcher.Benchmarks;

/// <summary>
/// How fast history is searched: a large file through the executable, from the request to the end of the watch, beside ripgrep
/// from its start to its end; the output of both comes through a pipe, and is counted. The file has just been written, so nobody
/// waits for the disk unless it is larger than the memory.
/// </summary>
internal static class Scan
{
    public const int DefaultMegabytes = 200;

    /// <summary>jq takes so much longer that it gets a small part of the file only.</summary>
    private const int JqShare = 10;

    public static IEnumerable<Step> Steps(int megabytes)
    {
        // 50 MB a second is less than any of these ever had.
        var limit = TimeSpan.FromMinutes(2) + TimeSpan.FromSeconds(InTurn.Rounds * 2 * megabytes / 50);
        foreach (var format in ScanFormat.All)
        {
            var folder = new TemporaryFolder();
            var path = new Lazy<string>(() => Generated(folder["app.log"], format, megabytes));
            yield return new Step($"scan, {format.Name}: writing {megabytes:N0} MB (seed {ScanFormat.Seed})", _ => File.OpenHandle(path.Value).Dispose()) { Limit = limit };
            foreach (var search in format.Searches)
            {
                yield return new Step($"scan, {format.Name}, {search.Name}", results => Measure(results, format, search, path.Value)) { Limit = limit };
            }

            yield return new Step($"scan, {format.Name}, beside cat", results => MeasureBesideCat(results, format, path.Value)) { Limit = limit };
            if (format == ScanFormat.All[0])
            {
                yield return new Step("scan, NDJSON, structured, beside jq", results => MeasureBesideJq(results, format, path.Value, folder["part.log"], megabytes)) { Limit = limit };
            }

            yield return new Step($"scan, {format.Name}: deleting", _ => folder.Dispose());
        }
    }

    private static void Measure(Results results, ScanFormat format, ScanSearch search, string path)
    {
        var (found, foundByGrep) = (0L, 0L);
        var hasGrep = Machine.Has("rg");
        var medians = InTurn.Medians(
            InTurn.Rounds,
            () => SearchWithNode(path, search.Filter, out found),
            () => hasGrep ? Run("rg", ["--no-config", "--no-line-number", "--color=never", .. search.Grep, path], path, out foundByGrep) : [0, 0]);
        var name = $"scan, {format.Name}, {search.Name}";
        var grep = !hasGrep || found == foundByGrep ? "rg" : string.Create(CultureInfo.InvariantCulture, $"rg (which finds {foundByGrep:N0}, not {found:N0})");
        results.Add(name, medians[0][0], "MB/s", new Yardstick(grep, hasGrep ? medians[1][0] : null));
        if (search == format.Searches[0])
        {
            results.Add(name + ", peak memory", medians[0][1], "MB", new Yardstick("rg, with the file that it maps", hasGrep ? medians[1][1] : null));
        }
    }

    private static void MeasureBesideCat(Results results, ScanFormat format, string path)
    {
        var search = format.Searches[^1];
        var medians = InTurn.Medians(
            InTurn.Rounds,
            () => SearchWithNode(path, search.Filter, out _),
            () => Machine.Has("cat") ? Run("cat", [path], path, out _) : [0, 0]);
        results.Add($"scan, {format.Name}, {search.Name}, beside cat", medians[0][0], "MB/s", new Yardstick("cat", Machine.Has("cat") ? medians[1][0] : null));
    }

    private static void MeasureBesideJq(Results results, ScanFormat format, string path, string part, int megabytes)
    {
        Generated(part, format, Math.Max(1, megabytes / JqShare));
        var search = format.Searches.Single(it => it.Name == "structured");
        var medians = InTurn.Medians(
            InTurn.Rounds,
            () => SearchWithNode(path, search.Filter, out _),
            () => Machine.Has("jq") ? Run("jq", ["-c", "select(.status >= 500 and .service == \"shop.api3\")", part], part, out _) : [0, 0]);
        results.Add($"scan, {format.Name}, {search.Name}, beside jq", medians[0][0], "MB/s", new Yardstick("jq", Machine.Has("jq") ? medians[1][0] : null));
    }

    /// <returns>MB/s, and the most memory, in MB.</returns>
    private static double[] SearchWithNode(string path, string filter, out long found)
    {
        using var node = new NodeUnderTest(path);
        var start = Stopwatch.GetTimestamp();
        node.Watch(2, filter);
        found = node.ReadToEnd();
        return [Speed(path, start), node.PeakMegabytes ?? 0];
    }

    private static double[] Run(string program, string[] arguments, string path, out long found)
    {
        var start = Stopwatch.GetTimestamp();
        using var child = new Child(program, arguments);
        using var peak = new PeakMemory(child);
        found = Lines.Count(child.Output);
        return [Speed(path, start), peak.Megabytes];
    }

    private static double Speed(string path, long start) => new FileInfo(path).Length / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds;

    private static string Generated(string path, ScanFormat format, int megabytes)
    {
        format.Generate(path, megabytes * 1_000_000L);
        return path;
    }
}
