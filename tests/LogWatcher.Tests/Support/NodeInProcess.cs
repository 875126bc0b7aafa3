using System.Collections.Concurrent;
using System.Text;
using LogWatcher.Logs;
using LogWatcher.Node;
using LogWatcher.Rpc;
using LogWatcher.Services;

namespace LogWatcher.Tests.Support;

/// <summary>The node as Program wires it, without a process: for what is run thousands of times.</summary>
internal static class NodeInProcess
{
    public static NodeResult Run(Stream input, NodeOptions? options = null)
    {
        using var output = new MemoryStream();
        var errors = new ConcurrentQueue<string>();
        var methods = new Lazy<MethodTable>(() => AllServices.Register(new MethodTable(), LogSet.Sample));
        var node = new LineNode(
            input, output, options ?? new NodeOptions(), methods, InterceptorChain.Empty, TimeProvider.System, errors.Enqueue);
        node.Start();
        var exitCode = node.WaitForExit(CancellationToken.None);
        return new NodeResult(exitCode, output.ToArray(), string.Concat(errors.Select(line => $"logwatcher: {line}\n")));
    }

    public static NodeResult Run(byte[] input, NodeOptions? options = null) => Run(new MemoryStream(input, writable: false), options);

    public static NodeResult Run(IEnumerable<string> lines, NodeOptions? options = null) =>
        Run(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))), options);
}
