using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LogWatcher.Benchmarks;

/// <summary>
/// How fast history is searched: a large file of JSON lines, through the executable, beside what one would use otherwise. The
/// file has just been written, so nobody waits for the disk unless it is larger than the memory.
/// </summary>
internal static class Scan
{
    public const int DefaultMegabytes = 450;

    /// <summary>jq takes so much longer that it gets a small part of the file only.</summary>
    private const int JqShare = 10;

    private const string RareWord = "needle-7f3a";

    private static readonly (string What, string Filter, string[] Grep)[] Searches =
    [
        ("a rare word", RareWord, [RareWord]),
        ("a level", "level = ERROR", ["\"level\":\"ERROR\""]),
        ("a structured filter", "status >= 500 and took > 250ms", ["\"status\":5[0-9][0-9].*\"took\":\"(2[5-9][1-9]|[3-9][0-9][0-9])ms"]),
    ];

    public static void Measure(int megabytes)
    {
        var folder = Directory.CreateTempSubdirectory("logwatcher-scan-");
        try
        {
            var path = Path.Combine(folder.FullName, "app.ndjson");
            var part = Path.Combine(folder.FullName, "part.ndjson");
            Console.Error.WriteLine($"  writing {megabytes} MB …");
            Generate(path, megabytes * 1_000_000L);
            Generate(part, megabytes * 1_000_000L / JqShare);
            Console.WriteLine($"Scan of {megabytes:N0} MB of JSON lines (bar: 150 MB of memory at most):");
            Console.WriteLine();
            Console.WriteLine("| search | with | matches | MB/s | × logwatcher | peak memory |");
            Console.WriteLine("| --- | --- | ---: | ---: | ---: | ---: |");
            var node = 0.0;
            foreach (var (what, filter, pattern) in Searches)
            {
                Console.Error.WriteLine($"  {what} …");
                node = Measure(path, what, filter);
                Other("rg", what, path, node, ["--no-mmap", "-j1", "-c", .. pattern, path]);
                Other("cat", what, path, node, [path]);
            }

            Other("jq", $"{Searches[^1].What}, {100 / JqShare} % of the file", part, node, ["-c", "select(.status >= 500 and (.took[:-2] | tonumber) > 250)", part]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double Measure(string path, string what, string filter)
    {
        var start = Stopwatch.GetTimestamp();
        using var node = new NodeUnderTest(path);
        node.Watch(2, $$"""{"filter":"{{filter}}"}""");
        var matches = -1;
        node.Read((line, _) =>
        {
            matches = line.IndexOf("grpc_stream_end"u8) >= 0 ? Lines.NumberBehind(line, "\"count\": "u8) : -1;
            return matches < 0;
        });
        var speed = Speed(path, Stopwatch.GetElapsedTime(start));
        Report(what, "logwatcher", matches, speed, speed, node.PeakMegabytes);
        return speed;
    }

    private static void Other(string program, string what, string path, double node, string[] arguments)
    {
        if (!Machine.Has(program))
        {
            Console.WriteLine($"| {what} | {program} | | not installed | | |");
            return;
        }

        var (time, peak) = Machine.Run(program, arguments);
        Report(what, program, null, Speed(path, time), node, peak);
    }

    private static double Speed(string path, TimeSpan time) => new FileInfo(path).Length / 1e6 / time.TotalSeconds;

    private static void Report(string what, string with, int? matches, double speed, double node, double? peak) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {what} | {with} | {matches:N0} | {speed:0} | {speed / node:0.00} | {(peak is null ? "" : $"{peak:0} MB")} |"));

    private static void Generate(string path, long bytes)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 20);
        var random = new Random(1);
        var time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var text = new StringBuilder();
        for (var line = 0; file.Position < bytes; line++)
        {
            var level = random.Next(100) switch { 0 => "ERROR", < 5 => "WARN", < 20 => "DEBUG", _ => "INFO" };
            var status = random.Next(200) == 0 ? 503 : 200;
            var word = line % 100_000 == 77_777 ? RareWord : "nothing special";
            text.Append(
                CultureInfo.InvariantCulture,
                $"{{\"time\":\"{time.AddMilliseconds(line):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\",\"level\":\"{level}\",\"msg\":\"GET /api/orders/{random.Next(1_000_000)} done, {word}\",\"user\":{{\"id\":{random.Next(10_000)},\"name\":\"Ann\"}},\"status\":{status},\"took\":\"{random.Next(1, 999)}ms\"}}\n");
            if (text.Length > 1 << 16)
            {
                file.Write(Encoding.UTF8.GetBytes(text.ToString()));
                text.Clear();
            }
        }

        file.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
