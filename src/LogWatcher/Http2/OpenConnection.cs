using Microsoft.AspNetCore.Connections.Features;

namespace LogWatcher.Http2;

/// <summary>
/// A connection's heartbeat, on which Kestrel has it look whether it is done. Kestrel's own beats once a second, and no more once
/// the server stops: a connection whose last stream ends then would stay until the client says something, or 30 s have passed.
/// </summary>
/// <param name="heartbeat">Kestrel's own.</param>
internal sealed class OpenConnection(IConnectionHeartbeatFeature? heartbeat) : IConnectionHeartbeatFeature
{
    private readonly Lock _gate = new();
    private readonly List<(Action<object> Action, object State)> _actions = [];

    public void OnHeartbeat(Action<object> action, object state)
    {
        lock (_gate)
        {
            _actions.Add((action, state));
        }

        if (_actions.Count == 1)
        {
            heartbeat?.OnHeartbeat(static connection => ((OpenConnection)connection).Beat(), this);
        }
    }

    /// <summary>Beats once. Any thread; what listens is called by one at a time.</summary>
    public void Beat()
    {
        lock (_gate)
        {
            foreach (var (action, state) in _actions)
            {
                action(state);
            }
        }
    }
}
