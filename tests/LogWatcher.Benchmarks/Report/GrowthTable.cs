using System.Globalization;

namespace LogWatcher.Benchmarks.Report;

/// <summary>How cost grows, as a table in Markdown: each size of a series beside the one before it.</summary>
internal static class GrowthTable
{
    public static IEnumerable<string> Write(IEnumerable<GrowthPoint> points)
    {
        yield return "| what grows | size | seconds | processor s | µs for each of its work | slope of time | of processor time | of work | faster than its work | peak MB |";
        yield return "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |";
        GrowthPoint? before = null;
        foreach (var point in points)
        {
            var smaller = before?.Series == point.Series ? before : null;
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"| {point.Series} | {point.Size:N0} | {Numbers.Format(point.Seconds)} | {Numbers.Format(point.ProcessorSeconds)} | {Numbers.Format(point.Seconds / point.Work * 1e6)} | {Slopes(point, smaller)} | {point.PeakMegabytes:0} |");
            before = point;
        }
    }

    private static string Slopes(GrowthPoint point, GrowthPoint? smaller) => smaller is null
        ? " | | | "
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{Slope(point.TimeSlope(smaller))} | {Slope(point.ProcessorSlope(smaller))} | {Slope(point.WorkSlope(smaller))} | {Verdict(point, smaller)}");

    private static string Slope(double value) => double.IsFinite(value) ? value.ToString("0.00", CultureInfo.InvariantCulture) : "";

    private static string Verdict(GrowthPoint point, GrowthPoint smaller) => (point.TakesMore(smaller), point.ComputesMore(smaller)) switch
    {
        (true, true) => "both",
        (true, false) => "time",
        (false, true) => "processor time",
        _ => "",
    };
}
