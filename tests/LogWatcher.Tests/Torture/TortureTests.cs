using System.Globalization;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Torture;

/// <summary>
/// Logs that are written and rotated in every way that is known, real files and the real executable, and watches that must
/// get every line exactly once. What copytruncate itself loses where the copies are not watched is at most what was written
/// since the last line that all had got; it is counted in the output. <c>LOGWATCHER_TORTURE_ROTATIONS</c> says how many
/// rotations all scenarios make together, if not <see cref="DefaultRotations"/>.
/// </summary>
[Trait("Node", "executable")]
public sealed class TortureTests(ITestOutputHelper output)
{
    private const int DefaultRotations = 1_000;

    private static int? AskedRotations => int.TryParse(
        Environment.GetEnvironmentVariable("LOGWATCHER_TORTURE_ROTATIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
        ? given
        : null;

    public static TheoryData<string> Scenarios =>
        [.. (AskedRotations is null ? Scenario.All : Scenario.All.Concat(Scenario.Wild)).Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Every_line_comes_once_and_in_order(string scenario)
    {
        var seed = Randomness.Seed();
        output.WriteLine($"LOGWATCHER_TEST_SEED={seed}");
        var rotations = Math.Max(12, ((AskedRotations ?? DefaultRotations) + Scenario.All.Count - 1) / Scenario.All.Count);
        using var run = new TortureRun(Scenario.Named(scenario), seed, rotations);
        try
        {
            output.WriteLine(run.Run());
        }
        catch (TortureException exception)
        {
            Assert.Fail(exception.Message);
        }
    }
}
