using System.Globalization;
using System.Text.RegularExpressions;

namespace LogWatcher.Benchmarks;

/// <summary>A server on a port of 127.0.0.1, mostly in a process that ends with this.</summary>
internal sealed partial class ServingChild : IDisposable
{
    private readonly Child? _process;

    /// <summary>A server that runs already, and goes on.</summary>
    public ServingChild(int port) => Port = port;

    private ServingChild(Child process, Func<string> readPort)
    {
        _process = process;
        Port = int.Parse(readPort(), CultureInfo.InvariantCulture);
    }

    public int Port { get; }

    public double? PeakMegabytes => _process?.PeakMegabytes;

    /// <summary>The release executable as <c>logwatcher serve</c>.</summary>
    public static ServingChild Node(params string[] arguments)
    {
        var child = new Child(SourceTree.Executable, ["serve", "--listen", "http://127.0.0.1:0", .. arguments], readsErrors: true);
        return new ServingChild(child, () =>
        {
            var line = child.Errors.ReadLine() ?? "nothing";
            return Listening().Match(line) is { Success: true } match ? match.Groups[1].Value : throw new InvalidOperationException("the server says: " + line);
        });
    }

    /// <summary>This program as a server that says its port on stdout.</summary>
    public static ServingChild Own(string name)
    {
        var child = Child.Own(name);
        return new ServingChild(child, () => new StreamReader(child.Output).ReadLine() ?? throw new InvalidOperationException("the server has ended"));
    }

    public void Dispose()
    {
        _process?.Terminate();
        _process?.Dispose();
    }

    [GeneratedRegex(@": listening on .*:(\d+)$")]
    private static partial Regex Listening();
}
