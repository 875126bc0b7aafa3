using System.Text.Json;
using LogWatcher.Node.Handlers;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <inheritdoc cref="IEarlyReader"/>
internal sealed class EarlyReader(CallEnvironment environment) : IEarlyReader
{
    public LineCall? TryRead(in Envelope soFar, ref Utf8JsonReader reader)
    {
        var call = environment.RegistryIfAny is { } registry ? StreamReference.TryFindStream(soFar, registry)?.Call : null;
        try
        {
            return call is not null && call.TryReadEarly(ref reader) ? call : null;
        }
        catch (MessageFormatException)
        {
            // Whether it is the message's fault or the line's shows when all of the line has been read.
            return null;
        }
    }
}
