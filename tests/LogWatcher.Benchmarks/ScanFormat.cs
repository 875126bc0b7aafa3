using System.Globalization;
using System.Text;

namespace LogWatcher.Benchmarks;

/// <summary>A format of generated logs, and what is searched in it.</summary>
/// <param name="Name">The format.</param>
/// <param name="Append">Writes a line of it.</param>
/// <param name="Searches">Filters, with what finds the same lines in ripgrep.</param>
internal sealed record ScanFormat(string Name, Action<StringBuilder, ScanEvent> Append, IReadOnlyList<ScanSearch> Searches)
{
    /// <summary>What the generated events are made of: the same bytes every time.</summary>
    public const int Seed = 1;

    private const string RareWord = "needle-7f3a";
    private const string CommonWord = "timeout";
    private const string Reset = @"reset by 10\.[0-9]+\.0\.7";

    public static readonly IReadOnlyList<ScanFormat> All =
    [
        new("NDJSON", AppendJson, Six(
            new("level", "level = ERROR", ["\"level\":\"ERROR\""]),
            new("structured", "status >= 500 and service = shop.api3", ["\"service\":\"shop\\.api3\".*\"status\":5[0-9][0-9]"]))),
        new("logfmt", AppendLogfmt, Six(
            new("level", "level = ERROR", [" level=error "]),
            new("structured", "status >= 500 and service = shop.api3", [" service=shop\\.api3 .* status=5[0-9][0-9] "]))),
        new("text", AppendText, Six(
            new("level", "level = ERROR", ["Z ERROR "]),
            new("structured", "level >= WARN and logger = shop.api3", [@"Z (WARN|ERROR) \[main\] shop\.api3 "]))),
    ];

    /// <summary>Writes a file of about so many bytes.</summary>
    /// <returns>How many lines it has.</returns>
    public int Generate(string path, long bytes)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 20);
        var random = new Random(Seed);
        var text = new StringBuilder();
        var line = 0;
        for (; file.Position < bytes; line++)
        {
            Append(text, ScanEvent.Next(random, line, RareWord, CommonWord));
            if (text.Length > 1 << 16)
            {
                file.Write(Encoding.UTF8.GetBytes(text.ToString()));
                text.Clear();
            }
        }

        file.Write(Encoding.UTF8.GetBytes(text.ToString()));
        return line;
    }

    // The node's words ignore case, and so does ripgrep with -i.
    private static ScanSearch[] Six(ScanSearch level, ScanSearch structured) =>
    [
        new("rare word", RareWord, ["-i", RareWord]),
        new("common word", CommonWord, ["-i", CommonWord]),
        level,
        structured,
        new("regex", $"/{Reset}/", [Reset]),
        new("nothing matches", "absent-9c4e", ["-i", "absent-9c4e"]),
    ];

    private static void AppendJson(StringBuilder text, ScanEvent it) => text.Append(
        CultureInfo.InvariantCulture,
        $"{{\"time\":\"{it.Time:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\",\"level\":\"{it.Level}\",\"msg\":\"{it.Message}\",\"service\":\"{it.Service}\",\"user\":{{\"id\":{it.User},\"name\":\"Ann\"}},\"status\":{it.Status},\"took\":\"{it.TookMilliseconds}ms\"}}\n");

    private static void AppendLogfmt(StringBuilder text, ScanEvent it) => text.Append(
        CultureInfo.InvariantCulture,
        $"time={it.Time:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} level={it.Level.ToLowerInvariant()} msg=\"{it.Message}\" service={it.Service} user={it.User} status={it.Status} took={it.TookMilliseconds}ms\n");

    private static void AppendText(StringBuilder text, ScanEvent it) => text.Append(
        CultureInfo.InvariantCulture,
        $"{it.Time:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {it.Level} [main] {it.Service} - {it.Message} for user {it.User}: {it.Status} in {it.TookMilliseconds} ms\n");
}

/// <param name="Name">What kind of search it is.</param>
/// <param name="Filter">In the node's language.</param>
/// <param name="Grep">ripgrep's arguments before the file, for the same lines.</param>
internal sealed record ScanSearch(string Name, string Filter, string[] Grep);
