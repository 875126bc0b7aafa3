using System.Collections.Concurrent;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>
/// A call as the registry remembers it: its owner, the opener's msg_id, the number of its stream (0: it has none) and, while
/// it lives, the call itself.
/// </summary>
internal sealed class CallRecord(Client owner, long msgId, long streamNumber, long order)
{
    public Client Owner { get; } = owner;

    public long MsgId { get; } = msgId;

    public long StreamNumber { get; } = streamNumber;

    /// <summary>Grows with each call: the order of opening.</summary>
    public long Order { get; } = order;

    /// <summary>The call; null before it is made, which is right after its place is taken, and once it has ended.</summary>
    public LineCall? Call { get; set; }

    /// <summary>Whether the call lives.</summary>
    public bool IsLive => Call is not null;
}

/// <summary>
/// All calls that live and the last that have ended: (src, stream id) and (src, msg_id of the opener) lead to a call. A call
/// belongs to the src that opened it; to everyone else it does not exist. Any thread.
/// </summary>
internal sealed class StreamRegistry
{
    /// <summary>So many ended calls are remembered, of all clients together; older ones are as if they never were.</summary>
    public const int MaxRemembered = 10_000;

    // One client alone must not be able to take every place.
    private const int ClientsWorthOfCalls = 10;

    private readonly Lock _gate = new();
    private readonly int _maxCallsPerClient;
    private readonly Dictionary<byte[], Client> _clients = new(Utf8Comparer.Instance);

    // Read for every message of a stream, and so without the lock.
    private readonly ConcurrentDictionary<long, CallRecord> _byStream = new();

    private readonly Dictionary<CallKey, CallRecord> _byMsgId = new(CallKeyComparer.Instance);
    private readonly Dictionary<byte[], Client>.AlternateLookup<ReadOnlySpan<byte>> _clientsBySpan;
    private readonly Dictionary<CallKey, CallRecord>.AlternateLookup<CallKeySpan> _byMsgIdSpan;
    private readonly Queue<CallRecord> _ended = new();
    private long _lastStreamNumber;
    private long _lastOrder;
    private int _liveCalls;
    private Action? _onIdle;
    private bool _isClosed;

    /// <param name="maxCallsPerClient">Live calls of one src; ten times as many may live in all.</param>
    public StreamRegistry(int maxCallsPerClient)
    {
        _maxCallsPerClient = maxCallsPerClient;
        _clientsBySpan = _clients.GetAlternateLookup<ReadOnlySpan<byte>>();
        _byMsgIdSpan = _byMsgId.GetAlternateLookup<CallKeySpan>();
    }

    /// <summary>Calls that have begun.</summary>
    public long AllCalls
    {
        get
        {
            lock (_gate)
            {
                return _lastOrder;
            }
        }
    }

    /// <summary>Calls that have not ended.</summary>
    public int LiveCalls
    {
        get
        {
            lock (_gate)
            {
                return _liveCalls;
            }
        }
    }

    /// <summary>Whether a src has a live call that was opened by this msg_id.</summary>
    public bool IsLive(ReadOnlySpan<byte> src, long msgId) => Find(src, msgId) is { IsLive: true };

    /// <summary>Finds a live or remembered call by its opener's msg_id.</summary>
    public CallRecord? Find(ReadOnlySpan<byte> src, long msgId)
    {
        lock (_gate)
        {
            return _byMsgIdSpan.TryGetValue(new CallKeySpan(src, msgId), out var record) ? record : null;
        }
    }

    /// <summary>Finds a live or remembered stream by its number.</summary>
    public CallRecord? FindStream(ReadOnlySpan<byte> src, long streamNumber) =>
        _byStream.TryGetValue(streamNumber, out var record) && src.SequenceEqual(record.Owner.Name) ? record : null;

    /// <summary>Takes a place for a new call, and if it is a stream the next number. The caller puts the call into it.</summary>
    /// <exception cref="RpcException">
    /// RESOURCE_EXHAUSTED: too many calls live; UNAVAILABLE: the registry is closed.
    /// </exception>
    public CallRecord Add(ReadOnlySpan<byte> src, long msgId, bool isStream)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new RpcException(StatusCode.Unavailable, "the node is stopping");
            }

            if (_liveCalls >= (long)_maxCallsPerClient * ClientsWorthOfCalls)
            {
                throw new RpcException(
                    StatusCode.ResourceExhausted, $"the node has {_liveCalls} live calls, and no place for more until some end");
            }

            var client = ClientOf(src);
            if (client.LiveCalls >= _maxCallsPerClient)
            {
                throw new RpcException(
                    StatusCode.ResourceExhausted,
                    $"this client has {client.LiveCalls} live calls, and may have no more until some end (--max-calls)");
            }

            _clients[client.Name] = client;
            client.LiveCalls++;
            _liveCalls++;
            var record = new CallRecord(client, msgId, isStream ? ++_lastStreamNumber : 0, ++_lastOrder);
            Remember(record);
            return record;
        }
    }

    /// <summary>Remembers a call that was refused: it has ended, and was never live.</summary>
    public void AddRefused(ReadOnlySpan<byte> src, long msgId)
    {
        lock (_gate)
        {
            var record = new CallRecord(ClientOf(src), msgId, streamNumber: 0, ++_lastOrder);
            Remember(record);
            Forget(record);
        }
    }

    /// <summary>Lets go of a call that has ended, and remembers that it was.</summary>
    public void Close(CallRecord record)
    {
        Action? onIdle;
        lock (_gate)
        {
            record.Call = null;
            if (--record.Owner.LiveCalls == 0)
            {
                _clients.Remove(record.Owner.Name);
            }

            Forget(record);
            onIdle = --_liveCalls == 0 ? _onIdle : null;
        }

        onIdle?.Invoke();
    }

    /// <summary>The live calls in the order in which they were opened.</summary>
    public List<LineCall> SnapshotLive()
    {
        lock (_gate)
        {
            // Plain loops: a query over these would be compiled at the end of every run.
            var live = new List<CallRecord>();
            foreach (var record in _byMsgId.Values)
            {
                if (record.IsLive)
                {
                    live.Add(record);
                }
            }

            live.Sort((left, right) => left.Order.CompareTo(right.Order));
            return live.ConvertAll(record => record.Call!);
        }
    }

    /// <summary>Takes no more calls.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    /// <summary>Has this called whenever the last live call has ended.</summary>
    public void NotifyWhenIdle(Action onIdle)
    {
        lock (_gate)
        {
            _onIdle = onIdle;
        }
    }

    private Client ClientOf(ReadOnlySpan<byte> src) => _clientsBySpan.TryGetValue(src, out var client) ? client : new Client(src.ToArray());

    private void Remember(CallRecord record)
    {
        _byMsgId[new CallKey(record.Owner.Name, record.MsgId)] = record;
        if (record.StreamNumber > 0)
        {
            _byStream[record.StreamNumber] = record;
        }
    }

    private void Forget(CallRecord ended)
    {
        _ended.Enqueue(ended);
        if (_ended.Count <= MaxRemembered)
        {
            return;
        }

        var oldest = _ended.Dequeue();
        _byStream.TryRemove(oldest.StreamNumber, out _);

        // The msg_id may have been used again since, and then leads to the newer call.
        var key = new CallKey(oldest.Owner.Name, oldest.MsgId);
        if (_byMsgId.TryGetValue(key, out var current) && current == oldest)
        {
            _byMsgId.Remove(key);
        }
    }

    private readonly record struct CallKey(byte[] Src, long MsgId);

    private readonly ref struct CallKeySpan(ReadOnlySpan<byte> src, long msgId)
    {
        public ReadOnlySpan<byte> Src { get; } = src;

        public long MsgId { get; } = msgId;
    }

    private sealed class CallKeyComparer : IEqualityComparer<CallKey>, IAlternateEqualityComparer<CallKeySpan, CallKey>
    {
        public static CallKeyComparer Instance { get; } = new();

        public CallKey Create(CallKeySpan alternate) => new(alternate.Src.ToArray(), alternate.MsgId);

        public bool Equals(CallKey x, CallKey y) => x.MsgId == y.MsgId && x.Src.AsSpan().SequenceEqual(y.Src);

        public bool Equals(CallKeySpan alternate, CallKey other) => alternate.MsgId == other.MsgId && alternate.Src.SequenceEqual(other.Src);

        public int GetHashCode(CallKey obj) => GetHashCode(new CallKeySpan(obj.Src, obj.MsgId));

        public int GetHashCode(CallKeySpan alternate) => HashCode.Combine(Utf8Comparer.Hash(alternate.Src), alternate.MsgId);
    }

    private sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static Utf8Comparer Instance { get; } = new();

        // Seeded for each process, so that no client can choose names that collide.
        public static int Hash(ReadOnlySpan<byte> utf8)
        {
            var hash = default(HashCode);
            hash.AddBytes(utf8);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => Hash(obj);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => Hash(alternate);
    }
}
