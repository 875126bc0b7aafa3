namespace LogWatcher.Node;

/// <summary>A <c>src</c> that has calls. Its name is kept once for all of them.</summary>
internal sealed class Client(byte[] name)
{
    /// <summary>The name in UTF-8, unescaped.</summary>
    public byte[] Name { get; } = name;

    /// <summary>Calls that have not ended. Guarded by the registry.</summary>
    public int LiveCalls { get; set; }
}
