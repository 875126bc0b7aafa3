namespace LogWatcher.Rpc;

/// <summary>
/// How many handlers have not returned. A call has ended when its end is written; its handler may then still be about to put away
/// what it holds, a half-written file for one, and a process that ends in between leaves that behind. Any thread.
/// </summary>
internal sealed class RunningHandlers
{
    private int _count;
    private Action? _onNone;

    /// <summary>Whether all have returned.</summary>
    public bool IsNone => Volatile.Read(ref _count) == 0;

    /// <summary>A handler begins.</summary>
    public void Enter() => Interlocked.Increment(ref _count);

    /// <summary>It has returned.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _count) == 0)
        {
            Volatile.Read(ref _onNone)?.Invoke();
        }
    }

    /// <summary>Has this called whenever the last one has returned.</summary>
    public void NotifyWhenNone(Action onNone) => Volatile.Write(ref _onNone, onNone);
}
