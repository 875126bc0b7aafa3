using System.Globalization;
using System.Text;
using LogWatcher.Logs;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using static LogWatcher.Services.RequestChecks;
using Entry = LogWatcher.Logs.LogEntry;
using LogEntry = LogWatcher.Protos.V1.LogEntry;

namespace LogWatcher.Services;

/// <summary><c>logwatcher.v1.LogWatcher</c>: the node's main job.</summary>
/// <param name="logs">What <c>--logs</c> named, or the sample.</param>
internal sealed class LogWatcherService(LogSet logs) : IListsMethods
{
    /// <summary>
    /// How long live entries can be held at most, in milliseconds: an hour. Above that it is no longer the lateness of lines
    /// that is bridged, and whoever means seconds where milliseconds are meant learns of it.
    /// </summary>
    public const int MaxWindowMs = 3_600_000;

    /// <summary>Cursors that a watch can be resumed from: one a source, and so more than a node has files open.</summary>
    public const int MaxCursors = 10_000;

    /// <summary>Characters in the globs of <c>sources</c>, all together, at most: each is compared with the name of each file.</summary>
    public const int MaxSourcesLength = 65_536;

    /// <summary>The trailer that tells how many matches were dropped after the last entry.</summary>
    public const string SuppressedTrailer = "suppressed";

    /// <summary>
    /// Does once, for nobody, what every watch does for an entry. The code of it is loaded then, which takes about as long as
    /// the first watch needs to get there.
    /// </summary>
    public static void Prepare()
    {
        var query = new WatchQuery(Filter.Parse("level >= ERROR"), Follow: false, Limit: 0, Sources: []);
        var line = """{"time":"2026-11-20T10:00:00.123Z","level":"ERROR","msg":"m","name":"value","number":1}"""u8.ToArray();
        using var entries = new EntryReader(new LineReader(new MemoryStream([.. line, (byte)'\n']), LinePosition.Start), "", TimeProvider.System);
        entries.Fill();
        if (query.Filter.IndexOfCandidate(entries.PeekLines()) >= 0 && entries.TryRead() && entries.Matches(query.Filter))
        {
            var place = new EntryPlace(0, new FilePlace(0, entries.Position, entries.MarkBehind));
            MessageJson<LogEntry>.Instance.Write(new JsonOutput(), new EntryContent(query.WatchedSince).MessageOf(Entry.From(entries.View, place)));
        }
    }

    public Method[] List(MethodFactory methods) => [methods.ServerStreaming<WatchLogsRequest, LogEntry>(nameof(WatchLogs), WatchLogs)];

    /// <summary>
    /// Streams the entries that match. The sample's need no wait; a watch that follows is endless once history is done.
    /// </summary>
    /// <exception cref="RpcException">
    /// INVALID_ARGUMENT, naming the field: of the call itself. OUT_OF_RANGE, the data behind a cursor is gone: of the first entry.
    /// RESOURCE_EXHAUSTED, too many files are open, or too much was rotated meanwhile: behind the last entry of the history.
    /// </exception>
    [Example("""{"filter":"ERROR","limit":2}""")]
    public IAsyncEnumerable<LogEntry> WatchLogs(WatchLogsRequest request, CallContext context) =>
        new EntryMessages(Watch(request, context, out var query), query, context.CancellationToken);

    /// <summary>The same, in the form that the logs have them; one is done with when the next is asked for.</summary>
    /// <param name="request">What to watch for.</param>
    /// <param name="context">The call's.</param>
    /// <param name="query">The request, read.</param>
    /// <exception cref="RpcException">As above.</exception>
    public IAsyncEnumerable<Entry> Watch(WatchLogsRequest request, CallContext context, out WatchQuery query)
    {
        query = Read(request, LogTime.From(context.Time.GetUtcNow())) with { ReusesText = true };
        var drops = new WatchDrops();
        context.AddTrailersAtEnd(trailers => AddSuppressed(trailers, drops.Untold(context.MessagesSent)));
        return new WatchEntries(logs.WatchAsync(query, context.DeclareEndless, context.CancellationToken, drops), context.CancellationToken);
    }

    private static WatchQuery Read(WatchLogsRequest request, LogTime now)
    {
        RejectNegative("limit", request.Limit);
        RejectNegative("tail", request.Tail);
        RejectNegative("window_ms", request.WindowMs);
        if (request.WindowMs > MaxWindowMs)
        {
            throw Invalid("window_ms", string.Create(CultureInfo.InvariantCulture, $"expected at most {MaxWindowMs} (an hour), got {request.WindowMs}"));
        }

        RejectMore("after", request.After.Count, MaxCursors);
        RejectSources(request.Sources);
        RejectSecondBeginning(request);
        return new WatchQuery(ParseFilter(request.Filter), request.Follow, request.Limit, [.. request.Sources])
        {
            Tail = request.Tail,
            Since = ParseTime("since", request.Since, now),
            Until = ParseTime("until", request.Until, now),
            Window = TimeSpan.FromMilliseconds(request.WindowMs),
            After = ParseCursors(request.After),
        };
    }

    private static void RejectSources(IReadOnlyCollection<string> sources)
    {
        if (sources.Contains(""))
        {
            throw Invalid("sources", "expected globs on the names of files, got an empty one");
        }

        var length = sources.Sum(source => (long)source.Length);
        if (length > MaxSourcesLength)
        {
            throw Invalid("sources", string.Create(CultureInfo.InvariantCulture, $"expected at most {MaxSourcesLength} characters in all, got {length}"));
        }
    }

    private static List<Cursor> ParseCursors(IEnumerable<string> texts)
    {
        var cursors = new List<Cursor>();
        foreach (var text in texts)
        {
            if (!Cursor.TryParse(text, out var cursor))
            {
                throw Invalid("after", $"expected cursors as entries have them in \"cursor\", got {Quote(text)}");
            }

            cursors.Add(cursor);
        }

        return cursors;
    }

    /// <summary>A time as it stands, or as long before now as a duration says; null: none is given.</summary>
    private static LogTime? ParseTime(string field, string text, LogTime now)
    {
        if (text.Length == 0)
        {
            return null;
        }

        var utf8 = Encoding.UTF8.GetBytes(text);
        if (LogTime.TryParseRfc3339(utf8, out var time))
        {
            return time;
        }

        // With a sign it would be a guess which way it goes.
        if (text[0] is not ('-' or '+') && Duration.TryParse(utf8, out var back))
        {
            return now.Minus(back.Nanoseconds);
        }

        throw Invalid(
            field, $"expected a time of RFC 3339, such as 2026-11-20T10:00:00Z, or a duration back from now, such as 15m or 1h30m, got {Quote(text)}");
    }

    private static void RejectSecondBeginning(WatchLogsRequest request)
    {
        var given = new List<string>();
        AddIf(request.After.Count > 0, "after");
        AddIf(request.Since.Length > 0, "since");
        AddIf(request.Tail > 0, "tail");
        if (given.Count > 1)
        {
            throw Invalid(string.Join(" and ", given), "each says where to begin; give only one of after, since and tail");
        }

        void AddIf(bool isGiven, string field)
        {
            if (isGiven)
            {
                given.Add(field);
            }
        }
    }

    private static void AddSuppressed(Metadata trailers, long untold)
    {
        if (untold > 0)
        {
            trailers.Add(SuppressedTrailer, untold.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static Filter ParseFilter(string text)
    {
        try
        {
            return Filter.Parse(text);
        }
        catch (FilterSyntaxException exception)
        {
            throw Invalid("filter", exception.Message);
        }
    }
}
