using LogWatcher.Benchmarks.Report;

namespace LogWatcher.Benchmarks;

/// <summary>The smallest part of a measurement: what the progress line counts, and what may take so long at most.</summary>
/// <param name="Name">What is measured, for people.</param>
/// <param name="Measure">Measures, and adds what it has found. Throws if something is not as it has to be.</param>
internal sealed record Step(string Name, Action<Results> Measure)
{
    /// <summary>By far more than any step takes: what takes longer hangs.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(3);
}
