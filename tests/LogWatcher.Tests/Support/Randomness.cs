using Xunit.Abstractions;

namespace LogWatcher.Tests.Support;

/// <summary>Chance that can be repeated: the seed is printed, and <c>LOGWATCHER_TEST_SEED</c> sets it.</summary>
internal static class Randomness
{
    public static Random Create(ITestOutputHelper output)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("LOGWATCHER_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        output.WriteLine($"LOGWATCHER_TEST_SEED={seed}");
        return new Random(seed);
    }

    public static T Pick<T>(this Random random, params ReadOnlySpan<T> items) => items[random.Next(items.Length)];
}
