namespace LogWatcher.Rpc;

/// <summary>
/// A service that lists its methods itself. Any other's are found by its descriptor, and the first descriptor of a process takes
/// longer than all else that a first call needs.
/// </summary>
internal interface IListsMethods
{
    /// <summary>Every rpc of the .proto.</summary>
    Method[] List(MethodFactory methods);
}
