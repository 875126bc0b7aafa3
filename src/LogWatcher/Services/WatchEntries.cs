using System.Runtime.CompilerServices;
using LogWatcher.Logs;
using LogWatcher.Logs.Reading;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>A watch, the failures of which are the statuses of its call.</summary>
/// <param name="entries">The watch, which is gone through once.</param>
/// <param name="cancellationToken">Ends the watch.</param>
internal sealed class WatchEntries(IAsyncEnumerable<LogEntry> entries, CancellationToken cancellationToken)
    : IAsyncEnumerable<LogEntry>, IAsyncEnumerator<LogEntry>
{
    private readonly IAsyncEnumerator<LogEntry> _entries = entries.GetAsyncEnumerator(cancellationToken);

    public LogEntry Current => _entries.Current;

    /// <summary>Once, as the watch.</summary>
    public IAsyncEnumerator<LogEntry> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    /// <exception cref="RpcException">
    /// OUT_OF_RANGE: the data behind a cursor is gone. RESOURCE_EXHAUSTED: too much was rotated while the watch read its history,
    /// or too many files are open.
    /// </exception>
    public ValueTask<bool> MoveNextAsync()
    {
        var next = _entries.MoveNextAsync();
        return next.IsCompletedSuccessfully ? next : TranslateAsync(next);
    }

    public ValueTask DisposeAsync() => _entries.DisposeAsync();

    // Live, nearly each entry is waited for: what that takes is used again.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> TranslateAsync(ValueTask<bool> next)
    {
        try
        {
            return await next;
        }
        catch (CursorGoneException exception)
        {
            throw new RpcException(StatusCode.OutOfRange, $"after: {exception.Message}");
        }
        catch (Exception exception) when (exception is SlowHistoryException or TooManyOpenFilesException)
        {
            throw new RpcException(StatusCode.ResourceExhausted, exception.Message);
        }
    }
}
