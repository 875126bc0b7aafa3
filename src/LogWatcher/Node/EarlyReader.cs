using System.Text.Json;
using LogWatcher.Node.Handlers;

namespace LogWatcher.Node;

/// <inheritdoc cref="IEarlyReader"/>
internal sealed class EarlyReader(CallEnvironment environment) : IEarlyReader
{
    public LineCall? TryRead(in Envelope soFar, ref Utf8JsonReader reader)
    {
        var call = environment.RegistryIfAny is { } registry ? StreamReference.TryFindStream(soFar, registry)?.Call : null;
        return call is not null && call.TryReadEarly(ref reader) ? call : null;
    }
}
