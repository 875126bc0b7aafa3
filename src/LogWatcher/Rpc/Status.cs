namespace LogWatcher.Rpc;

/// <summary>How a call ended: a code and, unless it is OK, why.</summary>
internal sealed record Status(StatusCode Code, string Message)
{
    private const string GeneralMessage = "the handler failed; the node's log says why";

    private static readonly string[] Names =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE",
        "DATA_LOSS", "UNAUTHENTICATED",
    ];

    public static Status Ok { get; } = new(StatusCode.Ok, "");

    /// <summary>The code's name as gRPC writes it, e.g. <c>INVALID_ARGUMENT</c>.</summary>
    public string Name => Names[(int)Code];

    /// <summary>
    /// The one place where an exception becomes a status. Only an <see cref="RpcException"/> speaks to the client in its own
    /// words; a handler that gave up because it was told to stop is CANCELLED; everything else is a bug, whose details are
    /// for the log.
    /// </summary>
    public static Status From(Exception exception) => exception switch
    {
        RpcException expected => expected.Status,
        OperationCanceledException => new Status(StatusCode.Cancelled, "the handler was cancelled"),
        _ => new Status(StatusCode.Unknown, GeneralMessage),
    };
}
