using LogWatcher.Rpc;

namespace LogWatcher.Http2;

/// <summary>What all calls of the door share.</summary>
/// <param name="LogLine">Takes lines for people, from any thread.</param>
internal sealed record GrpcEnvironment(ServeOptions Options, InterceptorChain Interceptors, TimeProvider Time, Action<string> LogLine)
{
    /// <summary>The handlers of all calls, of those that have ended too.</summary>
    public RunningHandlers Handlers { get; } = new();

    public LiveCalls LiveCalls { get; } = new(Options.MaxCalls);

    // One message there must always be room for.
    public PartialMessages Partial { get; } = new(Math.Max(PartialMessages.MaxBytes, LengthPrefixedMessage.HeaderBytes + (long)Options.MaxMessageBytes));
}
