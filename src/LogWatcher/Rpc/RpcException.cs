namespace LogWatcher.Rpc;

/// <summary>An expected failure of a call: it ends the call with this status, and is no bug.</summary>
internal sealed class RpcException : Exception
{
    /// <param name="code">Not <see cref="StatusCode.Ok"/>.</param>
    /// <param name="message">For the client: what was wrong, where, and what would be right.</param>
    public RpcException(StatusCode code, string message)
        : base(message)
    {
        Status = new Status(code, message);
    }

    public Status Status { get; }
}
