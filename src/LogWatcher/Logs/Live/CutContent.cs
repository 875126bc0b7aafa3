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
    /// <summary>Whether a file, compressed or not, holds all that was read.</summary>
    public bool IsIn(LogFile file)
    {
        if (Guard.Offset == 0)
        {
            return false;
        }

        return file.IsCompressed ? file.HoldsSurely(Guard.Mark, Guard.Offset) : file.Length() >= Guard.Offset && Guard.IsKeptBy(file);
    }

    /// <summary>Whether a file that holds less begins like it.</summary>
    public bool BeginsLike(LogFile file)
    {
        Span<byte> head = stackalloc byte[ContentMark.MaxHeadBytes];
        head = head[..file.ReadHead(head)];
        return head.Length > 0 && Guard.Head.StartsWith(head[..Math.Min(head.Length, Guard.Head.Length)]);
    }
}
