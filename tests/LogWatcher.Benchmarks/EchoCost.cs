using System.Globalization;
using System.Text;
using LogWatcher.Logs;
using LogWatcher.Node;
using LogWatcher.Rpc;
using LogWatcher.Services;

namespace LogWatcher.Benchmarks;

/// <summary>
/// The node's own work, in this process, on streams in memory: what it allocates for each message, and beside it how long a
/// message takes against a copy of its bytes.
/// </summary>
internal static class EchoCost
{
    private const int WarmUpMessages = 200_000;
    private const int Messages = 1_000_000;

    public static void Measure()
    {
        Console.WriteLine("| way | messages | allocated a message | time a message | / memory copy |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
        foreach (var streams in new[] { 1, 10, 1000 })
        {
            Echo(streams, WarmUpMessages);
            Report($"bidi echo, {streams} streams", Echo(streams, Messages));
        }
    }

    private static (long Bytes, TimeSpan Time, TimeSpan Copy) Echo(int streams, int messages)
    {
        var input = new MemoryStream(EchoLines(streams, messages));
        var node = new LineNode(
            input,
            Stream.Null,
            new NodeOptions(),
            new Lazy<MethodTable>(() => AllServices.Register(new MethodTable(), LogSet.Sample)),
            InterceptorChain.Empty,
            TimeProvider.System,
            Console.Error.WriteLine);
        GC.Collect();
        var copied = TimeProvider.System.GetTimestamp();
        input.ToArray().AsSpan().CopyTo(new byte[input.Length]);
        var copy = TimeProvider.System.GetElapsedTime(copied);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var started = TimeProvider.System.GetTimestamp();
        node.Start();
        node.WaitForExit(CancellationToken.None);
        return (GC.GetTotalAllocatedBytes(precise: true) - allocated, TimeProvider.System.GetElapsedTime(started), copy);
    }

    private static byte[] EchoLines(int streams, int messages)
    {
        var lines = new StringBuilder();
        lines.Append("{\"src\":\"c0\",\"dest\":\"n1\",\"body\":{\"type\":\"init\",\"msg_id\":1,\"node_id\":\"n1\",\"node_ids\":[\"n1\"]}}\n");
        var id = 1;
        for (var stream = 0; stream < streams; stream++)
        {
            lines.Append(
                CultureInfo.InvariantCulture,
                $"{{\"src\":\"c1\",\"dest\":\"n1\",\"body\":{{\"type\":\"grpc_bidi_stream_open\",\"msg_id\":{++id},\"service\":\"Chat\",\"method\":\"BiDiChat\"}}}}\n");
        }

        for (var message = 0; message < messages; message++)
        {
            lines.Append(
                CultureInfo.InvariantCulture,
                $"{{\"src\":\"c1\",\"dest\":\"n1\",\"body\":{{\"type\":\"grpc_bidi_stream_send\",\"msg_id\":{++id},\"stream_id\":\"s{(message % streams) + 1}\",\"data\":{{\"text\":\"hello {message}\"}}}}}}\n");
        }

        return Encoding.UTF8.GetBytes(lines.ToString());
    }

    private static void Report(string way, (long Bytes, TimeSpan Time, TimeSpan Copy) run) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {way} | {Messages:N0} | {(double)run.Bytes / Messages:0} B | {run.Time.TotalNanoseconds / Messages:0} ns | {run.Time / run.Copy:0.0} |"));
}
