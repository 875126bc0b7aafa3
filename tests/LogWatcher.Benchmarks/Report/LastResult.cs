using System.Globalization;

namespace LogWatcher.Benchmarks.Report;

/// <summary>A value of an earlier run, as its table has it.</summary>
/// <param name="Value">In <paramref name="Unit"/>.</param>
/// <param name="Unit">As in <see cref="ResultRow"/>.</param>
/// <param name="Ratio">Null: the row had no yardstick, or it was not installed.</param>
internal readonly record struct LastResult(double Value, string Unit, double? Ratio)
{
    /// <summary>Ratios that differ by less are called the same: that much comes and goes from run to run.</summary>
    private const double Noise = 0.1;

    /// <summary>What the cell with the last result says: the ratio, since values of different machines can't be compared, else the value.</summary>
    public string Describe() => Ratio is { } ratio ? Numbers.Format(ratio) : Numbers.Format(Value);

    /// <summary>How a row differs from it: in its ratio if both have one, else in its value.</summary>
    public string Compare(ResultRow row)
    {
        var (now, last) = row.Ratio is { } ratio && Ratio is { } lastRatio ? (ratio, lastRatio) : (row.Value, Value);
        if (now is null || row.Unit != Unit || row.Ratio is null != Ratio is null || last == 0)
        {
            return "";
        }

        var change = (now.Value / last) - 1;
        var verdict = Math.Abs(change) < Noise ? "" : change > 0 == row.Unit.EndsWith("/s", StringComparison.Ordinal) ? ", better" : ", worse";
        return string.Create(CultureInfo.InvariantCulture, $"{change * 100:+0;-0;0} %{verdict}");
    }
}
