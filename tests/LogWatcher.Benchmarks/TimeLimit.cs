namespace LogWatcher.Benchmarks;

/// <summary>Ends the program, and says where it was, when a step takes longer than it may: no measurement waits for ever.</summary>
internal sealed class TimeLimit : IDisposable
{
    private const int ExitHung = 1;

    private readonly Timer _timer;
    private readonly Action _beforeExit;
    private volatile Step? _step;

    /// <param name="beforeExit">Called on the timer's thread, right before the end.</param>
    public TimeLimit(Action beforeExit)
    {
        _beforeExit = beforeExit;
        _timer = new Timer(static limit => ((TimeLimit)limit!).End(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the program is ending: whatever fails now fails because of that.</summary>
    public bool IsOver { get; private set; }

    /// <summary>From now on the time of this step is counted.</summary>
    public void Begin(Step step)
    {
        _step = step;
        _timer.Change(step.Limit, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    private void End()
    {
        IsOver = true;
        Console.Error.WriteLine($"{_step!.Name}: not done after {_step.Limit.TotalSeconds:0} s, so it hangs; ending");
        _beforeExit();
        Environment.Exit(ExitHung);
    }
}
