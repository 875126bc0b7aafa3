using System.Text;
using LogWatcher.Node;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>
/// Random walks over everything that clients can do with calls that need no waiting: each line's answers are what an independent
/// model of protocol.md says.
/// </summary>
public sealed class StateWalkTests
{
    private const int FixedWalks = 300;
    private const int Steps = 200;

    // Enough for more calls to end than are remembered.
    private const int LongSteps = 60_000;

    // How much of a transcript a failure shows before the line in question.
    private const int ShownLines = 20;

    [Fact]
    public async Task Walks_from_fixed_seeds_are_answered_as_the_model_says()
    {
        for (var seed = 1; seed <= FixedWalks; seed++)
        {
            await WalkAsync(seed, Steps);
        }
    }

    [Fact]
    public Task A_walk_from_a_fresh_seed_is_answered_as_the_model_says() => WalkAsync(Randomness.Seed(), Steps);

    [Fact]
    public Task A_walk_past_what_is_remembered_is_answered_as_the_model_says() => WalkAsync(seed: 1, LongSteps);

    private static async Task WalkAsync(int seed, int steps)
    {
        var random = new Random(seed);

        // Few calls and many clients at times, so that either bound on live calls is met.
        var (clients, maxCalls) = random.Next(4) switch
        {
            0 => (3, 3),
            1 => (14, 1),
            _ => (random.Next(1, 5), 10_000),
        };
        var model = new NodeModel(maxCalls);
        var lines = new List<string>();
        var expected = new List<(ExpectedLine Line, int Step)>();
        var walk = new RandomLines(random, model, clients);
        var initAt = random.Next(4);
        while (lines.Count < steps)
        {
            lines.Add(lines.Count == initAt ? walk.Init() : walk.Next());
            expected.AddRange(model.Take(lines[^1]).Select(line => (line, lines.Count)));
        }

        expected.AddRange(model.EndInput().Select(line => (line, lines.Count)));
        await using var node = RunningNode.StartRaw(new NodeOptions { MaxCalls = maxCalls });
        FeedInPieces(node, random, lines);
        Compare(seed, lines, expected, await node.EndAsync());
        node.Log.Should().HaveCount(model.LogLines, "LOGWATCHER_TEST_SEED={0} has so many lines for people", seed);
    }

    /// <summary>Feeds lines as reads of any size: whole, one by one, or cut anywhere.</summary>
    private static void FeedInPieces(RunningNode node, Random random, List<string> lines)
    {
        var lineEnds = random.Pick("\n", "\r\n", "\n\n");
        var bytes = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + lineEnds)));
        var maxPieceBytes = random.Pick(bytes.Length, 64 * 1024, 3000, 200);
        for (var start = 0; start < bytes.Length;)
        {
            var end = Math.Min(bytes.Length, start + random.Next(1, maxPieceBytes + 1));
            node.FeedBytes(bytes.AsMemory(start..end));
            start = end;
        }
    }

    private static void Compare(int seed, List<string> lines, List<(ExpectedLine Line, int Step)> expected, List<string> actual)
    {
        for (var index = 0; index < Math.Max(expected.Count, actual.Count); index++)
        {
            if (index < expected.Count && index < actual.Count && expected[index].Line.Matches(actual[index]))
            {
                continue;
            }

            var step = index < expected.Count ? expected[index].Step : lines.Count;
            var shown = lines.Take(step).Skip(Math.Max(0, step - ShownLines));
            var wanted = index < expected.Count ? expected[index].Line.ToString() : "nothing more";
            var got = index < actual.Count ? actual[index] : "nothing more";
            Assert.Fail(
                $"LOGWATCHER_TEST_SEED={seed}: line {index + 1} of the output, of line {step} of {lines.Count} of the input:\n"
                + $"expected {wanted}\nbut got  {got}\nafter\n{string.Join('\n', shown)}");
        }
    }
}
