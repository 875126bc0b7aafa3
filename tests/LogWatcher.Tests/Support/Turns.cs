using System.Collections.Concurrent;

namespace LogWatcher.Tests.Support;

/// <summary>Runs what has given its thread back when it is told to.</summary>
internal sealed class Turns : SynchronizationContext
{
    private readonly ConcurrentQueue<Action> _waiting = new();
    private readonly SemaphoreSlim _arrived = new(0);

    /// <summary>How many there were.</summary>
    public int Count { get; private set; }

    public override void Post(SendOrPostCallback d, object? state) => Put(() => d(state));

    public Task<T> Begin<T>(Func<Task<T>> begin) => Run(begin);

    public void Next()
    {
        Count++;
        Run(() =>
        {
            _waiting.TryDequeue(out var next).Should().BeTrue();
            next!();
            return true;
        });
    }

    /// <summary>Waits for something to run: of that which goes on another thread in between.</summary>
    public async Task ArrivedAsync() => (await _arrived.WaitAsync(RunningNode.Patience)).Should().BeTrue();

    private void Put(Action next)
    {
        _waiting.Enqueue(next);
        _arrived.Release();
    }

    private T Run<T>(Func<T> run)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            return run();
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }
}
