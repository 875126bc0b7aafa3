namespace LogWatcher.Logs.Reading;

/// <summary>A place in a file, and all by which it can be found again: over restarts, rotation, and in a compressed copy.</summary>
/// <param name="FileHash">The lower 48 bits of a hash of the file's identity.</param>
/// <param name="Position">Everything before it has been delivered.</param>
/// <param name="Mark">What stands before it.</param>
/// <param name="ChangedBy">
/// Of a place so near the start that all files of a program may hold the same before it: when its file had been written to last by
/// then, in 100 ns since 1970. 0: the mark tells enough.
/// </param>
internal sealed record FilePlace(ulong FileHash, LinePosition Position, ContentMark Mark, long ChangedBy = 0)
{
    /// <summary>What <see cref="ChangedBy"/> is rounded down to in a cursor, in 100 ns.</summary>
    public const int ChangeUnit = 128;

    private const ulong FileMask = (1UL << 48) - 1;

    public static ulong HashOf(FileIdentity file)
    {
        ReadOnlySpan<ulong> parts = [file.Device, file.Inode];
        return ContentHash.Of(System.Runtime.InteropServices.MemoryMarshal.AsBytes(parts)) & FileMask;
    }

    /// <summary>
    /// Whether a file that has the number was begun only after the place was read: the number was given to another. (A copy may have got
    /// the time of what it is a copy of, which was before its birth.)
    /// </summary>
    public bool IsTooOldFor(LogFile file) => ChangedBy > 0 && !file.IsCompressed && file.HasBirth
        && file.BegunAt > ChangedBy + ChangeUnit && file.LastChange() >= file.BegunAt;

    /// <summary>Whether a file holds it; one that cannot be read doesn't.</summary>
    public bool IsIn(LogFile file) => file.HoldsSurely(Mark, Position.Offset);
}
