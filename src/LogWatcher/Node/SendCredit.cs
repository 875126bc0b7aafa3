namespace LogWatcher.Node;

/// <summary>
/// How many messages a client that asked for flow control can still take. The handler's side spends and waits, the reader adds.
/// </summary>
internal sealed class SendCredit(int window)
{
    private readonly Lock _gate = new();
    private long _credit = window;
    private TaskCompletionSource? _waiter;
    private bool _isReleased;

    public bool IsSpent => Volatile.Read(ref _credit) == 0;

    /// <summary>Whether somebody waits for more.</summary>
    public bool IsAwaited => Volatile.Read(ref _waiter) is not null;

    /// <summary>Takes one for a message that is being written.</summary>
    public void Spend() => Interlocked.Decrement(ref _credit);

    /// <summary>Adds credit. What waits for it goes on right here, on the reader.</summary>
    public void Add(long credit)
    {
        Interlocked.Add(ref _credit, credit);
        Wake(release: false);
    }

    /// <summary>Done when there is credit, or none is needed any more. For one at a time.</summary>
    public Task WaitAsync()
    {
        lock (_gate)
        {
            if (_isReleased || !IsSpent)
            {
                return Task.CompletedTask;
            }

            // Without asynchronous continuations: what the reader's credit wakes is to go on there.
            _waiter = new TaskCompletionSource();
            return _waiter.Task;
        }
    }

    /// <summary>The call has ended: nobody is to wait any more.</summary>
    public void Release() => Wake(release: true);

    private void Wake(bool release)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            _isReleased |= release;
            (waiter, _waiter) = (_waiter, null);
        }

        waiter?.SetResult();
    }
}
