using System.Collections.Concurrent;
using System.Threading.Channels;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;

namespace LogWatcher.Tests.Support;

/// <summary>A watch that follows, read as fast as it goes; ends with the test.</summary>
internal sealed class RunningWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly Channel<LogEntry> _entries = Channel.CreateUnbounded<LogEntry>();
    private readonly TaskCompletionSource _live = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _had = new(StringComparer.Ordinal);
    private readonly Task _reading;

    public RunningWatch(LogSet logs, string filter = "", params string[] sources)
        : this(logs, new WatchQuery(Filter.Parse(filter), Follow: true, Limit: 0, sources))
    {
    }

    public RunningWatch(LogSet logs, WatchQuery query)
    {
        _reading = Task.Run(() => ReadAsync(logs, query));
    }

    /// <summary>Done once history is.</summary>
    public Task Live => Task.WhenAny(_live.Task, _reading).WaitAsync(RunningNode.Patience).Unwrap();

    /// <summary>Waits until an entry with this message has come, or the watch has ended; it stays the next one's.</summary>
    public Task HasAsync(string message) => Task.WhenAny(Had(message).Task, _reading).WaitAsync(RunningNode.Patience);

    public async Task<string> NextAsync() => (await NextEntryAsync()).Message;

    public async Task<LogEntry> NextEntryAsync() => await _entries.Reader.ReadAsync().AsTask().WaitAsync(RunningNode.Patience);

    /// <summary>The next entry, or null if none comes.</summary>
    public async Task<LogEntry?> NextEntryOrNullAsync()
    {
        try
        {
            return await NextEntryAsync();
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public async Task<List<string>> TakeAsync(int count)
    {
        var messages = new List<string>();
        while (messages.Count < count)
        {
            messages.Add(await NextAsync());
        }

        return messages;
    }

    public async ValueTask DisposeAsync()
    {
        await _cancel.CancelAsync();
        try
        {
            await _reading;
        }
        catch (OperationCanceledException)
        {
            // As it should.
        }

        _cancel.Dispose();
    }

    private TaskCompletionSource Had(string message) =>
        _had.GetOrAdd(message, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task ReadAsync(LogSet logs, WatchQuery query)
    {
        try
        {
            await foreach (var entry in logs.WatchAsync(query, _live.SetResult, _cancel.Token))
            {
                _entries.Writer.TryWrite(entry);
                Had(entry.Message).TrySetResult();
            }
        }
        catch (Exception exception)
        {
            _entries.Writer.TryComplete(exception);
            throw;
        }
    }
}
