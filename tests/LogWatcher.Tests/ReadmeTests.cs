using System.Diagnostics;
using System.Text.RegularExpressions;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests;

/// <summary>What <c>README.md</c> shows is what the program does.</summary>
[Trait("Node", "executable")]
public sealed partial class ReadmeTests
{
    private const string ServiceHeading = "### Add a service";

    // So that it can be taken in at a glance.
    private const int MaxExampleLines = 40;

    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    /// <summary>Every conversation but that of the example service, which the node does not have.</summary>
    public static TheoryData<string> Conversations() => new(OfTheNode());

    [Theory]
    [MemberData(nameof(Conversations))]
    public void A_conversation_goes_as_it_is_shown(string conversation)
    {
        Hold(NodeProcess.Start(), conversation);
    }

    [Fact]
    public void There_is_a_call_of_each_kind()
    {
        string.Concat(OfTheNode()).Should()
            .Contain("\"grpc_call\"").And.Contain("\"grpc_server_stream\"").And
            .Contain("\"grpc_client_stream_open\"").And.Contain("\"grpc_bidi_stream_open\"");
    }

    [Fact]
    public void Its_first_command_answers_what_is_shown_below_it()
    {
        var section = SectionOf("## Run it");
        var lines = Quoted().Matches(section).Select(match => match.Groups[1].Value).Where(text => text.StartsWith('{'));
        var shown = CodeBlocks(section, "").Single();

        var result = NodeProcess.Run(string.Concat(lines.Select(line => line + "\n")));

        result.OutputLines.Should().Equal(shown.TrimEnd('\n').Split('\n'));
    }

    /// <summary>A copy of the source is built with exactly what the README says to add, and answers what it shows.</summary>
    [Fact]
    public async Task The_example_of_a_service_builds_and_answers()
    {
        var section = SectionOf(ServiceHeading);
        var proto = CodeBlocks(section, "proto").Single();
        var code = CodeBlocks(section, "csharp").ToArray();
        using var copy = new TempFolder();
        CopySources(copy);
        copy.Write("src/LogWatcher/" + FileNamed(section, "Protos"), proto);
        copy.Write("src/LogWatcher/" + FileNamed(section, "Services"), code[0]);
        AddService(copy["src/LogWatcher/Services/AllServices.cs"], code[1]);

        await BuildAsync(copy["src/LogWatcher"]);

        (proto + code[0] + code[1]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.Should().BeLessThanOrEqualTo(MaxExampleLines);
        var built = Directory.GetFiles(copy["src/LogWatcher/bin"], "logwatcher", SearchOption.AllDirectories).Single();
        Hold(NodeProcess.StartOther(built), ConversationsIn(section).Single());
        using var list = NodeProcess.StartOther(built, "services");
        new StreamReader(list.Output).ReadToEnd().Should().Contain("example.Greeter/Greet: server streaming").And.Contain("""{"name":"Ann","times":1}""");
    }

    /// <summary>Says what is typed, and hears what is answered, line by line.</summary>
    private static void Hold(NodeProcess node, string conversation)
    {
        using (node.Initialise())
        {
            foreach (var line in conversation.TrimEnd('\n').Split('\n'))
            {
                if (line.StartsWith("> ", StringComparison.Ordinal))
                {
                    node.Send(line[2..]);
                }
                else
                {
                    node.ReadLine().Should().Be(line);
                }
            }

            node.EndInput();
            node.ReadLineOrNull().Should().BeNull();
            node.WaitForExit().Should().Be(0);
        }
    }

    private static IEnumerable<string> OfTheNode() => ConversationsIn(Readme).Except(ConversationsIn(SectionOf(ServiceHeading)));

    private static IEnumerable<string> ConversationsIn(string text) => CodeBlocks(text, "").Where(block => block.StartsWith("> {", StringComparison.Ordinal));

    private static IEnumerable<string> CodeBlocks(string text, string language) =>
        CodeBlock().Matches(text).Where(match => match.Groups["language"].Value == language).Select(match => match.Groups["code"].Value);

    /// <summary>What stands under a heading, up to the next of the same rank or a higher one.</summary>
    private static string SectionOf(string heading)
    {
        var start = Readme.IndexOf(heading + "\n", StringComparison.Ordinal) + heading.Length;
        var rank = heading.IndexOf(' ', StringComparison.Ordinal);
        var end = Regex.Match(Readme[start..], $"^#{{1,{rank}}} ", RegexOptions.Multiline);
        return end.Success ? Readme[start..(start + end.Index)] : Readme[start..];
    }

    /// <summary>The path, below the project, of the one file in a folder of it that a section names.</summary>
    private static string FileNamed(string section, string folder) => Regex.Match(section, $@"`src/LogWatcher/({folder}/\w+\.\w+)`").Groups[1].Value;

    private static void CopySources(TempFolder copy)
    {
        var root = Repository.Root;
        foreach (var path in Directory.EnumerateFiles(Path.Combine(root, "src"), "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(root, path);
            if (!Output().IsMatch(name))
            {
                copy.Write(name, File.ReadAllBytes(path));
            }
        }

        foreach (var name in new[] { "Directory.Build.props", ".editorconfig" })
        {
            copy.Write(name, File.ReadAllBytes(Path.Combine(root, name)));
        }
    }

    private static void AddService(string allServices, string line)
    {
        var code = File.ReadAllText(allServices);
        var register = code.IndexOf("MethodTable Register(", StringComparison.Ordinal);
        var end = code.IndexOf(");\n", code.IndexOf(".Add(", register, StringComparison.Ordinal), StringComparison.Ordinal) + 1;
        File.WriteAllText(allServices, code[..end] + "\n" + line.TrimEnd('\n') + code[end..]);
    }

    private static async Task BuildAsync(string project)
    {
        var start = new ProcessStartInfo("dotnet", ["build", project, "--nologo", "-v", "quiet", "-nodeReuse:false", "-p:UseSharedCompilation=false"])
        {
            RedirectStandardOutput = true,
        };
        using var build = Process.Start(start)!;
        var said = await build.StandardOutput.ReadToEndAsync();
        await build.WaitForExitAsync();
        build.ExitCode.Should().Be(0, said);
    }

    [GeneratedRegex("^```(?<language>[a-z]*)\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("'([^'\n]*)'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"[\\/](bin|obj)[\\/]")]
    private static partial Regex Output();
}
