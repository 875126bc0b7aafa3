using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Sources;

/// <summary>
/// The orders of several logs' siblings, each looked at when it is first asked for. Two that were there at one moment keep their order,
/// so thousands of files are not sorted anew for each of them. One thread at a time.
/// </summary>
internal sealed class RotationOrders
{
    private readonly Dictionary<string, RotationOrder> _orders = new(StringComparer.Ordinal);

    /// <summary>The siblings of a log in their order; null if a file is not among them.</summary>
    public RotationOrder? Of(string log, LogFile file)
    {
        if (!_orders.TryGetValue(log, out var order) || !order.Includes(file.Identity))
        {
            _orders[log] = order = RotationOrder.Of(log);
        }

        return order.Includes(file.Identity) ? order : null;
    }
}
