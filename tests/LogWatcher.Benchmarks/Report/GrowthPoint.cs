namespace LogWatcher.Benchmarks.Report;

/// <summary>What one size of a series cost.</summary>
/// <param name="Series">What grows, and what is done with it.</param>
/// <param name="Size">How much of it there is, in what grows.</param>
/// <param name="Work">What has to be done, in messages, entries or bytes: what the cost should grow with.</param>
/// <param name="Seconds">From the first byte of the work to its last answer; the start of the process is not in it.</param>
/// <param name="ProcessorSeconds">What the process computed for in that time: it tells less of what else the machine does.</param>
/// <param name="PeakMegabytes">The most memory of the process; null: the system does not say.</param>
internal sealed record GrowthPoint(string Series, long Size, double Work, double Seconds, double ProcessorSeconds, double? PeakMegabytes)
{
    // Up to here the time is mostly what comes only once, and its noise.
    private const double ShortSeconds = 0.03;

    // Exponents that differ by less do so by noise: over a factor of 10 it is a factor of 1.4.
    private const double Noise = 0.15;

    /// <summary>The exponent with which the time grows from a smaller size to this one: 1 is in step with it, 2 its square.</summary>
    public double TimeSlope(GrowthPoint smaller) => Exponent(Seconds, smaller.Seconds, smaller);

    /// <summary>The same of the processor time; its clock is too coarse for the smallest sizes.</summary>
    public double ProcessorSlope(GrowthPoint smaller) => Exponent(ProcessorSeconds, smaller.ProcessorSeconds, smaller);

    /// <summary>The exponent with which the work grows: 0 where there is as much to do at every size.</summary>
    public double WorkSlope(GrowthPoint smaller) => Exponent(Work, smaller.Work, smaller);

    /// <summary>Whether the time grows by more than the work and noise.</summary>
    public bool TakesMore(GrowthPoint smaller) => smaller.Seconds > ShortSeconds && TimeSlope(smaller) > WorkSlope(smaller) + Noise;

    /// <summary>Whether the processor time does.</summary>
    public bool ComputesMore(GrowthPoint smaller) =>
        smaller.ProcessorSeconds > ShortSeconds && ProcessorSlope(smaller) > WorkSlope(smaller) + Noise;

    private double Exponent(double here, double there, GrowthPoint smaller) => Math.Log(here / there) / Math.Log((double)Size / smaller.Size);
}
