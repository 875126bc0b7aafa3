using System.Text.Json;
using LogWatcher.Rpc;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>What a handler can say and see of compression on the line door: the same as over HTTP/2.</summary>
public sealed class CompressionTests
{
    [Fact]
    public async Task A_handler_compresses_one_by_one_and_sees_what_came_compressed()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed("""{"src":"c1","dest":"n1","body":{"type":"grpc_bidi_stream_open","msg_id":1,"service":"Probe","method":"EchoCompressed","encoding":"proto","compression":"gzip"}}""");
        (await node.ReadAsync()).Should().Contain("grpc_bidi_stream_open_ok");

        foreach (var (came, wanted) in new[] { (true, false), (false, true), (true, true), (false, false) })
        {
            var frame = new JsonOutput();
            LengthPrefixedMessage.Write(
                frame, new Compression { Text = "text", IsCompressed = wanted }, came ? MessageEncoding.Gzip : MessageEncoding.Identity);
            node.Feed($$$"""{"src":"c1","dest":"n1","body":{"type":"grpc_bidi_stream_send","stream_id":"s1","data":"{{{Convert.ToBase64String(frame.Written)}}}"}}""");

            using var line = JsonDocument.Parse(await node.ReadAsync());
            var answer = line.RootElement.GetProperty("body").GetProperty("data").GetBytesFromBase64();
            LengthPrefixedMessage.IsCompressed(answer).Should().Be(wanted);
            LengthPrefixedMessage.Parse(answer, MessageEncoding.Gzip, Compression.Parser).Should().Be(new Compression { Text = "text", IsCompressed = came });
        }
    }
}
