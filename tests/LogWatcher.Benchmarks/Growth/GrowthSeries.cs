using System.Diagnostics;
using System.Globalization;
using LogWatcher.Benchmarks.Report;

namespace LogWatcher.Benchmarks.Growth;

/// <summary>The same work at several sizes of one thing.</summary>
/// <param name="Name">What grows, and what is done with it.</param>
/// <param name="Sizes">From small to large.</param>
/// <param name="Measure">Does the work of a size.</param>
internal sealed record GrowthSeries(string Name, int[] Sizes, Func<int, GrowthSeries.Sample> Measure)
{
    // What takes longer is not so noisy that it would have to be done again.
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(8);

    /// <summary>A step for each size: the median of several rounds.</summary>
    public IEnumerable<Step> Steps() => Sizes.Select(size => new Step(string.Create(CultureInfo.InvariantCulture, $"growth, {Name}: {size:N0}"), results =>
    {
        var samples = new List<Sample>();
        var start = Stopwatch.GetTimestamp();
        do
        {
            samples.Add(Measure(size));
        }
        while (samples.Count < InTurn.Rounds && Stopwatch.GetElapsedTime(start) < Enough);

        results.Add(new GrowthPoint(
            Name,
            size,
            samples[0].Work,
            InTurn.Median(samples.Select(it => it.Seconds)),
            InTurn.Median(samples.Select(it => it.ProcessorSeconds)),
            samples[0].PeakMegabytes is null ? null : samples.Max(it => it.PeakMegabytes)));
    })
    { Limit = TimeSpan.FromMinutes(5) });

    /// <inheritdoc cref="GrowthPoint"/>
    internal readonly record struct Sample(double Work, double Seconds, double ProcessorSeconds, double? PeakMegabytes);
}
