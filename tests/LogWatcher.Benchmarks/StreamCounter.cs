using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LogWatcher.Benchmarks;

/// <summary>
/// A client of one HTTP/2 connection without TLS that does as little as can be done, so that the server is what is measured: it
/// opens the windows, reads frames in large pieces, and counts length-prefixed messages. One call at a time; blocks.
/// </summary>
internal sealed class StreamCounter : IDisposable
{
    private const int FrameHeaderBytes = 9;
    private const int MessageHeaderBytes = 5;
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte Ping = 6;
    private const byte GoAway = 7;
    private const byte WindowUpdate = 8;
    private const int EndStream = 1;
    private const int Ack = 1;
    private const int EndHeaders = 4;

    // By far more than one call needs; that of the connection is opened again with each call.
    private const int WideWindow = 1 << 30;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[1 << 18];
    private readonly byte[] _header = new byte[MessageHeaderBytes];
    private readonly ArrayBufferWriter<byte> _message = new();
    private int _headerBytes;
    private int _left;
    private int _start;
    private int _end;
    private int _lastStream = -1;
    private int _received = WideWindow;

    public StreamCounter(EndPoint server)
    {
        _socket.Connect(server);
        _socket.Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Send(Settings, 0, 0, [0, 1, 0, 0, 0, 0, 0, 4, .. Integer(WideWindow)]);
    }

    /// <summary>Bytes of messages, with their heads, that the last call has brought.</summary>
    public long ReceivedBytes => _received;

    /// <summary>Calls, and waits for the end.</summary>
    /// <returns>How many messages came, and the last of them.</returns>
    /// <exception cref="IOException">The stream was reset, or the connection has ended.</exception>
    public (int Count, byte[] Last) Call(string path, byte[] body)
    {
        _lastStream += 2;
        Send(WindowUpdate, 0, 0, Integer(_received));
        _received = 0;
        Send(Headers, EndHeaders, _lastStream, [
            .. Field(":method", "POST"), .. Field(":scheme", "http"), .. Field(":path", path), .. Field(":authority", "bench"),
            .. Field("content-type", "application/grpc"), .. Field("te", "trailers")]);
        Send(Data, EndStream, _lastStream, body);
        var count = 0;
        while (true)
        {
            var header = Take(FrameHeaderBytes);
            var length = BinaryPrimitives.ReadInt32BigEndian(header) >> 8;
            var (type, flags) = (header[3], header[4]);
            var payload = Take(length);
            switch (type)
            {
                case Data:
                    _received += length;
                    count += Count(payload);
                    break;
                case Reset or GoAway:
                    throw new IOException("the call was reset");
                case Settings or Ping when (flags & Ack) == 0:
                    Send(type, Ack, 0, type == Ping ? payload.ToArray() : []);
                    break;
            }

            if (type is Data or Headers && (flags & EndStream) != 0)
            {
                return (count, _message.WrittenSpan.ToArray());
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static byte[] Integer(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>A field as a literal without indexing (RFC 7541, 6.2.2); both texts are short.</summary>
    private static byte[] Field(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    /// <summary>Counts the messages that end in a piece of the body, and keeps the last.</summary>
    private int Count(ReadOnlySpan<byte> body)
    {
        var count = 0;
        while (!body.IsEmpty)
        {
            if (_headerBytes < MessageHeaderBytes)
            {
                _header[_headerBytes++] = body[0];
                body = body[1..];
                _left = _headerBytes < MessageHeaderBytes ? 0 : BinaryPrimitives.ReadInt32BigEndian(_header.AsSpan(1));
                _message.Clear();
            }

            var taken = Math.Min(_left, body.Length);
            _message.Write(body[..taken]);
            _left -= taken;
            body = body[taken..];
            if (_headerBytes == MessageHeaderBytes && _left == 0)
            {
                count++;
                _headerBytes = 0;
            }
        }

        return count;
    }

    private void Send(byte type, int flags, int streamId, byte[] payload) =>
        _socket.Send([.. Integer(payload.Length)[1..], type, (byte)flags, .. Integer(streamId), .. payload]);

    /// <summary>The next bytes of the connection; good until the next call.</summary>
    private ReadOnlySpan<byte> Take(int length)
    {
        if (_end - _start < length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            while (_end < length)
            {
                var read = _socket.Receive(_buffer.AsSpan(_end));
                _end += read > 0 ? read : throw new IOException("the connection has ended");
            }
        }

        _start += length;
        return _buffer.AsSpan(_start - length, length);
    }
}
