namespace LogWatcher.Benchmarks;

/// <summary>
/// Asks again and again for the peak memory of a process that ends by itself: once it has, there is nobody to ask any more. What it
/// takes in its last milliseconds is missed.
/// </summary>
internal sealed class PeakMemory : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly Timer _timer;
    private double _megabytes;

    public PeakMemory(Child child) =>
        _timer = new Timer(_ => Interlocked.Exchange(ref _megabytes, child.PeakMegabytes ?? _megabytes), null, TimeSpan.Zero, Pause);

    public double Megabytes => Volatile.Read(ref _megabytes);

    public void Dispose() => _timer.Dispose();
}
