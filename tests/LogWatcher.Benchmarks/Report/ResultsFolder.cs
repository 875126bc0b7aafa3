using System.Globalization;

namespace LogWatcher.Benchmarks.Report;

/// <summary>The folder with the results of earlier runs, a file in Markdown for each, that says when it was taken.</summary>
internal sealed class ResultsFolder(string path)
{
    private const string Taken = "Taken: ";

    /// <summary>The line of a file that says when it was taken.</summary>
    public static string TakenLine(DateTimeOffset time) => Taken + time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The last result of each measurement: of several files that have it, the one taken last counts.</summary>
    /// <param name="names">The files that have any, the newest first.</param>
    public Dictionary<string, LastResult> ReadLast(out IReadOnlyList<string> names)
    {
        var files = Directory.Exists(path) ? Directory.GetFiles(path, "*.md") : [];
        var last = new Dictionary<string, LastResult>();
        var newestFirst = new List<string>();
        foreach (var (file, lines) in files.Select(file => (file, lines: File.ReadAllLines(file))).OrderByDescending(it => TakenAt(it.lines), StringComparer.Ordinal))
        {
            var isNew = false;
            foreach (var (measurement, result) in ResultTable.Read(lines))
            {
                isNew |= last.TryAdd(measurement, result);
            }

            if (isNew)
            {
                newestFirst.Add(Path.GetFileName(file));
            }
        }

        names = newestFirst;
        return last;
    }

    /// <summary>Writes a new file.</summary>
    /// <param name="name">Without its suffix; a number is put behind it if it is taken.</param>
    /// <returns>The file's path.</returns>
    public string Write(string name, IEnumerable<string> lines)
    {
        Directory.CreateDirectory(path);
        var file = Path.Combine(path, name + ".md");
        for (var number = 2; File.Exists(file); number++)
        {
            file = Path.Combine(path, $"{name}-{number}.md");
        }

        File.WriteAllText(file, string.Join('\n', lines) + "\n");
        return file;
    }

    /// <summary>Such times sort as text.</summary>
    private static string TakenAt(string[] lines) => lines.FirstOrDefault(line => line.StartsWith(Taken, StringComparison.Ordinal)) ?? "";
}
