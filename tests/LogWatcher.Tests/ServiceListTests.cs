using System.Text.RegularExpressions;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests;

/// <summary><c>logwatcher services</c>: every method of every .proto file, each with a line that the node takes as it stands.</summary>
[Trait("Node", "executable")]
public sealed partial class ServiceListTests
{
    // What an example may end with beside OK: an endless call at the end of stdin, and what is not there unless another example made it.
    private static readonly string[] GoodEnds = ["OK", "CANCELLED", "NOT_FOUND", "FAILED_PRECONDITION"];

    private static readonly Lazy<string[]> List = new(() => NodeProcess.Run("", "services").OutputLines);

    public static TheoryData<string> Methods() => new(List.Value.Where(IsHeading).Select(line => line.Split(':')[0]));

    [Fact]
    public void It_lists_every_method_of_every_proto_file_with_its_kind()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Source, "Protos"), "*.proto", SearchOption.AllDirectories)
            .Where(path => !path.Contains(Path.Combine("Protos", "grpc"), StringComparison.Ordinal));
        var expected = files.SelectMany(path => MethodsOf(File.ReadAllText(path))).ToList();

        var result = NodeProcess.Run("", "services");

        result.ExitCode.Should().Be(0);
        result.Errors.Should().BeEmpty();
        expected.Should().HaveCountGreaterThan(25, "the files are read");
        result.OutputLines.Where(IsHeading).Should().BeEquivalentTo(expected);
        result.OutputLines.Count(line => line.StartsWith('{')).Should().Be(1 + expected.Count, "there is init, and an opener each");
    }

    [Fact]
    public void The_node_takes_all_its_openers_at_once()
    {
        ExpectGoodEnds(List.Value.Where(line => line.StartsWith('{')));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void The_node_takes_each_opener_alone_and_what_follows_it(string method)
    {
        var lines = List.Value.SkipWhile(line => !line.StartsWith(method + ":", StringComparison.Ordinal)).Skip(1).TakeWhile(line => !IsHeading(line))
            .Select(line => line[line.IndexOf('{', StringComparison.Ordinal)..]).ToList();

        ExpectGoodEnds([List.Value[0], lines[0]]);
        if (lines.Count > 1)
        {
            ExpectGoodEnds([List.Value[0], .. lines]).Should().Equal("OK");
        }
    }

    private static bool IsHeading(string line) => line.Contains('→', StringComparison.Ordinal);

    /// <summary>Feeds lines, and gives the statuses of the calls that end: a stream that is never closed may go without a word.</summary>
    private static List<string> ExpectGoodEnds(IEnumerable<string> lines)
    {
        using var folder = new TempFolder();
        var input = lines.ToList();

        var result = NodeProcess.Run(string.Join('\n', input), "--files", folder.Path, "--pace", "1000000");

        result.ExitCode.Should().Be(0);
        result.Errors.Should().BeEmpty();
        result.OutputLines.Where((line, at) => line.Contains("\"type\": \"error\"", StringComparison.Ordinal)
            && !IsLateForGoodEnd(line, result.OutputLines.Take(at))).Should().BeEmpty();
        result.OutputLines.Count(line => line.Contains("_open_ok\"", StringComparison.Ordinal)).Should().Be(
            input.Count(line => line.Contains("_open\"", StringComparison.Ordinal)));
        var ends = result.OutputLines.Select(line => Status().Match(line)).Where(match => match.Success)
            .Select(match => match.Groups["status"].Value).ToList();
        ends.Except(GoodEnds).Should().BeEmpty("this is what was said: {0}", string.Join('\n', result.OutputLines));
        ends.Should().HaveCountGreaterThanOrEqualTo(input.Count(line => Ending().IsMatch(line)));
        return ends;
    }

    /// <summary>
    /// An error for a line to a stream that its method had ended with OK before the line came: GuessInt does so with the number that it
    /// thought of, which may be the example's.
    /// </summary>
    private static bool IsLateForGoodEnd(string line, IEnumerable<string> before) => Late().Match(line) is { Success: true } late
        && before.Any(said => said.Contains($"\"stream_id\": \"{late.Groups["stream"].Value}\", \"status\": \"OK\"", StringComparison.Ordinal));

    private static IEnumerable<string> MethodsOf(string proto)
    {
        var package = Package().Match(proto) is { Success: true } match ? match.Groups["name"].Value + "." : "";
        foreach (Match service in Service().Matches(proto))
        {
            foreach (Match rpc in Rpc().Matches(service.Groups["body"].Value))
            {
                var (takesStream, givesStream) = (rpc.Groups["in"].Success, rpc.Groups["out"].Success);
                var kind = (takesStream, givesStream) switch
                {
                    (false, false) => "unary",
                    (false, true) => "server streaming",
                    (true, false) => "client streaming",
                    _ => "bidirectional",
                };
                yield return $"{package}{service.Groups["name"].Value}/{rpc.Groups["name"].Value}: {kind}, "
                    + $"{(takesStream ? "stream " : "")}{package}{rpc.Groups["request"].Value} → "
                    + $"{(givesStream ? "stream " : "")}{package}{rpc.Groups["response"].Value}";
            }
        }
    }

    [GeneratedRegex("""^package (?<name>[\w.]+);""", RegexOptions.Multiline)]
    private static partial Regex Package();

    [GeneratedRegex("""^service (?<name>\w+) \{(?<body>.*?)^\}""", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Service();

    [GeneratedRegex("""^ *rpc (?<name>\w+) \((?<in>stream )?(?<request>\w+)\) returns \((?<out>stream )?(?<response>\w+)\);""", RegexOptions.Multiline)]
    private static partial Regex Rpc();

    [GeneratedRegex("""
        "in_reply_to": [0-9]+,( "stream_id": "s[0-9]+",)? "status": "(?<status>[A-Z_]+)"
        """)]
    private static partial Regex Status();

    [GeneratedRegex("""
        "type": "error", "code": 22, "text": "stream (?<stream>s[0-9]+) is CLOSED: it has ended"
        """)]
    private static partial Regex Late();

    /// <summary>Lines that bring a call to its end.</summary>
    [GeneratedRegex("""
        "type":"grpc_(call|server_stream|(client|bidi)_stream_close)"
        """)]
    private static partial Regex Ending();
}
