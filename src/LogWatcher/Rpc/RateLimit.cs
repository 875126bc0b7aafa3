using System.Globalization;

namespace LogWatcher.Rpc;

/// <summary>
/// The interceptor behind <c>--rate</c>: a token bucket for each peer, of so many calls a second and no more at once. Calls of
/// the health service are free. Any number of threads at once.
/// </summary>
internal sealed class RateLimit
{
    /// <summary>
    /// Peers whose buckets are kept. A full bucket is as good as none, so only those count that have called within the last
    /// second; when even they are more, the others share one bucket.
    /// </summary>
    public const int MaxPeers = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Bucket> _buckets = [];
    private readonly Bucket _shared;
    private readonly int _callsPerSecond;
    private long _sweptAt = long.MinValue / 2;

    private RateLimit(int callsPerSecond)
    {
        _callsPerSecond = callsPerSecond;
        _shared = new Bucket(callsPerSecond);
    }

    /// <param name="callsPerSecond">1 or more: the rate of each peer, and what a peer that was quiet may begin with.</param>
    /// <returns>An interceptor that ends calls over the rate RESOURCE_EXHAUSTED.</returns>
    public static Interceptor Of(int callsPerSecond)
    {
        var limit = new RateLimit(callsPerSecond);
        return (context, next) => HealthChecking.Includes(context.Method) || limit.TryTake(context)
            ? next(context)
            : throw new RpcException(
                StatusCode.ResourceExhausted,
                string.Create(CultureInfo.InvariantCulture, $"more than {callsPerSecond} calls a second of one client; try again later"));
    }

    private bool TryTake(CallContext context)
    {
        var now = context.Time.GetTimestamp();
        var frequency = context.Time.TimestampFrequency;
        lock (_gate)
        {
            return BucketOf(context.PeerHost, now, frequency).TryTake(now, frequency, _callsPerSecond);
        }
    }

    private Bucket BucketOf(string peer, long now, long frequency)
    {
        if (_buckets.TryGetValue(peer, out var bucket))
        {
            return bucket;
        }

        if (_buckets.Count >= MaxPeers && now - _sweptAt >= frequency)
        {
            // Buckets fill within a second: to look more often would cost much and find little.
            _sweptAt = now;
            foreach (var (other, its) in _buckets)
            {
                if (its.IsFull(now, frequency, _callsPerSecond))
                {
                    _buckets.Remove(other);
                }
            }
        }

        if (_buckets.Count >= MaxPeers)
        {
            return _shared;
        }

        bucket = new Bucket(_callsPerSecond) { FilledAt = now };
        _buckets.Add(peer, bucket);
        return bucket;
    }

    private sealed class Bucket(int calls)
    {
        private double _calls = calls;

        /// <summary>A timestamp of the call's clock.</summary>
        public long FilledAt { get; set; }

        public bool TryTake(long now, long frequency, int callsPerSecond)
        {
            _calls = Level(now, frequency, callsPerSecond);
            FilledAt = now;
            if (_calls < 1)
            {
                return false;
            }

            _calls--;
            return true;
        }

        public bool IsFull(long now, long frequency, int callsPerSecond) => Level(now, frequency, callsPerSecond) >= callsPerSecond;

        private double Level(long now, long frequency, int callsPerSecond) =>
            Math.Min(callsPerSecond, _calls + ((now - FilledAt) / (double)frequency * callsPerSecond));
    }
}
