namespace LogWatcher.Tests.Support;

/// <summary>A clock on which a test can do something right where it is looked at, or where a timer is set.</summary>
internal sealed class HookedTime : TimeProvider
{
    private Action? _onTimestamp;
    private (int Look, Action Action) _onUtcNow;
    private int _utcLooks;

    /// <summary>Whether a timer with a due time fires where it is set, before anybody goes on.</summary>
    public bool FiresAtOnce { get; set; }

    /// <summary>Has this done, once, where the time is looked at next, on the thread that does.</summary>
    public void OnNextTimestamp(Action action) => Volatile.Write(ref _onTimestamp, action);

    /// <summary>Has this done where the date is looked at for so many times, on the thread that does.</summary>
    public void OnUtcNow(int look, Action action) => _onUtcNow = (look, action);

    /// <summary>Has this done where the date is looked at, each time.</summary>
    public Action? OnEachUtcNow { get; set; }

    public override DateTimeOffset GetUtcNow()
    {
        OnEachUtcNow?.Invoke();
        if (Interlocked.Increment(ref _utcLooks) == _onUtcNow.Look)
        {
            _onUtcNow.Action();
        }

        return base.GetUtcNow();
    }

    public override long GetTimestamp()
    {
        Interlocked.Exchange(ref _onTimestamp, null)?.Invoke();
        return base.GetTimestamp();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (!FiresAtOnce)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        callback(state);
        return base.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
