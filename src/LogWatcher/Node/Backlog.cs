namespace LogWatcher.Node;

/// <summary>
/// What a client has sent on one stream and its handler has not taken: counted, bounded, and waited for by the reader where the
/// pipe is the flow control. Guarded by the call's gate.
/// </summary>
internal sealed class Backlog(CallEnvironment environment, object gate, bool isWindowed)
{
    /// <summary>Messages of one stream that may wait before the reader waits for their handler.</summary>
    public const int MaxMessages = 1024;

    /// <summary>Bytes of messages that may wait for one stream's handler: as many as one line can bring.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>
    /// What a waiting message counts for besides its bytes on the line: those without any take memory too, and a window may
    /// allow two thousand million of them.
    /// </summary>
    public const int MessageOverheadBytes = 64;

    /// <summary>Bytes of messages that may wait in all, so that many streams can't do together what one can't.</summary>
    public const int MaxBytesOfAll = 64 * 1024 * 1024;

    /// <summary>How long one stream may hold up reading, not counting the time in which stdout itself is blocked.</summary>
    public static readonly TimeSpan MaxHold = TimeSpan.FromSeconds(5);

    // How often the reader looks whether other streams have made room, of which nobody tells it.
    private static readonly TimeSpan LookAround = TimeSpan.FromMilliseconds(100);

    private int _bytes;
    private bool _isAwaited;

    /// <summary>Messages that wait.</summary>
    public int Messages { get; private set; }

    /// <summary>What they count for, in bytes.</summary>
    public int Bytes => _bytes;

    /// <summary>
    /// Whether a message may be added, however many messages a window allows. Without the gate: what is taken meanwhile only
    /// makes more room.
    /// </summary>
    public bool HasRoomForBytes => _bytes < MaxBytes && Volatile.Read(ref environment.WaitingBytes(isWindowed)) < MaxBytesOfAll;

    /// <summary>Whether a message may be added where the pipe is the flow control.</summary>
    public bool HasRoom => Messages < MaxMessages && HasRoomForBytes;

    /// <summary>Whether this stream alone has too much waiting.</summary>
    private bool IsStreamFull => Messages >= MaxMessages || _bytes >= MaxBytes;

    /// <summary>Counts messages that begin or, below 0, cease to wait. Under the gate.</summary>
    public void Count(int messages, int bytes)
    {
        Messages += messages;
        bytes += messages * MessageOverheadBytes;
        _bytes += bytes;
        Interlocked.Add(ref environment.WaitingBytes(isWindowed), bytes);
        if (_isAwaited)
        {
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Has the reader wait until there is room for a message or the call has ended.</summary>
    /// <param name="isOver">Whether the call has ended; asked under the gate, which is to be pulsed when it does.</param>
    /// <returns>False: there was no room for too long.</returns>
    public bool WaitForRoom(Func<bool> isOver)
    {
        environment.Writer.Flush();
        var started = environment.Time.GetTimestamp();
        var blockedBefore = environment.Writer.BlockedTime;
        while (true)
        {
            // Outside of the gate: this takes the writer's lock, which comes before the gate or not at all.
            var held = environment.Time.GetElapsedTime(started) - (environment.Writer.BlockedTime - blockedBefore);
            lock (gate)
            {
                if (isOver() || HasRoom)
                {
                    return true;
                }

                if (held >= MaxHold)
                {
                    return false;
                }

                var left = MaxHold - held;
                WaitAtMost(IsStreamFull || left < LookAround ? left : LookAround);
            }
        }
    }

    private void WaitAtMost(TimeSpan time)
    {
        _isAwaited = true;
        using (environment.Time.CreateTimer(_ => Pulse(), null, time, Timeout.InfiniteTimeSpan))
        {
            Monitor.Wait(gate);
        }

        _isAwaited = false;
    }

    private void Pulse()
    {
        lock (gate)
        {
            Monitor.PulseAll(gate);
        }
    }
}
