namespace LogWatcher.Logs.Reading;

/// <summary>A place in a file, and all by which it can be found again: over restarts, rotation, and in a compressed copy.</summary>
/// <param name="FileHash">The lower 48 bits of a hash of the file's identity.</param>
/// <param name="Position">Everything before it has been delivered.</param>
/// <param name="Mark">What stands before it.</param>
internal sealed record FilePlace(ulong FileHash, LinePosition Position, ContentMark Mark)
{
    private const ulong FileMask = (1UL << 48) - 1;

    public static ulong HashOf(FileIdentity file)
    {
        ReadOnlySpan<ulong> parts = [file.Device, file.Inode];
        return ContentHash.Of(System.Runtime.InteropServices.MemoryMarshal.AsBytes(parts)) & FileMask;
    }

    /// <summary>Whether a file holds it; one that cannot be read doesn't.</summary>
    public bool IsIn(LogFile file) => file.HoldsSurely(Mark, Position.Offset);
}
