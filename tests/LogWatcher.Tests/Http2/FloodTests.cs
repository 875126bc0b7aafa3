using System.Net.Sockets;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Http2;

/// <summary>A client that sends frames which cost it nothing, as fast as they are taken, and reads nothing: others are served meanwhile.</summary>
public sealed class FloodTests
{
    // Enough that any queue without a bound would show, and done in less than a second.
    private const int MaxFloodBytes = 8 * 1024 * 1024;
    private const int CallsBeside = 25;
    private const int FramesInBurst = 1000;
    private const FrameType Priority = (FrameType)2;
    private const FrameType Continuation = (FrameType)9;

    [Theory]
    [InlineData("PING")]
    [InlineData("SETTINGS")]
    [InlineData("SETTINGS, empty")]
    [InlineData("PRIORITY")]
    [InlineData("WINDOW_UPDATE")]
    [InlineData("DATA, empty")]
    [InlineData("DATA, empty, on a stream that has ended")]
    [InlineData("HEADERS and RST_STREAM")]
    [InlineData("HEADERS of calls that nobody serves")]
    [InlineData("CONTINUATION")]
    [InlineData("CONTINUATION, empty")]
    [InlineData("frames of no known type")]
    public async Task A_flood_keeps_nobody_else_from_being_served(string kind)
    {
        await using var server = await RunningServer.StartCountingAsync();
        await using var other = await server.ConnectAsync();
        using var stop = new CancellationTokenSource();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.EndPoint);

        var flood = FloodAsync(socket, kind, stop.Token);
        for (var call = 0; call < CallsBeside; call++)
        {
            var text = new Text { Text_ = $"{kind} {call}" };
            var reply = await other.CallAsync("/probe.Probe/Answer", text);
            reply.Status.Should().Be("0");
            reply.Messages(Text.Parser).Should().Equal(text);
        }

        await stop.CancelAsync();
        (await flood).Should().BeGreaterThan(0);
        socket.Close(0);
        await using var late = await server.ConnectAsync();
        (await late.CallAsync("/probe.Probe/Answer", new Text())).Status.Should().Be("0");
        await server.NoCallAsync();
        server.Log.Should().BeEmpty("what a client does wrong is no bug");
    }

    /// <summary>Sends until it is stopped, or the server ends the connection, which it may.</summary>
    /// <returns>Bytes sent.</returns>
    private static async Task<int> FloodAsync(Socket socket, string kind, CancellationToken stop)
    {
        var sent = 0;
        try
        {
            for (var (bytes, streamId) = (Beginning(kind), 3); sent < MaxFloodBytes; bytes = Burst(kind, ref streamId))
            {
                while (!bytes.IsEmpty)
                {
                    var length = await socket.SendAsync(bytes, stop);
                    bytes = bytes[length..];
                    sent += length;
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // That the server ends such a connection is one good answer to it.
        }

        return sent;
    }

    /// <summary>The preface, and what the flood needs to stand.</summary>
    private static ReadOnlyMemory<byte> Beginning(string kind) => (byte[])
    [
        .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
        .. FrameClient.FrameBytes(FrameType.Settings, 0, FrameClient.Connection, []),
        .. kind switch
        {
            "DATA, empty" => Headers("Echo", 1, Frame.EndHeaders),
            "DATA, empty, on a stream that has ended" => Headers("Answer", 1, Frame.EndHeaders | Frame.EndStream),
            _ when kind.StartsWith("CONTINUATION", StringComparison.Ordinal) => Headers("Answer", 1, flags: 0),
            _ => [],
        },
    ];

    private static ReadOnlyMemory<byte> Burst(string kind, ref int streamId)
    {
        var burst = new List<byte>();
        for (var frame = 0; frame < FramesInBurst; frame++, streamId += 2)
        {
            burst.AddRange(Frames(kind, streamId));
        }

        return burst.ToArray();
    }

    private static byte[] Frames(string kind, int streamId) => kind switch
    {
        "PING" => FrameClient.FrameBytes(FrameType.Ping, 0, FrameClient.Connection, new byte[8]),
        "SETTINGS" => FrameClient.FrameBytes(FrameType.Settings, 0, FrameClient.Connection, [0, 4, 0, 0, 0xff, 0xff]),
        "SETTINGS, empty" => FrameClient.FrameBytes(FrameType.Settings, 0, FrameClient.Connection, []),
        "PRIORITY" => FrameClient.FrameBytes(Priority, 0, streamId, [0, 0, 0, 0, 16]),
        "WINDOW_UPDATE" => FrameClient.FrameBytes(FrameType.WindowUpdate, 0, FrameClient.Connection, [0, 0, 0, 1]),
        "DATA, empty" or "DATA, empty, on a stream that has ended" => FrameClient.FrameBytes(FrameType.Data, 0, 1, []),
        "HEADERS and RST_STREAM" => [.. Headers("Wait", streamId, Frame.EndHeaders), .. FrameClient.FrameBytes(FrameType.Reset, 0, streamId, [0, 0, 0, 8])],
        "HEADERS of calls that nobody serves" => Headers("Nobody", streamId, Frame.EndHeaders | Frame.EndStream),
        "CONTINUATION" => FrameClient.FrameBytes(Continuation, 0, 1, Hpack.Encode([("x-more", new string('x', 100))])),
        "CONTINUATION, empty" => FrameClient.FrameBytes(Continuation, 0, 1, []),
        _ => FrameClient.FrameBytes((FrameType)0xee, 0xff, streamId, [1, 2, 3]),
    };

    private static byte[] Headers(string method, int streamId, int flags) =>
        FrameClient.FrameBytes(FrameType.Headers, flags, streamId, Hpack.Encode(FrameClient.CallHeaders("/probe.Probe/" + method)));
}
