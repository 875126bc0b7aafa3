using System.Globalization;
using System.IO.Compression;
using System.Text;
using LogWatcher.Logs;

namespace LogWatcher.Tests.Support;

/// <summary>
/// Small log files by chance: entries with times and without, some compressed, some without an end of their last line. Each
/// entry's message is a word of two and its number. All lines are JSON, so that each is an entry for itself.
/// </summary>
internal sealed class RandomLogs
{
    private static readonly LogTime Start = new(1_795_168_800, 0);

    private readonly Dictionary<string, LogTime?> _standing = [];
    private readonly TempFolder _folder;
    private int _count;

    /// <param name="random">Decides.</param>
    /// <param name="folder">Where the files go.</param>
    /// <param name="isOrdered">Whether the times of a file never go back.</param>
    /// <param name="files">How many files, at most.</param>
    /// <param name="entries">How many entries in each, at most.</param>
    public RandomLogs(Random random, TempFolder folder, bool isOrdered, int files = 4, int entries = 40)
    {
        _folder = folder;
        var last = random.Next(1, files + 1);
        for (var file = 0; file < last; file++)
        {
            Write(random, file, random.Next(entries + 1), isOrdered);
        }
    }

    /// <summary>The time at which an entry stands, by its message; null: at none.</summary>
    public LogTime? Standing(string message) => _standing[message];

    /// <summary>A moment of about those that occur.</summary>
    public static LogTime AnyTime(Random random) => Start.Minus(-(random.Next(-5, 65) * 100_000_000L));

    /// <summary>A line of its own.</summary>
    public static string Line(string message, LogTime? time) =>
        time is null ? $$"""{"msg":"{{message}}"}""" : $$"""{"time":"{{time}}","msg":"{{message}}"}""";

    private void Write(Random random, int file, int entries, bool isOrdered)
    {
        var hasTimes = random.Next(5) > 0;
        var everyTime = random.Next(1, 5);
        var now = Start;
        var lines = new List<(string Message, LogTime? Time)>();
        for (var entry = 0; entry < entries; entry++)
        {
            now = isOrdered ? now.Minus(-random.Next(4) * 100_000_000L) : AnyTime(random);
            var hasTime = hasTimes && random.Next(everyTime) == 0;
            var message = string.Create(CultureInfo.InvariantCulture, $"{random.Pick("one", "two")} {++_count}");
            lines.Add((message, hasTime ? now : null));
        }

        var standing = lines.Find(line => line.Time is not null).Time;
        foreach (var (message, time) in lines)
        {
            standing = time ?? standing;
            _standing[message] = standing;
        }

        var text = string.Concat(lines.Select(line => Line(line.Message, line.Time) + random.Pick("\n", "\r\n", "\n\n")));
        text = random.Next(3) == 0 ? text.TrimEnd() : text;
        var name = $"{random.Pick("a", "b", "c")}{file}.log";
        var encoding = random.Next(5) == 0 ? Encoding.Unicode : Encoding.UTF8;
        byte[] bytes = [.. encoding == Encoding.Unicode || random.Next(3) == 0 ? encoding.Preamble : [], .. encoding.GetBytes(text)];
        if (random.Next(4) == 0)
        {
            (name, bytes) = (name + ".1.gz", Compress(bytes));
        }

        _folder.Write(name, bytes);
        File.SetLastWriteTimeUtc(_folder[name], new DateTime(2026, 11, 1 + random.Next(20), 0, 0, 0, DateTimeKind.Utc));
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var into = new MemoryStream();
        using (var gzip = new GZipStream(into, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return into.ToArray();
    }
}
