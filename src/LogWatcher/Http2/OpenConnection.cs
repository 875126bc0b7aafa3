using Microsoft.AspNetCore.Connections.Features;

namespace LogWatcher.Http2;

/// <summary>
/// A connection as the stop needs it, from the moment it is accepted. It is its heartbeat, on which Kestrel has it look whether it is done. Kestrel's own beats once a second, and no more once
/// the server stops: a connection whose last stream ends then would stay until the client says something, or 30 s have passed.
/// </summary>
/// <param name="heartbeat">Kestrel's own.</param>
/// <param name="abort">Closes the connection.</param>
internal sealed class OpenConnection(IConnectionHeartbeatFeature? heartbeat, Action abort) : IConnectionHeartbeatFeature
{
    private readonly Lock _gate = new();
    private readonly List<(Action<object> Action, object State)> _actions = [];
    private volatile bool _hasBegun;

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

    /// <summary>HTTP/2 is spoken, or a request has come by HTTP/1.1: from here on Kestrel knows when the connection is done.</summary>
    public void Begin() => _hasBegun = true;

    /// <summary>
    /// The server stops: a client that has asked for nothing yet gets nothing any more. Kestrel would wait for the rest of its
    /// handshake, or of its first request, as long as the stop may take.
    /// </summary>
    public void EndUnlessBegun()
    {
        if (!_hasBegun)
        {
            abort();
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
