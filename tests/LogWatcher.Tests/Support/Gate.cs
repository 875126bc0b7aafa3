using System.Threading.Channels;

namespace LogWatcher.Tests.Support;

/// <summary>Where a handler waits until the test lets it through. It goes on from the thread pool.</summary>
internal sealed class Gate
{
    private readonly SemaphoreSlim _passes = new(0);
    private readonly Channel<bool> _arrivals = Channel.CreateUnbounded<bool>();

    /// <summary>Lets so many through, those that wait first.</summary>
    public void Let(int count) => _passes.Release(count);

    /// <summary>Lets everybody through from now on.</summary>
    public void Open() => _passes.Release(int.MaxValue / 2);

    /// <summary>The test waits until so many handlers have come to the gate, of which it has not heard yet.</summary>
    public async Task ArrivedAsync(int count = 1)
    {
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        for (; count > 0; count--)
        {
            await _arrivals.Reader.ReadAsync(patience.Token);
        }
    }

    /// <summary>The handler waits for the test.</summary>
    public Task PassAsync(CancellationToken cancellationToken = default)
    {
        var pass = _passes.WaitAsync(cancellationToken);
        _arrivals.Writer.TryWrite(true);
        return pass;
    }
}
