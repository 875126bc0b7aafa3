using System.Diagnostics;
using LogWatcher.Logs;
using LogWatcher.Logs.Sources;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Sources;

public sealed class SourceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("*", "app.log", true)]
    [InlineData("*", ".hidden", false)]
    [InlineData(".*", ".hidden", true)]
    [InlineData("*.log", "app.log", true)]
    [InlineData("*.log", "app.log.1", false)]
    [InlineData("a*p*g", "app.log", true)]
    [InlineData("a*x*g", "app.log", false)]
    [InlineData("?pp.log", "app.log", true)]
    [InlineData("app?log", "applog", false)]
    [InlineData("app-[0-9].log", "app-7.log", true)]
    [InlineData("app-[0-9].log", "app-x.log", false)]
    [InlineData("app-[!0-9].log", "app-x.log", true)]
    [InlineData("app-[^0-9].log", "app-7.log", false)]
    [InlineData("[]x].log", "].log", true)]
    [InlineData("[a-].log", "-.log", true)]
    [InlineData("a[b", "a[b", true)]
    [InlineData("a[b", "ab", false)]
    [InlineData("", "", true)]
    [InlineData("**", "x", true)]
    public void Names_are_matched(string pattern, string name, bool expected) =>
        Glob.MatchesName(pattern, name).Should().Be(expected);

    [Fact]
    public void A_pattern_made_to_explode_takes_no_time() =>
        Glob.MatchesName(string.Concat(Enumerable.Repeat("*a", 1_000)) + "b", new string('a', 10_000)).Should().BeFalse();

    [Theory]
    [InlineData(1_000, false)]
    [InlineData(20_000, true)]
    public void A_path_made_to_explode_takes_no_time(int count, bool isAtEnd) =>
        new Glob(string.Concat(Enumerable.Repeat("**/", count)) + (isAtEnd ? "**" : "none")).MatchesSource("/a/b/c/d/e/f/g/h").Should().Be(isAtEnd);

    [Theory]
    [InlineData("*.log", "/var/log/a/app.log", true)]
    [InlineData("**/b/**/d/*", "/a/b/c/b/d/x", true)]
    [InlineData("**/b/**/d/*", "/a/b/c/d/e/x", false)]
    [InlineData("**/**", "/a", true)]
    [InlineData("/a/**/**/x", "/a/x", true)]
    [InlineData("/a/**/x/**/x", "/a/x", false)]
    [InlineData("/var/*/app.log", "/var/log/a/app.log", false)]
    [InlineData("/var/**/app.log", "/var/log/a/app.log", true)]
    [InlineData("/var/**/app.log", "/var/app.log", true)]
    [InlineData("**/a/*", "/var/log/a/app.log", true)]
    [InlineData("/var/**", "/var/log/a/app.log", true)]
    [InlineData("app", "/var/log/app.log", false)]
    [InlineData("/var//log/*", "/var/log/app.log", true)]
    [InlineData("/var/log/*", "/var/log//app.log", true)]
    [InlineData("//var/*", "/var/app.log", true)]
    [InlineData("/var/*", "var/app.log", false)]
    public void Sources_are_matched_by_name_or_path(string pattern, string path, bool expected) =>
        new Glob(pattern).MatchesSource(path).Should().Be(expected);

    [Theory]
    [InlineData("", "./.hidden ./a.log ./b.log ./c.txt")]
    [InlineData("a.log", "./a.log")]
    [InlineData("*.log", "./a.log ./b.log")]
    [InlineData("x/*.log", "./x/1.log")]
    [InlineData("*/*.log", "./x/1.log")]
    [InlineData("**/*.log", "./a.log ./b.log ./x/1.log ./x/y/2.log")]
    [InlineData("**/y/*", "./x/y/2.log")]
    [InlineData("x/**", "./x/1.log ./x/y/2.log")]
    [InlineData("[ab].log", "./a.log ./b.log")]
    [InlineData("odd[1].txt", "./odd[1].txt")]
    [InlineData("none*", "")]
    public void Paths_unfold(string path, string expected)
    {
        foreach (var name in new[] { "a.log", "b.log", "c.txt", ".hidden", "x/1.log", "x/y/2.log" })
        {
            _folder.Write(name, "");
        }

        if (path.StartsWith("odd", StringComparison.Ordinal))
        {
            _folder.Write(path, "");
        }

        // Links that lead in a circle are not gone round.
        Directory.CreateSymbolicLink(_folder["x/y/loop"], _folder.Path);
        Unfold(path.Length == 0 ? _folder.Path : _folder[path]).Select(name => name.Replace(_folder.Path, ".", StringComparison.Ordinal))
            .Should().Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Names_are_as_they_were_given()
    {
        _folder.Write("a.log", "");
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, _folder.Path);
        Unfold(relative).Should().Equal(relative + "/a.log");
        Unfold(relative + "/*").Should().Equal(relative + "/a.log");
        Unfold(relative + "/a.log").Should().Equal(relative + "/a.log");
    }

    [Fact]
    public void A_path_that_is_not_there_is_named()
    {
        var open = () => LogSet.Open([_folder["missing.log"]], TimeProvider.System);
        open.Should().Throw<LogSourceException>().WithMessage($"*{_folder["missing.log"]}*");
    }

    [Fact]
    public async Task A_pipe_is_no_log_and_holds_nothing_up()
    {
        Process.Start("mkfifo", _folder["pipe"]).WaitForExit();
        var open = () => LogSet.Open([_folder["pipe"]], TimeProvider.System);
        open.Should().Throw<LogSourceException>().WithMessage("*pipe*");

        _folder.Write("app.log", "INFO a\n");
        var logs = LogSet.Open([_folder.Path], TimeProvider.System);
        await using var watch = new RunningWatch(logs);
        await watch.Live;
        (await watch.NextAsync()).Should().Be("a");
    }

    private static SortedSet<string> Unfold(string path)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        LogSource.Open(path).Unfold(names);
        return names;
    }
}
