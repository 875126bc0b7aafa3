using LogWatcher.Rpc;

namespace LogWatcher.Http2;

/// <summary>
/// The calls that run, of all connections: for the stop, and for their bound. Kept in parts with a lock each, since every call of
/// every connection passes here twice.
/// </summary>
/// <param name="maxCalls">So many at once.</param>
internal sealed class LiveCalls(int maxCalls)
{
    // More parts than a small machine has cores: two threads seldom meet.
    private const int Parts = 16;

    private readonly Part[] _parts = [.. Enumerable.Range(0, Parts).Select(_ => new Part())];
    private volatile bool _isStopping;
    private int _count;

    /// <summary>Whether the door has been told to stop.</summary>
    public bool IsStopping => _isStopping;

    public int Count => Volatile.Read(ref _count);

    /// <summary>What has come and gone, with all that live and all that have ended.</summary>
    public DoorCounts Counts
    {
        get
        {
            var (calls, live, traffic) = (0L, 0, default(Traffic));
            foreach (var part in _parts)
            {
                lock (part)
                {
                    live += part.Live.Count;
                    calls += part.Ended;
                    traffic += part.Traffic;
                    foreach (var call in part.Live)
                    {
                        traffic += call.Traffic;
                    }
                }
            }

            return new DoorCounts("http2", calls + live, live, traffic);
        }
    }

    /// <summary>
    /// Takes a call. While the door stops it takes none but health's; and a load balancer must not think a server dead that is only
    /// busy, so a question for the health is not bound, which takes no longer than its answer.
    /// </summary>
    /// <returns>Why it is refused; null: it is not.</returns>
    public Status? TryAdd(GrpcCall call)
    {
        var isHealth = HealthChecking.Includes(call.Method);
        var isBound = !(isHealth && call.Method.GivesOneMessage);
        if (Interlocked.Increment(ref _count) > maxCalls && isBound)
        {
            Interlocked.Decrement(ref _count);
            return new Status(StatusCode.ResourceExhausted, $"the node has {maxCalls} live calls, and no place for more until some end");
        }

        var part = PartOf(call);
        lock (part)
        {
            if (!_isStopping || isHealth)
            {
                part.Live.Add(call);
                return null;
            }
        }

        Interlocked.Decrement(ref _count);
        return new Status(StatusCode.Unavailable, "the node is stopping");
    }

    /// <summary>Does nothing for a call that was refused.</summary>
    public void Remove(GrpcCall call)
    {
        var part = PartOf(call);
        bool wasLive;
        lock (part)
        {
            wasLive = part.Live.Remove(call);
            if (wasLive)
            {
                part.Ended++;
                part.Traffic += call.Traffic;
            }
        }

        if (wasLive)
        {
            Interlocked.Decrement(ref _count);
        }
    }

    public List<GrpcCall> Snapshot()
    {
        var calls = new List<GrpcCall>();
        foreach (var part in _parts)
        {
            lock (part)
            {
                calls.AddRange(part.Live);
            }
        }

        return calls;
    }

    /// <summary>Takes no more calls. Whoever looked at the flag before is in the next <see cref="Snapshot"/>.</summary>
    public void Stop() => _isStopping = true;

    private Part PartOf(GrpcCall call) => _parts[(uint)call.Number % Parts];

    private sealed class Part
    {
        public HashSet<GrpcCall> Live { get; } = [];

        public long Ended { get; set; }

        /// <summary>Of those that have ended.</summary>
        public Traffic Traffic { get; set; }
    }
}
