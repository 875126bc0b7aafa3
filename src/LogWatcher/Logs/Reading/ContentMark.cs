namespace LogWatcher.Logs.Reading;

/// <summary>
/// What a file holds before an offset, told by two hashes: of its head, as far as it has grown by then, and of the bytes right
/// before the offset. A file that doesn't hold the mark is another one, or has been truncated since.
/// </summary>
/// <param name="HeadLength">How many bytes of the head are hashed: all before the offset, <see cref="MaxHeadBytes"/> at most.</param>
/// <param name="HeadHash">The lower 40 bits of their hash.</param>
/// <param name="TailLength">How many bytes before the offset are hashed; 0 when they are not known.</param>
/// <param name="TailHash">The lower 32 bits of their hash.</param>
internal readonly record struct ContentMark(int HeadLength, ulong HeadHash, int TailLength, uint TailHash)
{
    /// <summary>Enough for the first lines of any two logs to differ, and read at once.</summary>
    public const int MaxHeadBytes = 1024;

    /// <summary>So many bytes before an offset are kept and compared (logs.md, "Following").</summary>
    public const int MaxTailBytes = 64;

    private const ulong HeadMask = (1UL << 40) - 1;

    /// <summary>The mark of these bytes.</summary>
    public static ContentMark Of(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail) =>
        new(head.Length, HashOfHead(head), tail.Length, HashOfTail(tail));

    public static ulong HashOfHead(ReadOnlySpan<byte> head) => ContentHash.Of(head) & HeadMask;

    public static uint HashOfTail(ReadOnlySpan<byte> tail) => (uint)ContentHash.Of(tail);

    /// <summary>Whether these bytes are what the mark was made of.</summary>
    public bool Fits(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail) =>
        head.Length == HeadLength && HashOfHead(head) == HeadHash
        && tail.Length == TailLength && (TailLength == 0 || HashOfTail(tail) == TailHash);
}
