namespace LogWatcher.Rpc;

/// <summary>
/// A message of which there are so many that its fields are never filled: what is written can do without the strings that a field
/// of protobuf takes. Whoever writes a message looks here first (<see cref="MessageJson{T}"/>,
/// <see cref="LengthPrefixedMessage"/>).
/// </summary>
internal interface IDeferredMessage
{
    /// <summary>What the message holds; null: that stands in its fields already.</summary>
    IMessageContent? Content { get; }
}
