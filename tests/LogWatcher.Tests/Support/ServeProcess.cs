using System.Net;
using System.Net.Sockets;

namespace LogWatcher.Tests.Support;

/// <summary>The real executable as <c>logwatcher serve</c>, once it has said where it listens.</summary>
internal sealed class ServeProcess : IDisposable
{
    private const string Listening = "listening on ";

    private ServeProcess(NodeProcess process, IReadOnlyList<EndPoint> endPoints)
    {
        Process = process;
        EndPoints = endPoints;
    }

    public NodeProcess Process { get; }

    /// <summary>Where it listens, in the order of the arguments.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; }

    public static ServeProcess Start(params string[] arguments)
    {
        var process = NodeProcess.Start(["serve", .. arguments]);
        var wanted = arguments.Count(argument => argument == "--listen");
        string[] addresses;
        do
        {
            Thread.Yield();
            addresses = [.. process.Errors.Split('\n').SkipLast(1).Where(line => line.Contains(Listening, StringComparison.Ordinal))];
        }
        while (addresses.Length < wanted && !process.HasExited);
        if (addresses.Length < wanted)
        {
            throw new InvalidOperationException("it does not listen: " + process.Errors);
        }

        return new ServeProcess(process, [.. addresses.Select(line => EndPointOf(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]))]);
    }

    public void Dispose() => Process.Dispose();

    private static EndPoint EndPointOf(string address) => address.StartsWith("unix:", StringComparison.Ordinal)
        ? new UnixDomainSocketEndPoint(address["unix:".Length..])
        : IPEndPoint.Parse(address[(address.IndexOf("//", StringComparison.Ordinal) + 2)..]);
}
