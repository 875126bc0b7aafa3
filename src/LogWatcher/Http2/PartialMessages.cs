using LogWatcher.Rpc;

namespace LogWatcher.Http2;

/// <summary>
/// What messages that have not come whole may take in memory, of all calls together. HTTP/2's windows do not bound that: a message
/// may be longer than they are, so they are opened again while it comes. Any thread.
/// </summary>
/// <param name="maxBytes">So many at once.</param>
internal sealed class PartialMessages(long maxBytes)
{
    /// <summary>The bound, unless one message may be longer: as much as may wait for handlers on the line door.</summary>
    public const long MaxBytes = 64 * 1024 * 1024;

    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Counts what has come of a message so far.</summary>
    /// <param name="held">What it was counted with before.</param>
    /// <param name="bytes">What it is counted with now.</param>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: there is no room for that; it is counted as before.</exception>
    public void Hold(ref long held, long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes - held) > maxBytes)
        {
            Interlocked.Add(ref _bytes, held - bytes);
            throw new RpcException(
                StatusCode.ResourceExhausted, $"messages of which a part has come take {maxBytes} bytes already, and no more until some are whole");
        }

        held = bytes;
    }

    /// <summary>The message is whole, or will never be.</summary>
    public void Release(long held) => Interlocked.Add(ref _bytes, -held);
}
