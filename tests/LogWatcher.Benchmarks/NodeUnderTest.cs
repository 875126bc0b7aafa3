using System.Text;
using System.Text.Json;

namespace LogWatcher.Benchmarks;

/// <summary>The release executable over real pipes, <c>init</c> said and answered.</summary>
internal sealed class NodeUnderTest : IDisposable
{
    /// <summary>The first line of every conversation.</summary>
    public const string Init = """{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}""";

    private readonly Child _process;

    public NodeUnderTest(params string[] logs)
    {
        _process = new Child(SourceTree.Executable, logs.SelectMany(path => new[] { "--logs", path }));
        _process.Send(Encoding.UTF8.GetBytes(Init));
        Lines.Skip(_process.Output, 1);
    }

    public Stream Input => _process.Input;

    public Stream Output => _process.Output;

    public double? PeakMegabytes => _process.PeakMegabytes;

    /// <inheritdoc cref="Child.ProcessorSeconds"/>
    public double ProcessorSeconds => _process.ProcessorSeconds;

    /// <summary>The line that begins a watch; its answers have this number as <c>in_reply_to</c>.</summary>
    public static string WatchLine(int id, string filter, bool follow = false, string client = "c1") =>
        $$$"""{"src":"{{{client}}}","dest":"n1","body":{"type":"grpc_server_stream","msg_id":{{{id}}},"service":"LogWatcher","method":"WatchLogs","request":"""
        + $$"""{"filter":{{JsonSerializer.Serialize(filter)}},"follow":{{(follow ? "true" : "false")}}}""" + "}}";

    /// <summary>Begins a watch.</summary>
    public void Watch(int id, string filter, bool follow = false, string client = "c1") => _process.Send(Encoding.UTF8.GetBytes(WatchLine(id, filter, follow, client)));

    /// <summary>Hands out each line as it comes, with the time at which it was read, until told to stop.</summary>
    public void Read(Lines.Take take) => Lines.Read(_process.Output, take);

    /// <summary>Reads the one watch that runs to its end.</summary>
    /// <returns>How many entries it had.</returns>
    /// <exception cref="InvalidOperationException">It did not end with OK.</exception>
    public int ReadToEnd()
    {
        var count = -1;
        Read((line, _) =>
        {
            // An entry's line is long, and its type stands at the beginning.
            if (line[..Math.Min(line.Length, 100)].IndexOf("grpc_stream_end"u8) < 0)
            {
                return true;
            }

            count = line.IndexOf("\"status\": \"OK\""u8) >= 0 ? Lines.NumberBehind(line, "\"count\": "u8) : throw new InvalidOperationException(Encoding.UTF8.GetString(line));
            return false;
        });
        return count;
    }

    public void Dispose() => _process.Dispose();
}
