namespace LogWatcher.Node;

/// <summary>The error codes of Maelstrom's protocol that the node uses (jepsen-io/maelstrom <c>doc/protocol.md</c>, "Errors").</summary>
internal enum ErrorCode
{
    /// <summary>The requested operation is not supported.</summary>
    NotSupported = 10,

    /// <summary>The operation can't be done at this time: the node is not initialised.</summary>
    TemporarilyUnavailable = 11,

    /// <summary>The line is not what the protocol asks for.</summary>
    MalformedRequest = 12,

    /// <summary>What the line speaks of does not exist.</summary>
    KeyDoesNotExist = 20,

    /// <summary>What the line asks for does not go with the state of what it speaks of.</summary>
    PreconditionFailed = 22,
}

/// <summary>What is wrong with a line: it is answered with a Maelstrom <c>error</c>, and changes nothing.</summary>
internal sealed class LineException(ErrorCode code, string message) : Exception(message)
{
    public ErrorCode Code { get; } = code;
}
