using LogWatcher.Node.Handlers;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <inheritdoc cref="IEarlyReader"/>
internal sealed class EarlyReader(CallEnvironment environment) : IEarlyReader
{
    public LineCall? TryRead(in Envelope soFar, ref JsonInput reader, out object? message)
    {
        var call = environment.RegistryIfAny is { } registry ? StreamReference.TryFindStream(soFar, registry)?.Call : null;
        message = call?.TryReadEarly(ref reader);
        return message is null ? null : call;
    }
}
