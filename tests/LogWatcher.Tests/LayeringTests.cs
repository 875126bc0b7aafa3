using System.Text.RegularExpressions;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests;

/// <summary>
/// The direction of src/ARCHITECTURE.md, kept by looking at every name in every source: <c>using</c>, <c>using static</c>,
/// aliases, and qualified names, which need no <c>using</c> at all between the rooms of one root namespace.
/// </summary>
public sealed partial class LayeringTests
{
    private const string Root = "LogWatcher";

    // Which rooms a room may know, itself aside. Program, which stands outside of them, may know all.
    private static readonly Dictionary<string, string[]> MayKnow = new()
    {
        ["Rpc"] = [],
        ["Logs"] = [],
        ["Protos"] = [],
        ["Services"] = ["Rpc", "Logs", "Protos"],
        ["Lab"] = ["Rpc"],
        ["Node"] = ["Rpc", "Lab"],
        ["Http2"] = ["Rpc"],
        ["Cli"] = ["Node", "Http2", "Rpc"],
    };

    [Fact]
    public void No_source_knows_a_room_above_or_beside_its_own()
    {
        var sources = Directory.GetFiles(Repository.Source, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Source, path).Replace('\\', '/'))
            .Where(path => !path.StartsWith("obj/", StringComparison.Ordinal) && !path.StartsWith("bin/", StringComparison.Ordinal))
            .ToList();

        sources.Where(path => !path.Contains('/', StringComparison.Ordinal)).Should().Equal("Program.cs");
        sources.Select(path => path.Split('/')[0]).Should().Contain(["Rpc", "Logs", "Services", "Lab", "Node", "Http2", "Cli"]);
        sources.Where(path => path.Contains('/', StringComparison.Ordinal))
            .SelectMany(path => Violations(path.Split('/')[0], File.ReadAllText(Path.Combine(Repository.Source, path))).Select(violation => $"{path}: {violation}"))
            .Should().BeEmpty();
    }

    [Fact]
    public void The_project_imports_no_room_for_all_sources()
    {
        var project = File.ReadAllText(Path.Combine(Repository.Source, "LogWatcher.csproj"))
            + File.ReadAllText(Path.Combine(Repository.Root, "Directory.Build.props"));

        project.Should().NotContain("<Using");
    }

    // What a test of the sources would overlook is planted here.
    [Theory]
    [InlineData("Rpc", "using LogWatcher.Node;", "Node")]
    [InlineData("Rpc", "using LogWatcher.Logs.Filters;", "Logs")]
    [InlineData("Rpc", "using  LogWatcher . Logs ;", "Logs")]
    [InlineData("Rpc", "global using LogWatcher.Services;", "Services")]
    [InlineData("Rpc", "using static LogWatcher.Cli.HelpText;", "Cli")]
    [InlineData("Rpc", "using Protos = LogWatcher.Protos.V1;", "Protos")]
    [InlineData("Rpc", "using Known = global::LogWatcher.Node.LineNode;", "Node")]
    [InlineData("Rpc", "using @LogWatcher.@Node;", "Node")]
    [InlineData("Rpc", "using N = LogWatcher;", "LogWatcher")]
    [InlineData("Rpc", "class C { object o = new Node.LineNode(); }", "Node")]
    [InlineData("Rpc", "class C { int i = LogWatcher.Node.LineNode.ExitOk; }", "Node")]
    [InlineData("Rpc", "class C { Logs.Filters.Filter? filter; }", "Logs")]
    [InlineData("Rpc", "class C : Node\n    // between\n    .LineNode { }", "Node")]
    [InlineData("Rpc", "class C { string s = $\"{Node.LineNode.ExitOk}\"; }", "Node")]
    [InlineData("Rpc", "class C { string s = $\"{(1 > 0 ? \"}\" : Cli.HelpText.Usage)}\"; }", "Cli")]
    [InlineData("Rpc", "class C { string s = $$\"\"\"{ {{Logs.LogLevel.Info}} }\"\"\"; }", "Logs")]
    [InlineData("Rpc", "class C { char c = '\"'; Node.LineNode n; char d = '\"'; }", "Node")]
    [InlineData("Rpc", "class C { string s = @\"\\\"; Node.LineNode n; }", "Node")]
    [InlineData("Rpc", "class C { string s = \"\"; Node.LineNode n; }", "Node")]
    [InlineData("Rpc", "class C { int i = Program.Main([]); }", "Program")]
    [InlineData("Logs", "using LogWatcher.Rpc;", "Rpc")]
    [InlineData("Logs", "class C { Rpc.Status status; }", "Rpc")]
    [InlineData("Logs", "using LogWatcher.Protos.V1;", "Protos")]
    [InlineData("Services", "using LogWatcher.Node;", "Node")]
    [InlineData("Services", "using LogWatcher.Cli;", "Cli")]
    [InlineData("Rpc", "using LogWatcher.Lab;", "Lab")]
    [InlineData("Services", "using LogWatcher.Lab;", "Lab")]
    [InlineData("Lab", "using LogWatcher.Node;", "Node")]
    [InlineData("Lab", "using LogWatcher.Logs;", "Logs")]
    [InlineData("Lab", "using LogWatcher.Services;", "Services")]
    [InlineData("Node", "using LogWatcher.Services;", "Services")]
    [InlineData("Node", "using LogWatcher.Logs;", "Logs")]
    [InlineData("Node", "using LogWatcher.Http2;", "Http2")]
    [InlineData("Node", "using LogWatcher.Cli;", "Cli")]
    [InlineData("Http2", "using LogWatcher.Lab;", "Lab")]
    [InlineData("Http2", "using LogWatcher.Node;", "Node")]
    [InlineData("Http2", "using LogWatcher.Services;", "Services")]
    [InlineData("Http2", "using LogWatcher.Protos.Health.V1;", "Protos")]
    [InlineData("Http2", "using LogWatcher.Logs;", "Logs")]
    [InlineData("Cli", "using LogWatcher.Services;", "Services")]
    [InlineData("Cli", "using LogWatcher.Logs;", "Logs")]
    public void An_import_that_goes_up_or_across_is_noticed(string room, string code, string known)
    {
        Violations(room, $"using System;\nnamespace LogWatcher.{room};\n{code}").Should().ContainSingle().Which.Should().Be($"{room} must not know {known}");
    }

    [Theory]
    [InlineData("Rpc", "class C { } // Node.LineNode")]
    [InlineData("Rpc", "/* using LogWatcher.Node; */ class C { }")]
    [InlineData("Rpc", "/// <see cref=\"Node.LineNode\"/>\nclass C { }")]
    [InlineData("Rpc", "class C { string s = \"LogWatcher.Node.LineNode\"; }")]
    [InlineData("Rpc", "class C { string s = @\"a \"\"Node.X\"\" b\"; }")]
    [InlineData("Rpc", "class C { string s = $\"Node.X {{Node.X}} {1}\"; }")]
    [InlineData("Rpc", "class C { string s = \"\"\"a \"Node.X\" b\"\"\"; }")]
    [InlineData("Rpc", "class C { object o = tree.Node.Value; object Node => this; }")]
    [InlineData("Rpc", "class C { Rpc.Status s; LogWatcher.Rpc.Status t; }")]
    [InlineData("Services", "using LogWatcher.Rpc; using LogWatcher.Logs.Filters; using LogWatcher.Protos.V1;")]
    [InlineData("Lab", "using LogWatcher.Rpc;")]
    [InlineData("Node", "using LogWatcher.Rpc; using LogWatcher.Lab;")]
    [InlineData("Cli", "using LogWatcher.Node; using LogWatcher.Rpc;")]
    public void What_is_no_such_import_is_not_taken_for_one(string room, string code)
    {
        Violations(room, $"using System;\nnamespace LogWatcher.{room};\n{code}").Should().BeEmpty();
    }

    [Theory]
    [InlineData("Rpc", "namespace LogWatcher;\nclass C { }")]
    [InlineData("Rpc", "namespace LogWatcher.Node;\nclass C { }")]
    [InlineData("Rpc", "namespace LogWatcher.RpcToo;\nclass C { }")]
    [InlineData("Rpc", "namespace LogWatcher.Rpc;\nclass C { }\nnamespace LogWatcher.Node { class D { } }")]
    [InlineData("Rpc", "class C { }")]
    [InlineData("Tools", "namespace LogWatcher.Tools;\nclass C { }")]
    public void A_source_stands_in_the_room_whose_namespace_it_has(string folder, string code)
    {
        Violations(folder, code).Should().NotBeEmpty();
    }

    /// <summary>What a source in a room's folder says that it must not.</summary>
    private static IEnumerable<string> Violations(string room, string source)
    {
        var code = CSharpCode.WithoutTextAndComments(source);
        if (!MayKnow.TryGetValue(room, out var mayKnow))
        {
            return [$"there is no room {room}: a new one says here what it may know"];
        }

        var namespaces = Namespace().Matches(code).Select(match => match.Groups["name"].Value).ToList();
        var strayed = namespaces.Count == 0 || namespaces.Exists(name => name != $"{Root}.{room}" && !name.StartsWith($"{Root}.{room}.", StringComparison.Ordinal));
        return Name().Matches(Namespace().Replace(code, ""))
            .Select(match => RoomOf(WhiteSpace().Replace(match.Value, "").Replace("@", "", StringComparison.Ordinal)))
            .Where(known => known is not null && known != room && !mayKnow.Contains(known))
            .Select(known => $"{room} must not know {known}")
            .Concat(strayed ? [$"every namespace must be {Root}.{room} or within it"] : [])
            .Distinct();
    }

    /// <summary>The room that a name leads to; null for names that lead to none, or to the root itself for its bare name.</summary>
    private static string? RoomOf(string name)
    {
        var parts = name.Split(["::", "."], StringSplitOptions.None).SkipWhile(part => part == "global").ToArray();
        return parts switch
        {
            [Root] => Root,
            [Root, var room, ..] => room,
            [var room, _, ..] when MayKnow.ContainsKey(room) || room == "Program" => room,
            _ => null,
        };
    }

    [GeneratedRegex(@"\bnamespace\s+(?<name>[\w.]+)")]
    private static partial Regex Namespace();

    [GeneratedRegex(@"(?<![\w.@])@?[A-Za-z_]\w*(\s*(\.|::)\s*@?[A-Za-z_]\w*)*")]
    private static partial Regex Name();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
