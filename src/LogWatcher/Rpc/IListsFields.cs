using Google.Protobuf;

namespace LogWatcher.Rpc;

/// <summary>
/// A message that lists its fields itself. Any other's are made from its descriptor, and the first descriptor of a process takes
/// longer than all else that a first call needs.
/// </summary>
internal interface IListsFields<TMessage>
    where TMessage : class, IMessage<TMessage>
{
    /// <summary>Every field of the .proto, in its order.</summary>
    FieldJson<TMessage>[] Fields { get; }
}
