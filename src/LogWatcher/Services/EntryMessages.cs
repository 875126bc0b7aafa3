using LogWatcher.Logs;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using Entry = LogWatcher.Logs.LogEntry;
using LogEntry = LogWatcher.Protos.V1.LogEntry;

namespace LogWatcher.Services;

/// <summary>
/// Goes through a watch and shows each entry as its one message (<see cref="EntryContent"/>), good until the next is asked for. An
/// enumerator of its own: an iterator around the watch's would be another state machine to go through for each entry.
/// </summary>
/// <param name="entries">The watch, which is gone through once.</param>
/// <param name="query">What the watch is for.</param>
/// <param name="cancellationToken">Ends the watch.</param>
internal sealed class EntryMessages(
    IAsyncEnumerable<Entry> entries, WatchQuery query, CancellationToken cancellationToken)
    : IAsyncEnumerable<LogEntry>, IAsyncEnumerator<LogEntry>
{
    private readonly IAsyncEnumerator<Entry> _entries = entries.GetAsyncEnumerator(cancellationToken);
    private readonly EntryContent _content = new(query.WatchedSince, query.After);

    // The places of cursors are looked for before the first entry.
    private bool _hasToResume = query.After.Count > 0;

    public LogEntry Current => _content.MessageOf(_entries.Current);

    /// <summary>Once, as the watch.</summary>
    public IAsyncEnumerator<LogEntry> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    /// <exception cref="RpcException">OUT_OF_RANGE: the data behind a cursor is gone.</exception>
    public ValueTask<bool> MoveNextAsync() => _hasToResume ? ResumeAsync() : _entries.MoveNextAsync();

    public ValueTask DisposeAsync() => _entries.DisposeAsync();

    private async ValueTask<bool> ResumeAsync()
    {
        _hasToResume = false;
        try
        {
            return await _entries.MoveNextAsync();
        }
        catch (CursorGoneException exception)
        {
            throw new RpcException(StatusCode.OutOfRange, $"after: {exception.Message}");
        }
    }
}
