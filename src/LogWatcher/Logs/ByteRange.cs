namespace LogWatcher.Logs;

/// <summary>A stretch of an entry's line, or with the complement of its offset one of the scratch buffer beside it.</summary>
/// <param name="Offset">From 0 in the line; below 0: <c>~Offset</c> in the scratch buffer.</param>
/// <param name="Length">In bytes.</param>
internal readonly record struct ByteRange(int Offset, int Length)
{
    /// <summary>A stretch of this one; in the scratch buffer offsets count down.</summary>
    public ByteRange Part(int offset, int length) => new(Offset < 0 ? Offset - offset : Offset + offset, length);
}
