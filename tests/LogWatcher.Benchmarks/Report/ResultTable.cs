namespace LogWatcher.Benchmarks.Report;

/// <summary>Results as a table in Markdown, written and read again.</summary>
internal static class ResultTable
{
    private const string Head = "| measurement | value | unit | yardstick | ratio | last | change |";
    private const string HeadRule = "| --- | ---: | --- | --- | ---: | ---: | --- |";
    private const string NotInstalled = "not installed";

    // Where the cells stand in a row that is split at its bars.
    private const int MeasurementCell = 1;
    private const int ValueCell = 2;
    private const int UnitCell = 3;
    private const int RatioCell = 5;
    private const int Cells = 9;

    /// <summary>The lines of a table.</summary>
    /// <param name="rows">In order.</param>
    /// <param name="last">Earlier results by their measurement; a row need not have one.</param>
    public static IEnumerable<string> Write(IEnumerable<ResultRow> rows, IReadOnlyDictionary<string, LastResult> last)
    {
        yield return Head;
        yield return HeadRule;
        foreach (var row in rows)
        {
            var yardstick = row.Yardstick is not { } it ? "" : it.Value is { } value ? $"{it.Name}: {Numbers.Format(value)}" : it.Name;
            var ratio = row.Ratio is { } number ? Numbers.Format(number) : row.Yardstick is { Value: null } ? NotInstalled : "";
            var (before, change) = last.TryGetValue(row.Measurement, out var result) ? (result.Describe(), result.Compare(row)) : ("", "");
            var measured = row.Value is { } some ? Numbers.Format(some) : NotInstalled;
            yield return $"| {row.Measurement} | {measured} | {row.Unit} | {yardstick} | {ratio} | {before} | {change} |";
        }
    }

    /// <summary>The results in a file that has such a table, by their measurement; other lines are passed over.</summary>
    public static Dictionary<string, LastResult> Read(IEnumerable<string> lines)
    {
        var results = new Dictionary<string, LastResult>();
        var isInTable = false;
        foreach (var line in lines)
        {
            isInTable = line == Head || (isInTable && line.StartsWith('|'));
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (isInTable && cells.Length == Cells && Numbers.TryParse(cells[ValueCell], out var value))
            {
                results[cells[MeasurementCell]] = new LastResult(
                    value, cells[UnitCell], Numbers.TryParse(cells[RatioCell], out var ratio) ? ratio : null);
            }
        }

        return results;
    }
}
