namespace LogWatcher.Tests.Support;

/// <summary>How much may be sent yet (RFC 9113, 5.2).</summary>
internal sealed class SendWindow(long bytes)
{
    private readonly Lock _gate = new();
    private long _bytes = bytes;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Add(long more)
    {
        lock (_gate)
        {
            _bytes = Math.Min(_bytes + more, long.MaxValue / 4);
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Has nobody wait any more: what is sent now, nobody reads.</summary>
    public void Open() => Add(long.MaxValue / 8);

    /// <summary>Takes as much as there is, and waits while there is nothing.</summary>
    public async Task<int> TakeAsync(int most)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_bytes > 0 || most == 0)
                {
                    var taken = (int)Math.Min(_bytes, most);
                    _bytes -= taken;
                    return taken;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(RunningNode.Patience);
        }
    }
}
