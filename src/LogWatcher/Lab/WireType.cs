namespace LogWatcher.Lab;

/// <summary>How a field's bytes tell where they end (protobuf.dev, "Encoding", "Message Structure"). 6 and 7 stand for nothing.</summary>
internal enum WireType
{
    Varint = 0,
    I64 = 1,
    Len = 2,
    SGroup = 3,
    EGroup = 4,
    I32 = 5,
}

internal static class WireTypes
{
    /// <summary>The name that protobuf's documentation and seed 002 give it.</summary>
    public static string Name(this WireType type) => type switch
    {
        WireType.Varint => "VARINT",
        WireType.I64 => "I64",
        WireType.Len => "LEN",
        WireType.SGroup => "SGROUP",
        WireType.EGroup => "EGROUP",
        _ => "I32",
    };
}
