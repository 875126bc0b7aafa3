using System.Text;

namespace LogWatcher.Tests.Support;

/// <summary>The table Cases/formats.asv: entries as files hold them, and what is seen in each.</summary>
internal static class FormatCases
{
    private const string Entry = "» ";
    private const string Result = "⇶ ";

    /// <summary>The clock by which times without a year or a day are understood in the table.</summary>
    public static TimeProvider Clock { get; } = new ManualTimeProvider(new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero));

    /// <summary>Entries and results as the table has them, line ends and such as signs.</summary>
    public static IEnumerable<(string Entry, string Result)> Read()
    {
        var entry = "";
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Cases", "formats.asv")))
        {
            if (line.StartsWith(Entry, StringComparison.Ordinal))
            {
                entry = line[Entry.Length..];
            }
            else if (line.StartsWith(Result, StringComparison.Ordinal))
            {
                yield return (entry, line[Result.Length..]);
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                throw new InvalidDataException($"neither an entry nor a result: {line}");
            }
        }
    }

    /// <summary>The bytes of an entry of the table, and how long its first line is.</summary>
    public static (byte[] Text, int LineLength) Bytes(string entry)
    {
        var text = Encoding.UTF8.GetBytes(
            entry.Replace('⏎', '\n').Replace('␍', '\r').Replace('␉', '\t').Replace('␢', '\uFEFF'));
        var end = text.AsSpan().IndexOf((byte)'\n');
        return (text, end < 0 ? text.Length : end > 0 && text[end - 1] == '\r' ? end - 1 : end);
    }

    /// <summary>Text with the table's signs for what doesn't show.</summary>
    public static string Signs(string text) =>
        text.Replace('\n', '⏎').Replace('\r', '␍').Replace('\t', '␉').Replace('\uFEFF', '␢');
}
