using Xunit.Abstractions;

namespace LogWatcher.Tests.Support;

/// <summary>Chance that can be repeated: the seed is printed, and <c>LOGWATCHER_TEST_SEED</c> sets it.</summary>
internal static class Randomness
{
    public static Random Create(ITestOutputHelper output)
    {
        var seed = Seed();
        output.WriteLine($"LOGWATCHER_TEST_SEED={seed}");
        return new Random(seed);
    }

    /// <summary>The seed that was asked for, or a fresh one.</summary>
    public static int Seed() =>
        int.TryParse(Environment.GetEnvironmentVariable("LOGWATCHER_TEST_SEED"), out var given) ? given : Random.Shared.Next();

    public static T Pick<T>(this Random random, params ReadOnlySpan<T> items) => items[random.Next(items.Length)];
}
