using System.Threading.Channels;

namespace LogWatcher.Logs.Live;

/// <summary>The task that follows files while somebody watches live, and what wakes it. Any thread.</summary>
internal sealed class LiveRun : IDisposable
{
    private readonly LiveFeed _feed;
    private readonly FolderHints? _hints;
    private readonly ITimer _timer;
    private readonly ITimer _soon;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    // What has been asked for since the last turn; under a lock of its own, so that who asks never waits for a turn.
    private readonly Lock _gate = new();
    private HashSet<(string Folder, string Name)>? _names;
    private bool _isPollAsked;
    private bool _isSearchAsked;

    public LiveRun(LiveFeed feed, TimeProvider time, FolderHints? hints)
    {
        _feed = feed;
        _hints = hints;
        _timer = time.CreateTimer(static run => ((LiveRun)run!).AskPoll(), this, LiveFeed.PollInterval, LiveFeed.PollInterval);
        _soon = time.CreateTimer(static run => ((LiveRun)run!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ = Task.Run(RunAsync);
    }

    /// <summary>Has changes in a folder wake the task, where the file system can tell of them. Under the feed's lock.</summary>
    public void Watch(string folder) => _hints?.Add(folder, this);

    /// <summary>Asks for a look at everything.</summary>
    public void AskAll()
    {
        lock (_gate)
        {
            _isPollAsked = true;
            _isSearchAsked = true;
        }

        Wake();
    }

    /// <summary>Asks for a look at what stands under a name.</summary>
    public void AskName(string folder, string name)
    {
        lock (_gate)
        {
            (_names ??= []).Add((folder, name));
        }

        Wake();
    }

    /// <summary>Asks for a search for files that have come.</summary>
    public void AskSearch()
    {
        lock (_gate)
        {
            _isSearchAsked = true;
        }

        Wake();
    }

    /// <summary>Asks for a turn, in which files that have more are read.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Asks for a turn in a while.</summary>
    public void WakeIn(TimeSpan wait) => _soon.Change(wait, Timeout.InfiniteTimeSpan);

    /// <summary>What has been asked for, once.</summary>
    public (bool Poll, bool Search, IReadOnlyCollection<(string Folder, string Name)> Names) TakeAsked()
    {
        lock (_gate)
        {
            var (isPollAsked, isSearchAsked, names) = (_isPollAsked, _isSearchAsked, _names);
            _isPollAsked = false;
            _isSearchAsked = false;
            _names = null;
            return (isPollAsked, isSearchAsked, (IReadOnlyCollection<(string, string)>?)names ?? []);
        }
    }

    /// <summary>Ends it. Under the feed's lock.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        _soon.Dispose();
        _hints?.Remove(this);
        _wake.Writer.TryComplete();
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _wake.Reader.WaitToReadAsync())
            {
                _wake.Reader.TryRead(out _);
                while (_feed.Turn(this))
                {
                    // A burst leaves the thread and the lock to others in between, and more than that to who is behind.
                    await Task.Yield();
                    while (_feed.IsHeldUp())
                    {
                        await Task.Delay(1);
                    }
                }
            }
        }
        catch (Exception exception)
        {
            _feed.Fail(this, exception);
        }
    }

    private void AskPoll()
    {
        lock (_gate)
        {
            _isPollAsked = true;
        }

        Wake();
    }
}
