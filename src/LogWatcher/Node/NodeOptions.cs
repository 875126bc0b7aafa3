namespace LogWatcher.Node;

/// <summary>The bounds of a node, each an option of the command line.</summary>
internal sealed record NodeOptions
{
    /// <summary>The longest line that is read, in bytes without its line end.</summary>
    public int MaxLineBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Live calls of one client; ten times as many may live in all.</summary>
    public int MaxCalls { get; init; } = 10_000;

    /// <summary>What running calls get to finish in when the node is told to stop.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);
}
