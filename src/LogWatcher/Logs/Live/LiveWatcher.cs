using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>
/// One watch's side of the live feed: what it wants, and a bounded queue between the feed, which never waits, and the watch,
/// which may. When the queue is full its oldest entries are dropped, and counted on the entry behind them.
/// </summary>
internal sealed class LiveWatcher(Filter filter, SourceSelection selection) : IDisposable
{
    /// <summary>Entries that wait for a slow watch at most (logs.md, "Watchers that are slow").</summary>
    public const int MaxWaiting = 10_000;

    /// <summary>The lines they come from may hold so many bytes in all: lines of 1 MiB would fill the memory long before.</summary>
    public const long MaxWaitingBytes = 64L << 20;

    /// <summary>
    /// A watch that falls behind while the feed has a burst to hand out holds the feed up so many times, a millisecond each,
    /// and then no more until it has caught up: enough for a thread to get its turn on a busy machine, and not to be felt by
    /// the others when one is slow for good.
    /// </summary>
    private const int MaxHolds = 100;

    private readonly Lock _gate = new();
    private readonly Queue<(LogEntry Entry, int Bytes)> _waiting = new();
    private readonly Dictionary<string, bool> _wanted = new(StringComparer.Ordinal);
    private long _waitingBytes;
    private long _dropped;
    private int _holds;
    private TaskCompletionSource? _arrival;
    private Exception? _failure;
    private LiveFeed? _feed;

    public Filter Filter => filter;

    /// <summary>Whether the watch wants entries of this file. For the feed alone.</summary>
    public bool Wants(string source)
    {
        if (!_wanted.TryGetValue(source, out var wanted))
        {
            wanted = selection.Includes(source);
            _wanted.Add(source, wanted);
        }

        return wanted;
    }

    /// <summary>Forgets what it knew of a file that is gone, so that names that come and go take no memory.</summary>
    public void Forget(string source) => _wanted.Remove(source);

    /// <summary>The feed has taken the watch in; it leaves by being disposed of.</summary>
    public void Joined(LiveFeed feed) => _feed = feed;

    /// <summary>Puts an entry into the queue; never waits.</summary>
    public void Offer(LogEntry entry, int lineBytes)
    {
        lock (_gate)
        {
            _waiting.Enqueue((entry, lineBytes));
            _waitingBytes += lineBytes;
            while (_waiting.Count > MaxWaiting || _waitingBytes > MaxWaitingBytes)
            {
                _waitingBytes -= _waiting.Dequeue().Bytes;
                _dropped++;
            }

            Wake();
        }
    }

    /// <summary>Whether the feed is to wait a moment before it hands out more. Each time it says so counts.</summary>
    public bool HoldsUp()
    {
        lock (_gate)
        {
            if (_waiting.Count < MaxWaiting / 4)
            {
                _holds = 0;
            }

            return _waiting.Count > MaxWaiting / 2 && _holds++ < MaxHolds;
        }
    }

    /// <summary>Ends the watch with what has gone wrong in the feed.</summary>
    public void Fail(Exception exception)
    {
        lock (_gate)
        {
            _failure = exception;
            Wake();
        }
    }

    /// <summary>The next entry, with the number of those dropped right before it. One caller at a time.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<LogEntry> NextAsync(CancellationToken cancellationToken)
    {
        for (; ; )
        {
            Task arrival;
            lock (_gate)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_waiting.TryDequeue(out var next))
                {
                    _waitingBytes -= next.Bytes;
                    var dropped = _dropped;
                    _dropped = 0;

                    // The entry itself is shared with other watches.
                    return dropped == 0 ? next.Entry : next.Entry with { Suppressed = dropped };
                }

                if (_failure is not null)
                {
                    throw new IOException("the logs can no longer be followed", _failure);
                }

                _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _arrival.Task;
            }

            await arrival.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => _feed?.Leave(this);

    private void Wake()
    {
        _arrival?.TrySetResult();
        _arrival = null;
    }
}
