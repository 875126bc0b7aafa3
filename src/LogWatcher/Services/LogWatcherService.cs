using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
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
        await using var entries = logs.WatchAsync(query, context.DeclareEndless, context.CancellationToken).GetAsyncEnumerator();
        for (var hasNext = await BeginAsync(entries); hasNext; hasNext = await entries.MoveNextAsync())
        {
            yield return Message(entries.Current, query);
        }
    }

    /// <summary>The first entry; before it the cursors' places are looked for.</summary>
    private static async ValueTask<bool> BeginAsync(IAsyncEnumerator<Entry> entries)
    {
        try
        {
            return await entries.MoveNextAsync();
        }
        catch (CursorGoneException exception)
        {
            throw new RpcException(StatusCode.OutOfRange, $"after: {exception.Message}");
        }
    }

    private static WatchQuery Read(WatchLogsRequest request)
    {
        RejectNegative("limit", request.Limit);
        RejectNegative("tail", request.Tail);
        RejectNegative("window_ms", request.WindowMs);
        RejectWhatIsNotThere(request);
        return new WatchQuery(ParseFilter(request.Filter), request.Follow, request.Limit, [.. request.Sources])
        {
            After = ParseCursors(request.After, out var watchedSince),
            WatchedSince = watchedSince,
        };
    }

    /// <summary>What has been resumed again and again has been watched since its first beginning.</summary>
    private static List<Cursor> ParseCursors(IEnumerable<string> texts, out long watchedSince)
    {
        var cursors = new List<Cursor>();
        watchedSince = FileClock.Now;
        foreach (var text in texts)
        {
            if (!Cursor.TryParse(text, out var cursor))
            {
                throw new RpcException(
                    StatusCode.InvalidArgument, "after: expected cursors as entries have them in \"cursor\", and one of these is none");
            }

            cursors.Add(cursor);
            watchedSince = Math.Min(watchedSince, cursor.WatchedSince);
        }

        return cursors;
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

    private static LogEntry Message(Entry entry, WatchQuery query)
    {
        var message = new LogEntry
        {
            Level = LogLevels.Name(entry.Level),
            Msg = entry.Message,
            Time = entry.Time?.ToString() ?? "",
            Source = entry.Source,
            Cursor = entry.Place?.ToCursor(query.WatchedSince).ToString() ?? "",
            Suppressed = entry.Suppressed,
        };
        foreach (var (name, value) in entry.Fields)
        {
            message.Fields[name] = value;
        }

        return message;
    }
}
