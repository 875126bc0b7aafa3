using LogWatcher.Logs;
using LogWatcher.Logs.Collected;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogEntry = LogWatcher.Protos.V1.LogEntry;

namespace LogWatcher.Services;

/// <summary><c>logwatcher.v1.LogCollector</c> (seed 003, exercise 2): what clients stream in is watched like any log.</summary>
/// <param name="log">Where it is kept.</param>
internal sealed class LogCollector(CollectedLog log)
{
    /// <summary>Entries that are acknowledged together, at most.</summary>
    public const int MaxBatchSize = 1_000_000;

    /// <summary>The entries are watched, and written, as they come; the summary tells of them all.</summary>
    /// <exception cref="RpcException">UNAVAILABLE: the file that they are written to can't be.</exception>
    [Example("""{"level":"WARN","msg":"disk at 91 %","fields":{"host":"web-1"}}""")]
    public async Task<CollectSummary> Collect(IAsyncEnumerable<LogEntry> requests, CallContext context)
    {
        var summary = new CollectSummary();
        await foreach (var request in requests)
        {
            if (TryAdd(request, context) is not { } entry)
            {
                summary.Rejected++;
                continue;
            }

            summary.Accepted++;
            if (LogLevels.Name(entry.Level) is { Length: > 0 } level)
            {
                summary.ByLevel[level] = summary.ByLevel.TryGetValue(level, out var count) ? count + 1 : 1;
            }
        }

        return summary;
    }

    /// <summary>An acknowledgement after each batch, and at the end for what is left of the last.</summary>
    /// <exception cref="RpcException">
    /// INVALID_ARGUMENT: <c>batch_size</c> is negative, too large, or changes. UNAVAILABLE: the file that entries are written to can't be.
    /// </exception>
    [Example("""{"entry":{"level":"INFO","msg":"started"},"batch_size":1}""")]
    public async IAsyncEnumerable<CollectAck> CollectAcked(IAsyncEnumerable<CollectItem> requests, CallContext context)
    {
        var size = 0;
        var batch = new CollectAck { Batch = 1 };
        await foreach (var request in requests)
        {
            size = SizeOf(request, size);
            if (request.Entry is { } entry && TryAdd(entry, context) is not null)
            {
                batch.Accepted++;
            }
            else
            {
                batch.Rejected++;
            }

            if (batch.Accepted + batch.Rejected == size)
            {
                yield return batch;
                batch = new CollectAck { Batch = batch.Batch + 1 };
            }
        }

        if (batch.Accepted + batch.Rejected > 0)
        {
            yield return batch;
        }
    }

    /// <summary>The size of the batches, which the first item says.</summary>
    /// <param name="size">What it is so far; 0: this is the first.</param>
    private static int SizeOf(CollectItem item, int size)
    {
        RequestChecks.RejectNegative("batch_size", item.BatchSize);
        RequestChecks.RejectMore("batch_size", item.BatchSize, MaxBatchSize);
        if (size > 0 && item.BatchSize > 0 && item.BatchSize != size)
        {
            throw RequestChecks.Invalid("batch_size", $"the first item has said {size}; expected the same, or nothing, got {item.BatchSize}");
        }

        return size > 0 ? size : Math.Max(1, item.BatchSize);
    }

    private CollectedEntry? TryAdd(LogEntry request, CallContext context)
    {
        var entry = CollectedEntry.From(
            context.PeerHost, request.Level, request.Msg, request.Time, request.Fields, LogTime.From(context.Time.GetUtcNow()));
        try
        {
            if (entry is not null)
            {
                log.Add(entry);
            }

            return entry;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RpcException(StatusCode.Unavailable, $"the entry can't be written, and was not taken: {RequestChecks.ReasonOf(exception)}");
        }
    }
}
