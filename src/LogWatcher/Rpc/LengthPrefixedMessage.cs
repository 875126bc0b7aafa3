using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace LogWatcher.Rpc;

/// <summary>
/// A message as gRPC puts it on the wire (grpc/grpc <c>doc/PROTOCOL-HTTP2.md</c>, Length-Prefixed-Message): one byte that says
/// whether it is compressed, four bytes of length, big-endian, and the message. What breaks this form is INTERNAL, what is over
/// the limit RESOURCE_EXHAUSTED. Bytes that are in form but no such message throw Google.Protobuf's own
/// <see cref="InvalidProtocolBufferException"/>: each door has its status for that.
/// </summary>
internal static class LengthPrefixedMessage
{
    /// <summary>The flag and the length.</summary>
    public const int HeaderBytes = 5;

    /// <summary>The most a message may have, both as it comes and decompressed: gRPC's own default in every language.</summary>
    public const int MaxMessageBytes = 4 * 1024 * 1024;

    // Large enough that most messages are inflated in one step.
    private const int InflateStepBytes = 8 * 1024;

    private const byte CompressedFlag = 1;

    /// <summary>
    /// Takes the next message off a stream, however it is split. Refuses by the first five bytes, before the rest is there or
    /// any memory for it.
    /// </summary>
    /// <param name="buffer">What has come; afterwards what is behind the message. Untouched when there is no whole message yet.</param>
    /// <param name="encoding">The call's, from <c>grpc-encoding</c>.</param>
    /// <param name="payload">The message, compressed or not: a slice of the buffer.</param>
    /// <param name="isCompressed">Whether <see cref="Decompress"/> has to go before the parser.</param>
    /// <param name="maxMessageBytes">The limit on the length as it comes.</param>
    /// <exception cref="RpcException">INTERNAL: a wrong flag. RESOURCE_EXHAUSTED: the length is over the limit.</exception>
    public static bool TryRead(
        ref ReadOnlySequence<byte> buffer,
        MessageEncoding encoding,
        out ReadOnlySequence<byte> payload,
        out bool isCompressed,
        int maxMessageBytes = MaxMessageBytes)
    {
        payload = default;
        isCompressed = false;
        if (buffer.Length < HeaderBytes)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderBytes];
        buffer.Slice(0, HeaderBytes).CopyTo(header);
        var length = ReadHeader(header, encoding, maxMessageBytes, out isCompressed);
        if (buffer.Length - HeaderBytes < length)
        {
            return false;
        }

        payload = buffer.Slice(HeaderBytes, length);
        buffer = buffer.Slice(payload.End);
        return true;
    }

    /// <summary>What the flag of a message says, where there is one.</summary>
    public static bool IsCompressed(ReadOnlySpan<byte> frame) => !frame.IsEmpty && frame[0] == CompressedFlag;

    /// <summary>What a stream may end with: nothing.</summary>
    /// <param name="rest">What <see cref="TryRead"/> has left when no more bytes will come.</param>
    /// <exception cref="RpcException">INTERNAL: there is a part of a message.</exception>
    public static void ThrowIfCutOff(in ReadOnlySequence<byte> rest)
    {
        if (!rest.IsEmpty)
        {
            throw new RpcException(StatusCode.Internal, $"the last message is cut off: it ends after {rest.Length} bytes, its 5-byte header included");
        }
    }

    /// <summary>Parses what <see cref="TryRead"/> took.</summary>
    /// <exception cref="RpcException">INTERNAL: not compressed as said. RESOURCE_EXHAUSTED: over the limit once decompressed.</exception>
    /// <exception cref="InvalidProtocolBufferException">The bytes are no such message.</exception>
    public static T Parse<T>(
        in ReadOnlySequence<byte> payload,
        bool isCompressed,
        MessageEncoding encoding,
        MessageParser<T> parser,
        int maxMessageBytes = MaxMessageBytes)
        where T : class, IMessage<T>
    {
        if (isCompressed)
        {
            return parser.ParseFrom(Decompress(payload, encoding, maxMessageBytes).Span);
        }

        return payload.IsSingleSegment ? parser.ParseFrom(payload.FirstSpan) : parser.ParseFrom(payload);
    }

    /// <summary>Parses exactly one message with its header.</summary>
    /// <exception cref="RpcException">
    /// INTERNAL: a wrong flag, not compressed as said, cut off, or bytes behind the message. RESOURCE_EXHAUSTED: over the limit,
    /// as it comes or decompressed.
    /// </exception>
    /// <exception cref="InvalidProtocolBufferException">The bytes are no such message.</exception>
    public static T Parse<T>(
        ReadOnlySpan<byte> frame,
        MessageEncoding encoding,
        MessageParser<T> parser,
        int maxMessageBytes = MaxMessageBytes)
        where T : class, IMessage<T>
    {
        if (frame.Length < HeaderBytes)
        {
            throw new RpcException(StatusCode.Internal, $"expected a length-prefixed message, of 5 bytes or more, got {frame.Length}");
        }

        var length = ReadHeader(frame, encoding, maxMessageBytes, out var isCompressed);
        var payload = frame[HeaderBytes..];
        if (payload.Length != length)
        {
            throw new RpcException(
                StatusCode.Internal,
                $"expected one message of {length} bytes, as its header says, got {payload.Length} bytes behind the header");
        }

        return parser.ParseFrom(isCompressed ? Inflate(payload.ToArray(), encoding, maxMessageBytes).Span : payload);
    }

    /// <summary>Decompresses a payload, and stops as soon as it is over the limit: a bomb costs no more than an honest message.</summary>
    /// <exception cref="RpcException">INTERNAL: not compressed as said. RESOURCE_EXHAUSTED: over the limit.</exception>
    public static ReadOnlyMemory<byte> Decompress(in ReadOnlySequence<byte> payload, MessageEncoding encoding, int maxMessageBytes = MaxMessageBytes) =>
        Inflate(
            payload.IsSingleSegment && MemoryMarshal.TryGetArray(payload.First, out var segment) ? segment : payload.ToArray(),
            encoding,
            maxMessageBytes);

    /// <summary>
    /// Writes header and message, compressed whenever the encoding says so. Only the empty message never is: there is nothing to
    /// gain, and what .NET's streams make of it (no bytes at all) is refused by others.
    /// </summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is over the limit; nothing has been written.</exception>
    public static void Write(IBufferWriter<byte> output, IMessage message, MessageEncoding encoding, int maxMessageBytes = MaxMessageBytes)
    {
        if (message is IDeferredMessage { Content: { } content })
        {
            Write(output, content.ToProto(), encoding, maxMessageBytes);
            return;
        }

        var size = message.CalculateSize();
        ThrowIfOverLimit((uint)size, maxMessageBytes);
        if (encoding == MessageEncoding.Identity || size == 0)
        {
            WriteHeader(output, 0, size);
            message.WriteTo(output);
            return;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            message.WriteTo(bytes.AsSpan(0, size));
            WriteCompressed(output, bytes.AsSpan(0, size), encoding);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>The same for a message that is already in bytes, e.g. as JSON.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is over the limit; nothing has been written.</exception>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message, MessageEncoding encoding, int maxMessageBytes = MaxMessageBytes)
    {
        ThrowIfOverLimit((uint)message.Length, maxMessageBytes);
        if (encoding == MessageEncoding.Identity || message.IsEmpty)
        {
            WriteHeader(output, 0, message.Length);
            output.Write(message);
        }
        else
        {
            WriteCompressed(output, message, encoding);
        }
    }

    private static int ReadHeader(ReadOnlySpan<byte> header, MessageEncoding encoding, int maxMessageBytes, out bool isCompressed)
    {
        isCompressed = header[0] == CompressedFlag;
        if (header[0] > CompressedFlag)
        {
            throw new RpcException(StatusCode.Internal, $"expected a compressed flag of 0 or 1, got {header[0]}");
        }

        if (isCompressed && encoding == MessageEncoding.Identity)
        {
            throw new RpcException(StatusCode.Internal, "got a compressed message (flag 1) on a call that names no compression");
        }

        // The length is unsigned: 0xFFFFFFFF is over any limit, not -1.
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        ThrowIfOverLimit(length, maxMessageBytes);
        return (int)length;
    }

    private static void ThrowIfOverLimit(uint lengthBytes, int maxMessageBytes)
    {
        if (lengthBytes > (uint)maxMessageBytes)
        {
            throw new RpcException(StatusCode.ResourceExhausted, $"a message of {lengthBytes} bytes is over the limit of {maxMessageBytes}");
        }
    }

    private static ReadOnlyMemory<byte> Inflate(ArraySegment<byte> compressed, MessageEncoding encoding, int maxMessageBytes)
    {
        // Neither format allows it, but .NET's own streams, and with them gRPC clients on .NET, compress nothing to nothing.
        if (compressed.Count == 0)
        {
            return default;
        }

        using var source = new MemoryStream(compressed.Array!, compressed.Offset, compressed.Count, writable: false);
        using Stream inflater = encoding == MessageEncoding.Gzip
            ? new GZipStream(source, CompressionMode.Decompress)
            : new ZLibStream(source, CompressionMode.Decompress);
        var inflated = new ArrayBufferWriter<byte>();
        try
        {
            int read;
            do
            {
                // One byte past the limit is enough to know.
                var room = inflated.GetSpan(InflateStepBytes);
                read = inflater.Read(room[..(int)Math.Min(room.Length, maxMessageBytes + 1L - inflated.WrittenCount)]);
                inflated.Advance(read);
                if (inflated.WrittenCount > maxMessageBytes)
                {
                    throw new RpcException(StatusCode.ResourceExhausted, $"a message is over the limit of {maxMessageBytes} bytes once decompressed");
                }
            }
            while (read > 0);
        }
        catch (InvalidDataException)
        {
            throw new RpcException(StatusCode.Internal, $"a message is not {encoding.Name()} as its call says: it is damaged, or something else");
        }

        return EndsWithItsCheck(compressed, inflated.WrittenSpan, encoding)
            ? inflated.WrittenMemory
            : throw new RpcException(StatusCode.Internal, $"a message is not {encoding.Name()} as its call says: it is cut off, or goes on behind its end");
    }

    /// <summary>
    /// .NET's streams check the sum at the end if they come to it, but take compressed bytes that end before it for whole, and
    /// ignore what is behind it. Both formats end with something that depends on all of the message: gzip with its length
    /// (RFC 1952, 2.3.1), zlib with its Adler-32 (RFC 1950, 2.2).
    /// </summary>
    private static bool EndsWithItsCheck(ReadOnlySpan<byte> compressed, ReadOnlySpan<byte> inflated, MessageEncoding encoding)
    {
        const int CheckBytes = 4;

        // A header, a block of nothing, a check: what is shorter is cut off, even where a part of its header could pass for a check.
        var leastBytes = encoding == MessageEncoding.Gzip ? 20 : 8;
        if (compressed.Length < leastBytes)
        {
            return false;
        }

        var check = compressed[^CheckBytes..];
        return encoding == MessageEncoding.Gzip
            ? BinaryPrimitives.ReadUInt32LittleEndian(check) == (uint)inflated.Length
            : BinaryPrimitives.ReadUInt32BigEndian(check) == Adler32(inflated);
    }

    private static uint Adler32(ReadOnlySpan<byte> bytes)
    {
        // The largest prime below 2^16, and the most bytes whose sums fit 32 bits before the remainder is taken (zlib's own).
        const uint Prime = 65521;
        const int StepBytes = 5552;
        uint low = 1;
        uint high = 0;
        while (!bytes.IsEmpty)
        {
            var step = bytes[..Math.Min(bytes.Length, StepBytes)];
            foreach (var value in step)
            {
                low += value;
                high += low;
            }

            low %= Prime;
            high %= Prime;
            bytes = bytes[step.Length..];
        }

        return (high << 16) | low;
    }

    private static void WriteCompressed(IBufferWriter<byte> output, ReadOnlySpan<byte> message, MessageEncoding encoding)
    {
        using var compressed = new MemoryStream();
        using (Stream deflater = encoding == MessageEncoding.Gzip
            ? new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
            : new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflater.Write(message);
        }

        WriteHeader(output, CompressedFlag, (int)compressed.Length);
        output.Write(compressed.GetBuffer().AsSpan(0, (int)compressed.Length));
    }

    private static void WriteHeader(IBufferWriter<byte> output, byte flag, int length)
    {
        var header = output.GetSpan(HeaderBytes);
        header[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(header[1..], (uint)length);
        output.Advance(HeaderBytes);
    }
}
