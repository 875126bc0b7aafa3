using LogWatcher.Logs;
using LogWatcher.Protos.V1;
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

    public LogEntry Current => _content.MessageOf(_entries.Current);

    /// <summary>Once, as the watch.</summary>
    public IAsyncEnumerator<LogEntry> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync() => _entries.MoveNextAsync();

    public ValueTask DisposeAsync() => _entries.DisposeAsync();
}
