using System.Text;
using LogWatcher.Logs;
using LogWatcher.Node;
using LogWatcher.Rpc;
using LogWatcher.Services;

namespace LogWatcher.Benchmarks;

/// <summary>A node in this process, from a stream in memory to nowhere.</summary>
internal sealed class InProcessRun : IDisposable
{
    private readonly MemoryStream _input = new();
    private readonly LineNode _node;

    /// <param name="writeInput">Writes what comes behind <c>init</c>.</param>
    /// <param name="logs">What may be watched.</param>
    public InProcessRun(Action<Stream> writeInput, LogSet logs)
    {
        _input.Write(Encoding.UTF8.GetBytes(NodeUnderTest.Init + "\n"));
        writeInput(_input);
        _input.Position = 0;
        _node = new LineNode(
            _input,
            Stream.Null,
            new NodeOptions(),
            new Lazy<MethodTable>(() => AllServices.Register(new MethodTable(), logs)),
            InterceptorChain.Empty,
            TimeProvider.System,
            Console.Error.WriteLine);
    }

    /// <summary>Runs it to the end of its input. Once.</summary>
    /// <returns>Bytes that it allocated, how long it took, and how long a copy of its input took.</returns>
    public (double Allocated, TimeSpan Time, TimeSpan Copy) Measure()
    {
        GC.Collect();
        var copied = TimeProvider.System.GetTimestamp();
        _input.ToArray().AsSpan().CopyTo(new byte[_input.Length]);
        var copy = TimeProvider.System.GetElapsedTime(copied);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var started = TimeProvider.System.GetTimestamp();
        _node.Start();
        _node.WaitForExit(CancellationToken.None);
        return (GC.GetTotalAllocatedBytes(precise: true) - allocated, TimeProvider.System.GetElapsedTime(started), copy);
    }

    public void Dispose() => _input.Dispose();
}
