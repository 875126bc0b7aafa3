using System.Text;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Golden;

/// <summary>
/// Every transcript in this folder, byte for byte, through the real executable: <c>NAME.in.jsonl</c> is all that stdin gets,
/// <c>NAME.out.jsonl</c> all that stdout must say, <c>NAME.err.txt</c> all that stderr must (without the file: nothing). A new
/// transcript is a new <c>.in.jsonl</c> and
/// <code>ACCEPT=1 dotnet test --filter Golden</code>
/// which writes what the node says now; then read the difference before it is committed.
/// </summary>
[Trait("Node", "executable")]
public sealed class GoldenTests
{
    private const string InputEnd = ".in.jsonl";

    private static readonly bool IsAccepting = Environment.GetEnvironmentVariable("ACCEPT") == "1";

    public static TheoryData<string> Transcripts() => new(Names());

    [Theory]
    [MemberData(nameof(Transcripts))]
    public void The_executable_answers_byte_for_byte(string transcript)
    {
        var result = NodeProcess.Run(Input(transcript));

        if (IsAccepting)
        {
            Accept(transcript, result);
        }

        result.ExitCode.Should().Be(0);
        Text(result.Output).Should().Be(Text(File.ReadAllBytes(PathOf(transcript, ".out.jsonl"))));
        result.Errors.Should().Be(Errors(transcript));
    }

    /// <summary>About a line each, so that every line is broken once or twice; among all the runs, at every byte.</summary>
    [Theory]
    [MemberData(nameof(Transcripts))]
    public void It_does_not_matter_where_the_bytes_break(string transcript)
    {
        const int PieceBytes = 128;
        var input = Input(transcript);
        var expected = Text(File.ReadAllBytes(PathOf(transcript, ".out.jsonl")));

        for (var first = 1; first <= PieceBytes && first < input.Length; first++)
        {
            var breaks = Enumerable.Range(0, (input.Length / PieceBytes) + 1).Select(piece => first + (piece * PieceBytes));

            var result = NodeInProcess.Run(new PiecewiseStream(input, breaks));

            Text(result.Output).Should().Be(expected, $"the input was broken at byte {first} and every {PieceBytes} bytes from there");
            result.Errors.Should().Be(Errors(transcript));
        }
    }

    [Theory]
    [MemberData(nameof(Transcripts))]
    public void It_does_not_matter_if_each_byte_arrives_alone(string transcript)
    {
        var input = Input(transcript);

        var result = NodeInProcess.Run(new PiecewiseStream(input, Enumerable.Range(1, input.Length)));

        Text(result.Output).Should().Be(Text(File.ReadAllBytes(PathOf(transcript, ".out.jsonl"))));
        result.Errors.Should().Be(Errors(transcript));
    }

    [Fact]
    public void Every_output_belongs_to_a_transcript()
    {
        Directory.GetFiles(Repository.Golden, "*.out.jsonl").Concat(Directory.GetFiles(Repository.Golden, "*.err.txt"))
            .Select(path => Path.GetFileName(path).Split('.')[0])
            .Should().BeSubsetOf(Names());
    }

    private static IEnumerable<string> Names() =>
        Directory.GetFiles(Repository.Golden, "*" + InputEnd).Select(path => Path.GetFileName(path)[..^InputEnd.Length]).Order(StringComparer.Ordinal);

    private static string PathOf(string transcript, string end) => Path.Combine(Repository.Golden, transcript + end);

    private static byte[] Input(string transcript) => File.ReadAllBytes(PathOf(transcript, InputEnd));

    private static string Errors(string transcript) =>
        File.Exists(PathOf(transcript, ".err.txt")) ? File.ReadAllText(PathOf(transcript, ".err.txt")) : "";

    // Latin-1 keeps every byte apart, bad UTF-8 too, and the assertion shows the first difference as text.
    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static void Accept(string transcript, NodeResult result)
    {
        File.WriteAllBytes(PathOf(transcript, ".out.jsonl"), result.Output);
        if (result.Errors.Length > 0)
        {
            File.WriteAllText(PathOf(transcript, ".err.txt"), result.Errors);
        }
        else
        {
            File.Delete(PathOf(transcript, ".err.txt"));
        }
    }
}
