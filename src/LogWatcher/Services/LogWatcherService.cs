using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using Entry = LogWatcher.Logs.LogEntry;
using LogEntry = LogWatcher.Protos.V1.LogEntry;

namespace LogWatcher.Services;

/// <summary><c>logwatcher.v1.LogWatcher</c>: the node's main job.</summary>
/// <param name="logs">What <c>--logs</c> named, or the sample.</param>
internal sealed class LogWatcherService(LogSet logs)
{
    /// <summary>
    /// Streams the entries that match. The sample's need no wait; a watch that follows is endless once history is done.
    /// </summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT, naming the field. UNIMPLEMENTED: a way to begin that is not there yet.</exception>
    public async IAsyncEnumerable<LogEntry> WatchLogs(WatchLogsRequest request, CallContext context)
    {
        var query = Read(request);
        await foreach (var entry in logs.WatchAsync(query, context.DeclareEndless, context.CancellationToken))
        {
            yield return Message(entry);
        }
    }

    private static WatchQuery Read(WatchLogsRequest request)
    {
        RejectNegative("limit", request.Limit);
        RejectNegative("tail", request.Tail);
        RejectNegative("window_ms", request.WindowMs);
        RejectWhatIsNotThere(request);
        return new WatchQuery(ParseFilter(request.Filter), request.Follow, request.Limit, [.. request.Sources]);
    }

    private static Filter ParseFilter(string text)
    {
        try
        {
            return Filter.Parse(text);
        }
        catch (FilterSyntaxException exception)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"filter: {exception.Message}");
        }
    }

    private static void RejectNegative(string field, int value)
    {
        if (value < 0)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"{field}: expected 0 or more, got {value}");
        }
    }

    private static void RejectWhatIsNotThere(WatchLogsRequest request)
    {
        var field = request switch
        {
            { Tail: not 0 } => "tail",
            { After.Count: > 0 } => "after",
            { Since.Length: > 0 } => "since",
            { Until.Length: > 0 } => "until",
            { WindowMs: not 0 } => "window_ms",
            _ => null,
        };
        if (field is not null)
        {
            throw new RpcException(StatusCode.Unimplemented, $"{field}: not served in this version; leave it out");
        }
    }

    private static LogEntry Message(Entry entry)
    {
        var message = new LogEntry
        {
            Level = LogLevels.Name(entry.Level),
            Msg = entry.Message,
            Time = entry.Time?.ToString() ?? "",
            Source = entry.Source,
            Suppressed = entry.Suppressed,
        };
        foreach (var (name, value) in entry.Fields)
        {
            message.Fields[name] = value;
        }

        return message;
    }
}
