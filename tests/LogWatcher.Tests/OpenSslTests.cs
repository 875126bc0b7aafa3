using LogWatcher.Cli;

namespace LogWatcher.Tests;

/// <summary>Without OpenSSL the runtime ends the process at the first hash: a client's upload would end a node that runs.</summary>
public sealed class OpenSslTests
{
    [Theory]
    [InlineData("--token", "--token", "t")]
    [InlineData("--token-file", "--token-file", "f")]
    [InlineData("--files", "--files", "d")]
    [InlineData("--files", "serve", "--files", "d")]
    [InlineData("--cert", "serve", "--listen", "https://127.0.0.1:0", "--cert", "c", "--key", "k")]
    public void What_needs_it_is_refused_without_it(string named, params string[] arguments)
    {
        var options = Options.Parse(arguments);
        var require = () => OpenSsl.Require(options, _ => false);
        require.Should().Throw<MissingLibraryException>().WithMessage($"{named} needs OpenSSL: install libssl, version 3 or 1.1");
        foreach (var version in new[] { "libssl.so.3", "libssl.so.1.1" })
        {
            var find = () => OpenSsl.Require(options, name => name == version);
            find.Should().NotThrow();
        }
    }

    [Fact]
    public void Nobody_else_looks_for_it()
    {
        var find = () => OpenSsl.Require(Options.Parse(["--logs", "l", "--workers", "3"]), _ => throw new InvalidOperationException("looked for"));
        find.Should().NotThrow();
        find = () => OpenSsl.Require(Options.Parse(["serve", "--listen", "http://127.0.0.1:0"]), _ => throw new InvalidOperationException("looked for"));
        find.Should().NotThrow();
    }
}
