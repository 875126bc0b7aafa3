namespace LogWatcher.Rpc;

/// <summary>Messages that have gone over a door, and their bytes.</summary>
internal readonly record struct Traffic(long MessagesReceived, long MessagesSent, long BytesReceived, long BytesSent)
{
    public static Traffic operator +(Traffic left, Traffic right) => new(
        left.MessagesReceived + right.MessagesReceived,
        left.MessagesSent + right.MessagesSent,
        left.BytesReceived + right.BytesReceived,
        left.BytesSent + right.BytesSent);
}
