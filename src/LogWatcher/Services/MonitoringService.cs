using System.Globalization;
using LogWatcher.Logs;
using LogWatcher.Protos.Monitoring;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using Entry = LogWatcher.Logs.LogEntry;
using LogEntry = LogWatcher.Protos.Monitoring.LogEntry;

namespace LogWatcher.Services;

/// <summary><c>MonitoringService</c> (seed 003): the node's own metrics, and its logs in the seed's form.</summary>
/// <param name="logs">Watches them.</param>
/// <param name="counts">Tells what has come and gone through the door.</param>
internal sealed class MonitoringService(LogWatcherService logs, Func<DoorCounts> counts)
{
    private static readonly string[] Names =
    [
        "calls", "live_streams", "messages_received", "messages_sent", "bytes_received", "bytes_sent",
        "memory_bytes", "heap_bytes", "allocated_bytes", "gc_collections",
    ];

    /// <summary>
    /// The metrics that are asked for, all at once, again and again: counts since the start (<c>calls</c>, <c>messages_…</c>,
    /// <c>bytes_…</c>, <c>allocated_bytes</c>, <c>gc_collections</c> with the label <c>generation</c>), and what is so now (<c>live_streams</c>,
    /// <c>memory_bytes</c> of the process, <c>heap_bytes</c>). Endless without a limit.
    /// </summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT, naming the field.</exception>
    [Example("""{"names":["calls","memory_bytes"],"limit":2}""")]
    public async IAsyncEnumerable<MetricData> StreamMetrics(MetricsRequest request, CallContext context)
    {
        RequestChecks.RejectNegative("limit", request.Limit);
        var interval = RequestChecks.Interval("interval_ms", request.IntervalMs, TimeSpan.FromMilliseconds(1));
        if (request.Names.FirstOrDefault(name => !Names.Contains(name)) is { } unknown)
        {
            throw RequestChecks.Invalid("names", $"unknown metric {RequestChecks.Quote(unknown)}; there are: {string.Join(", ", Names)}");
        }

        if (request.Limit == 0)
        {
            context.DeclareEndless();
        }

        using var ticks = new PeriodicTimer(interval, context.Time);
        for (var left = (long)request.Limit; ;)
        {
            foreach (var metric in Look(context).Where(metric => request.Names.Count == 0 || request.Names.Contains(metric.MetricName)))
            {
                yield return metric;
                if (--left == 0)
                {
                    yield break;
                }
            }

            await ticks.WaitForNextTickAsync(context.CancellationToken);
        }
    }

    /// <summary>
    /// What <c>logwatcher.v1.LogWatcher/WatchLogs</c> gives. An entry's fields are its labels, and so are its <c>source</c> and how many
    /// were <c>suppressed</c> before it; where it has a field of that name, that stays, and these are <c>log_source</c> and
    /// <c>log_suppressed</c>.
    /// </summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT, naming the field.</exception>
    [Example("""{"filter":"level >= WARN","limit":2}""")]
    public async IAsyncEnumerable<LogEntry> StreamLogs(LogRequest request, CallContext context)
    {
        var watch = new WatchLogsRequest { Filter = request.Filter, Limit = request.Limit, Follow = request.Follow };
        await foreach (var entry in logs.Watch(watch, context, out _).WithCancellation(context.CancellationToken))
        {
            yield return InForm(entry);
        }
    }

    private static LogEntry InForm(Entry entry)
    {
        var result = new LogEntry { Level = LogLevels.Name(entry.Level), Message = entry.Message };
        if (entry.Time is { } time)
        {
            result.Timestamp = time.ToUnixMilliseconds();
        }

        foreach (var (name, value) in entry.Fields)
        {
            result.Labels[name] = value;
        }

        if (entry.Source.Length > 0)
        {
            AddBeside(result.Labels, "source", entry.Source);
        }

        if (entry.Suppressed > 0)
        {
            AddBeside(result.Labels, "suppressed", entry.Suppressed.ToString(CultureInfo.InvariantCulture));
        }

        return result;
    }

    private static void AddBeside(IDictionary<string, string> labels, string name, string value)
    {
        while (!labels.TryAdd(name, value))
        {
            name = "log_" + name;
        }
    }

    /// <summary>All metrics, as they are at one moment.</summary>
    private List<MetricData> Look(CallContext context)
    {
        var now = context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var its = counts();
        List<MetricData> metrics =
        [
            OfDoor("calls", its.Calls),
            OfDoor("live_streams", its.LiveCalls),
            OfDoor("messages_received", its.Traffic.MessagesReceived),
            OfDoor("messages_sent", its.Traffic.MessagesSent),
            OfDoor("bytes_received", its.Traffic.BytesReceived),
            OfDoor("bytes_sent", its.Traffic.BytesSent),
            Of("memory_bytes", Environment.WorkingSet),
            Of("heap_bytes", GC.GetTotalMemory(forceFullCollection: false)),
            Of("allocated_bytes", GC.GetTotalAllocatedBytes()),
        ];
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            var collections = Of("gc_collections", GC.CollectionCount(generation));
            collections.Labels["generation"] = generation.ToString(CultureInfo.InvariantCulture);
            metrics.Add(collections);
        }

        return metrics;

        MetricData Of(string name, double value) => new() { MetricName = name, Value = value, Timestamp = now };

        MetricData OfDoor(string name, long value)
        {
            var metric = Of(name, value);
            metric.Labels["door"] = its.Door;
            return metric;
        }
    }
}
