using System.Text.Json;
using LogWatcher.Node.Handlers;

namespace LogWatcher.Node;

/// <inheritdoc cref="IEarlyReader"/>
internal sealed class EarlyReader(CallEnvironment environment) : IEarlyReader
{
    public LineCall? TryRead(in Envelope soFar, ref Utf8JsonReader reader, out object? message)
    {
        var call = environment.RegistryIfAny is { } registry ? StreamReference.TryFindStream(soFar, registry)?.Call : null;
        message = call?.TryReadEarly(ref reader);
        return message is null ? null : call;
    }
}
