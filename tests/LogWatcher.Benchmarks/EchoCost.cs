using LogWatcher.Benchmarks.Report;
using LogWatcher.Logs;

namespace LogWatcher.Benchmarks;

/// <summary>
/// The node's own work for an echo, in this process, on streams in memory: what it allocates for each message, and beside it how
/// long a message takes against a copy of its bytes.
/// </summary>
internal static class EchoCost
{
    private const int WarmUpMessages = 200_000;
    private const int Messages = 1_000_000;

    public static IEnumerable<Step> Steps()
    {
        foreach (var streams in new[] { 1, 10, 1_000 })
        {
            yield return new Step($"allocations of an echo, {Numbers.Count(streams, "stream")}", results =>
            {
                Measure(streams, WarmUpMessages);
                var medians = InTurn.Medians(InTurn.Rounds, () => Measure(streams, Messages))[0];
                results.Add($"echo in process, {Numbers.Count(streams, "stream")}, allocated", medians[0], "B/message", new Yardstick("the line's bytes", medians[3]));
                results.Add($"echo in process, {Numbers.Count(streams, "stream")}, time", medians[1], "ns/message", new Yardstick("a memory copy", medians[2]));
            });
        }
    }

    /// <returns>For each message: bytes allocated, nanoseconds, those of a copy, bytes of its line.</returns>
    private static double[] Measure(int streams, int messages)
    {
        var echoes = new EchoInput(streams, messages);
        using var run = new InProcessRun(
            stream =>
            {
                echoes.WriteOpening(stream);
                echoes.WriteTo(stream);
            },
            LogSet.Sample);
        var (allocated, time, copy) = run.Measure();
        return [allocated / messages, time.TotalNanoseconds / messages, copy.TotalNanoseconds / messages, (double)echoes.Bytes / messages];
    }
}
