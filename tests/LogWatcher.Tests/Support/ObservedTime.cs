namespace LogWatcher.Tests.Support;

/// <summary>
/// A manual clock that also tells a test when a timer has been set: then whoever set it waits, and the clock may move on.
/// </summary>
internal sealed class ObservedTime : TimeProvider
{
    private readonly ManualTimeProvider _clock = new();
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _set = [];
    private readonly List<(TimeSpan Due, TaskCompletionSource Source)> _waiters = [];

    public override long TimestampFrequency => _clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _clock.GetUtcNow();

    public override long GetTimestamp() => _clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = _clock.CreateTimer(callback, state, dueTime, period);
        lock (_gate)
        {
            if (_waiters.FindIndex(waiter => waiter.Due == dueTime) is var index and >= 0)
            {
                _waiters[index].Source.SetResult();
                _waiters.RemoveAt(index);
            }
            else
            {
                _set.Add(dueTime);
            }
        }

        return timer;
    }

    public void Advance(TimeSpan by) => _clock.Advance(by);

    /// <summary>Completes when a timer of this length has been set of which the test has not heard yet.</summary>
    public Task TimerSetAsync(TimeSpan due)
    {
        lock (_gate)
        {
            if (_set.Remove(due))
            {
                return Task.CompletedTask;
            }

            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((due, source));
            return source.Task.WaitAsync(RunningNode.Patience);
        }
    }
}
