namespace LogWatcher.Benchmarks.Report;

/// <summary>One value that was measured.</summary>
/// <param name="Measurement">What was measured; rows of different runs are compared by it, so it stays as it is.</param>
/// <param name="Value">The median of all rounds; null: what it is measured with is not installed.</param>
/// <param name="Unit">Ends with <c>/s</c> where more is better; of all others less is better.</param>
/// <param name="Yardstick">Null: there is none.</param>
internal sealed record ResultRow(string Measurement, double? Value, string Unit, Yardstick? Yardstick)
{
    /// <summary>The value by the yardstick's; null without a yardstick.</summary>
    public double? Ratio => Yardstick?.Value is { } yardstick and not 0 ? Value / yardstick : null;
}
