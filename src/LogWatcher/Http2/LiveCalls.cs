namespace LogWatcher.Http2;

/// <summary>
/// The calls that run, for the stop. Kept in parts with a lock each, since every call of every connection passes here twice.
/// </summary>
internal sealed class LiveCalls
{
    // More parts than a small machine has cores: two threads seldom meet.
    private const int Parts = 16;

    private readonly HashSet<GrpcCall>[] _parts = [.. Enumerable.Range(0, Parts).Select(_ => new HashSet<GrpcCall>())];
    private volatile bool _isStopping;

    /// <summary>Whether the door has been told to stop.</summary>
    public bool IsStopping => _isStopping;

    public int Count
    {
        get
        {
            var count = 0;
            foreach (var part in _parts)
            {
                lock (part)
                {
                    count += part.Count;
                }
            }

            return count;
        }
    }

    /// <returns>False: the door stops, and takes no calls but those that are always answered.</returns>
    public bool TryAdd(GrpcCall call, bool isAlwaysAnswered)
    {
        var part = PartOf(call);
        lock (part)
        {
            return (!_isStopping || isAlwaysAnswered) && part.Add(call);
        }
    }

    public void Remove(GrpcCall call)
    {
        var part = PartOf(call);
        lock (part)
        {
            part.Remove(call);
        }
    }

    public List<GrpcCall> Snapshot()
    {
        var calls = new List<GrpcCall>();
        foreach (var part in _parts)
        {
            lock (part)
            {
                calls.AddRange(part);
            }
        }

        return calls;
    }

    /// <summary>Takes no more calls. Whoever looked at the flag before is in the next <see cref="Snapshot"/>.</summary>
    public void Stop() => _isStopping = true;

    private HashSet<GrpcCall> PartOf(GrpcCall call) => _parts[(uint)call.Number % Parts];
}
