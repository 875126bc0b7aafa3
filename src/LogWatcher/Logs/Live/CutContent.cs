using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Live;

/// <summary>
/// What a name once held, as far as it was read before it was truncated, or the file left the name: by this a copy of it is known.
/// </summary>
/// <param name="Guard">Head and last bytes of what was read.</param>
/// <param name="Position">Everything before it has been handed out.</param>
/// <param name="At">When that was found, as a time stamp of the clock.</param>
/// <param name="IsTruncated">It was truncated, so that a copy of it may have been made right before.</param>
internal sealed record CutContent(ContentGuard Guard, LinePosition Position, long At, bool IsTruncated)
{
    /// <summary>Whether a file holds all that was read.</summary>
    public bool IsIn(LogFile file) =>
        Guard.Offset > 0 && file.Length() >= Guard.Offset && Guard.IsKeptBy(file);

    /// <summary>Whether a file that holds less begins like it.</summary>
    public bool BeginsLike(LogFile file)
    {
        Span<byte> head = stackalloc byte[ContentMark.MaxHeadBytes];
        head = head[..(int)Math.Min(Guard.Head.Length, file.Length())];
        return head.Length > 0 && file.ReadAt(head, 0) == head.Length && Guard.Head.StartsWith(head);
    }
}
