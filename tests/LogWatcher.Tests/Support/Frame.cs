namespace LogWatcher.Tests.Support;

/// <summary>HTTP/2's frames (RFC 9113, 6) by their types.</summary>
internal enum FrameType
{
    Data = 0,
    Headers = 1,
    Reset = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
}

/// <summary>A frame as it came; headers are decoded.</summary>
internal sealed record Frame(FrameType Type, int Flags, int StreamId, byte[] Payload)
{
    public const int EndStream = 1;
    public const int Ack = 1;
    public const int EndHeaders = 4;

    public bool EndsStream => Type is FrameType.Data or FrameType.Headers && (Flags & EndStream) != 0;

    public List<(string Name, string Value)> Headers => Hpack.Decode(Payload);

    /// <summary>Of a RST_STREAM; of a GOAWAY with its last stream's number left out.</summary>
    public int ErrorCode => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(Payload.AsSpan(Type == FrameType.GoAway ? 4 : 0));
}
