namespace LogWatcher.Rpc;

/// <summary>Where a stream stands, seen from the server.</summary>
internal enum StreamState
{
    /// <summary>Both sides may send.</summary>
    Open,

    /// <summary>The client has closed its side; the server may go on.</summary>
    HalfClosed,

    /// <summary>The end was written; nothing follows.</summary>
    Closed,
}

/// <summary>What can happen to a stream.</summary>
internal enum StreamEvent
{
    /// <summary>A message from the client.</summary>
    Message,

    /// <summary>The client closes its side.</summary>
    HalfClose,

    /// <summary>The call ends: by its handler, a cancel, a deadline or a failure.</summary>
    End,
}

/// <summary>
/// The transitions of a stream, and the only place that knows them.
/// <code>
/// OPEN ──HalfClose──▶ HALF_CLOSED ──End──▶ CLOSED
///   └──────────────────End───────────────────▲
/// </code>
/// </summary>
internal static class StreamTransitions
{
    /// <summary>The state behind an event, or null where the event is not allowed and changes nothing.</summary>
    public static StreamState? Next(StreamState state, StreamEvent happened) => (state, happened) switch
    {
        (StreamState.Open, StreamEvent.Message) => StreamState.Open,
        (StreamState.Open, StreamEvent.HalfClose) => StreamState.HalfClosed,
        (StreamState.Open or StreamState.HalfClosed, StreamEvent.End) => StreamState.Closed,
        _ => null,
    };

    /// <summary>The state's name on the wire.</summary>
    public static string Name(this StreamState state) => state switch
    {
        StreamState.Open => "OPEN",
        StreamState.HalfClosed => "HALF_CLOSED",
        _ => "CLOSED",
    };
}
