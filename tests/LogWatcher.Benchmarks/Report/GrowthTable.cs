using System.Globalization;

namespace LogWatcher.Benchmarks.Report;

/// <summary>How cost grows, as a table in Markdown: each size of a series beside the one before it.</summary>
internal static class GrowthTable
{
    public static IEnumerable<string> Write(IEnumerable<GrowthPoint> points)
    {
        yield return "| what grows | size | seconds | µs for each of its work | slope of time | slope of work | faster than its work | peak MB |";
        yield return "| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: |";
        GrowthPoint? before = null;
        foreach (var point in points)
        {
            var smaller = before?.Series == point.Series ? before : null;
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"| {point.Series} | {point.Size:N0} | {Numbers.Format(point.Seconds)} | {Numbers.Format(point.Seconds / point.Work * 1e6)} | {Slopes(point, smaller)} | {point.PeakMegabytes:0} |");
            before = point;
        }
    }

    private static string Slopes(GrowthPoint point, GrowthPoint? smaller) => smaller is null
        ? " | | "
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{point.TimeSlope(smaller):0.00} | {point.WorkSlope(smaller):0.00} | {(point.GrowsFasterThanWork(smaller) ? "yes" : "")}");
}
