using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using Google.Protobuf;
using LogWatcher.Protos.V1;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>
/// <c>encoding: "proto"</c> with compression, through the executable: gzip's bytes differ from one zlib to the next, so they
/// are decoded here as any gRPC client would, not compared.
/// </summary>
[Trait("Node", "executable")]
public sealed class ProtoEncodingTests
{
    [Fact]
    public void Messages_are_compressed_as_their_flag_says()
    {
        var text = new string('x', 10_000);

        var result = NodeProcess.Run(string.Join('\n',
            ChatLines.Init,
            ChatLines.Open(2, ",\"encoding\":\"proto\",\"compression\":\"gzip\""),
            Send(3, Frame(text, isCompressed: true)),
            Send(4, Frame(text, isCompressed: false)),
            ChatLines.Close(5, "s1")));

        result.Errors.Should().BeEmpty();
        result.OutputLines.Should().HaveCount(5);
        foreach (var line in result.OutputLines[2..4])
        {
            var framed = Data(line);
            framed[0].Should().Be(1, "the client asked for gzip");
            framed.Length.Should().BeLessThan(1000);
            Unframe(framed).Text.Should().Be("echo: " + text);
        }
    }

    [Fact]
    public void A_bomb_ends_its_own_call_and_no_other()
    {
        var result = NodeProcess.Run(string.Join('\n',
            ChatLines.Init,
            ChatLines.Open(2, ",\"encoding\":\"proto\",\"compression\":\"gzip\""),
            ChatLines.Open(3),
            Send(4, Frame(new string('x', 5 * 1024 * 1024), isCompressed: true)),
            ChatLines.Send(5, "s2", "alive")));

        result.OutputLines[3].Should().Contain("\"in_reply_to\": 2, \"stream_id\": \"s1\", \"status\": \"RESOURCE_EXHAUSTED\"");
        result.OutputLines[4].Should().Contain("\"echo: alive\"");
    }

    [Fact]
    public void What_is_flagged_as_compressed_and_is_not_ends_the_call()
    {
        var framed = Frame("hello", isCompressed: false);
        framed[0] = 1;

        var result = NodeProcess.Run(string.Join('\n', ChatLines.Init, ChatLines.Open(2, ",\"encoding\":\"proto\",\"compression\":\"gzip\""), Send(3, framed)));

        result.OutputLines[2].Should().Contain("\"in_reply_to\": 2, \"stream_id\": \"s1\", \"status\": \"INTERNAL\"");
    }

    private static string Send(int msgId, byte[] framed) =>
        ChatLines.Of($"{{\"type\":\"grpc_bidi_stream_send\",\"msg_id\":{msgId},\"stream_id\":\"s1\",\"data\":\"{Convert.ToBase64String(framed)}\"}}");

    private static byte[] Frame(string text, bool isCompressed)
    {
        var message = new ChatText { Text = text }.ToByteArray();
        if (isCompressed)
        {
            using var compressed = new MemoryStream();
            using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(message);
            }

            message = compressed.ToArray();
        }

        var framed = new byte[5 + message.Length];
        framed[0] = isCompressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    private static byte[] Data(string line)
    {
        using var answer = JsonDocument.Parse(line);
        return answer.RootElement.GetProperty("body").GetProperty("data").GetBytesFromBase64();
    }

    private static ChatText Unframe(byte[] framed)
    {
        BinaryPrimitives.ReadInt32BigEndian(framed.AsSpan(1)).Should().Be(framed.Length - 5);
        using var payload = new GZipStream(new MemoryStream(framed, 5, framed.Length - 5), CompressionMode.Decompress);
        return ChatText.Parser.ParseFrom(payload);
    }
}
