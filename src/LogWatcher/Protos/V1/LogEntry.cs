using LogWatcher.Rpc;

namespace LogWatcher.Protos.V1;

/// <summary>Most of what a node sends, and mostly as JSON.</summary>
public sealed partial class LogEntry : IDeferredMessage
{
    /// <inheritdoc/>
    internal IMessageContent? Content { get; set; }

    IMessageContent? IDeferredMessage.Content => Content;
}
