using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Google.Protobuf;

namespace LogWatcher.Tests.Support;

/// <summary>
/// A client on raw HTTP/2 frames, without TLS: it sends what a test says, however wrong, and gives every frame that comes. It
/// acknowledges settings and pings by itself, and opens the windows as far as the test says, once.
/// </summary>
internal sealed class FrameClient : IAsyncDisposable
{
    /// <summary>As far as a window opens.</summary>
    public const int WideWindow = int.MaxValue;

    private const int FrameHeaderBytes = 9;
    private const int MaxFrameBytes = 16 * 1024;
    private const int InitialWindowSetting = 4;
    private const int HeaderTableSizeSetting = 1;
    private const int DefaultWindow = 65_535;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly ConcurrentDictionary<int, Channel<Frame>> _streams = new();
    private readonly ConcurrentDictionary<int, SendWindow> _windows = new();
    private readonly Task _reading;
    private int _initialSendWindow = DefaultWindow;
    private int _lastStream = -1;
    private volatile bool _hasEnded;

    private FrameClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Frames of the connection itself.</summary>
    public const int Connection = 0;

    /// <summary>Completes when the server has closed the connection.</summary>
    public Task Closed => _reading.WaitAsync(RunningNode.Patience);

    /// <param name="window">Bytes that the server may send on each stream without more being said.</param>
    public static async Task<FrameClient> ConnectAsync(EndPoint server, int window = WideWindow)
    {
        var socket = server is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server);
        var client = new FrameClient(socket);
        await client.SendRawAsync([
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
            .. FrameBytes(FrameType.Settings, 0, Connection, [.. Setting(HeaderTableSizeSetting, 0), .. Setting(InitialWindowSetting, window)]),
            .. FrameBytes(FrameType.WindowUpdate, 0, Connection, Integer(WideWindow - DefaultWindow))]);
        while (await client.NextAsync(Connection) is not { Type: FrameType.Settings, Flags: 0 })
        {
        }

        return client;
    }

    /// <summary>The header fields of a call as a client sends them.</summary>
    public static List<(string Name, string Value)> CallHeaders(string path, params (string, string)[] more) =>
    [
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"), ("te", "trailers"),
        .. more.Any(field => field.Item1 == "content-type") ? more : [("content-type", "application/grpc"), .. more],
    ];

    /// <summary>A length-prefixed message.</summary>
    public static byte[] Framed(IMessage message) => Framed(message.ToByteArray());

    public static byte[] Framed(byte[] payload, byte flag = 0) => [flag, .. Integer(payload.Length), .. payload];

    /// <summary>A frame as it goes out.</summary>
    public static byte[] FrameBytes(FrameType type, int flags, int streamId, byte[] payload) =>
        [.. Integer(payload.Length)[1..], (byte)type, (byte)flags, .. Integer(streamId), .. payload];

    /// <summary>Opens a stream with a call's headers.</summary>
    public async Task<int> OpenAsync(string path, params (string, string)[] more) => await OpenAsync(CallHeaders(path, more));

    public async Task<int> OpenAsync(IEnumerable<(string, string)> headers, bool endStream = false)
    {
        var streamId = Interlocked.Add(ref _lastStream, 2);
        await SendAsync(FrameType.Headers, Frame.EndHeaders | (endStream ? Frame.EndStream : 0), streamId, Hpack.Encode(headers));
        return streamId;
    }

    /// <summary>Sends bytes of a stream's body, in as many frames as it takes, as fast as the server opens its windows.</summary>
    public async Task SendAsync(int streamId, ReadOnlyMemory<byte> data, bool endStream)
    {
        do
        {
            var length = await WindowOf(streamId).TakeAsync(Math.Min(data.Length, MaxFrameBytes));
            for (var ofConnection = 0; ofConnection < length;)
            {
                ofConnection += await WindowOf(Connection).TakeAsync(length - ofConnection);
            }

            var part = data[..length];
            data = data[length..];
            await SendAsync(FrameType.Data, endStream && data.IsEmpty ? Frame.EndStream : 0, streamId, part.ToArray());
        }
        while (!data.IsEmpty);
    }

    public Task ResetAsync(int streamId, int errorCode = 8) => SendAsync(FrameType.Reset, 0, streamId, Integer(errorCode));

    public Task OpenWindowAsync(int streamId, int bytes) => SendAsync(FrameType.WindowUpdate, 0, streamId, Integer(bytes));

    public Task SendAsync(FrameType type, int flags, int streamId, byte[] payload) => SendRawAsync(FrameBytes(type, flags, streamId, payload));

    /// <summary>Headers and a reset behind them for each of so many streams, all in one write.</summary>
    public Task OpenAndResetAsync(string path, int streams)
    {
        var headers = Hpack.Encode(CallHeaders(path));
        var bytes = new List<byte>();
        for (var stream = 0; stream < streams; stream++)
        {
            var streamId = Interlocked.Add(ref _lastStream, 2);
            bytes.AddRange(FrameBytes(FrameType.Headers, Frame.EndHeaders, streamId, headers));
            bytes.AddRange(FrameBytes(FrameType.Reset, 0, streamId, Integer(8)));
        }

        return SendRawAsync([.. bytes]);
    }

    public async Task SendRawAsync(byte[] bytes)
    {
        await _sending.WaitAsync();
        try
        {
            await _stream.WriteAsync(bytes);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The next frame of a stream.</summary>
    /// <exception cref="ChannelClosedException">The connection has ended.</exception>
    public async Task<Frame> NextAsync(int streamId)
    {
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        return await FramesOf(streamId).Reader.ReadAsync(patience.Token);
    }

    /// <summary>Whether a frame of the stream has come that was not asked for yet.</summary>
    public bool HasFrame(int streamId) => FramesOf(streamId).Reader.TryPeek(out _);

    /// <summary>All frames of a stream up to its end, or to its reset.</summary>
    public async Task<CallReply> ReplyAsync(int streamId)
    {
        var frames = new List<Frame>();
        do
        {
            frames.Add(await NextAsync(streamId));
        }
        while (!frames[^1].EndsStream && frames[^1].Type != FrameType.Reset);
        return new CallReply(frames);
    }

    /// <summary>A whole call: headers, body, reply.</summary>
    public async Task<CallReply> CallAsync(string path, byte[] body, params (string, string)[] more)
    {
        var streamId = await OpenAsync(path, more);
        await SendAsync(streamId, body, endStream: true);
        return await ReplyAsync(streamId);
    }

    public Task<CallReply> CallAsync(string path, IMessage request, params (string, string)[] more) => CallAsync(path, Framed(request), more);

    /// <summary>Waits until the server has read everything that was sent before.</summary>
    public async Task PingAsync()
    {
        await SendAsync(FrameType.Ping, 0, Connection, new byte[8]);
        while (await NextAsync(Connection) is not { Type: FrameType.Ping, Flags: Frame.Ack })
        {
        }
    }

    /// <summary>Ends the connection as a process that dies does.</summary>
    public void Abort()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _reading;
        _sending.Dispose();
    }

    private static byte[] Integer(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Setting(int id, int value) => [(byte)(id >> 8), (byte)id, .. Integer(value)];

    private SendWindow WindowOf(int streamId)
    {
        var window = _windows.GetOrAdd(streamId, id => new SendWindow(id == Connection ? DefaultWindow : _initialSendWindow));
        if (_hasEnded)
        {
            window.Open();
        }

        return window;
    }

    private void Count(Frame frame)
    {
        const int SettingBytes = 6;
        if (frame.Type == FrameType.WindowUpdate)
        {
            WindowOf(frame.StreamId).Add(BinaryPrimitives.ReadInt32BigEndian(frame.Payload));
        }
        else if (frame.EndsStream || frame.Type == FrameType.Reset)
        {
            WindowOf(frame.StreamId).Open();
        }
        else if (frame is { Type: FrameType.Settings, Flags: 0 })
        {
            foreach (var setting in frame.Payload.Chunk(SettingBytes).Where(setting => setting[1] == InitialWindowSetting))
            {
                _initialSendWindow = BinaryPrimitives.ReadInt32BigEndian(setting.AsSpan(2));
            }
        }
    }

    private Channel<Frame> FramesOf(int streamId)
    {
        var frames = _streams.GetOrAdd(streamId, _ => Channel.CreateUnbounded<Frame>());
        if (_hasEnded)
        {
            // A stream that was opened when nobody answered any more.
            frames.Writer.TryComplete();
        }

        return frames;
    }

    private async Task ReadAsync()
    {
        var header = new byte[FrameHeaderBytes];
        try
        {
            while (true)
            {
                await _stream.ReadExactlyAsync(header);
                var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header) >> 8];
                await _stream.ReadExactlyAsync(payload);
                var frame = new Frame((FrameType)header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
                if (frame.Type is FrameType.Settings or FrameType.Ping && (frame.Flags & Frame.Ack) == 0)
                {
                    await SendAsync(frame.Type, Frame.Ack, Connection, frame.Type == FrameType.Ping ? payload : []);
                }

                Count(frame);
                if (frame.Type == FrameType.WindowUpdate)
                {
                    continue;
                }

                FramesOf(frame.StreamId).Writer.TryWrite(frame);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or SocketException)
        {
            _hasEnded = true;
            foreach (var frames in _streams.Values)
            {
                frames.Writer.TryComplete();
            }

            foreach (var window in _windows.Values)
            {
                window.Open();
            }
        }
    }
}
