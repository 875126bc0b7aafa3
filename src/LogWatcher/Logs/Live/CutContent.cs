using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Live;

/// <summary>
/// What a name once held, as far as it was read before it was truncated, or the file left the name: by this a copy of it is known.
/// </summary>
/// <param name="Guard">Head and last bytes of what was read.</param>
/// <param name="Ends">Where its last entries ended.</param>
/// <param name="Position">Everything before it has been handed out.</param>
/// <param name="IsTruncated">It was truncated, so that a copy of it may have been made right before.</param>
internal sealed record CutContent(ContentGuard Guard, RecentEnds Ends, LinePosition Position, bool IsTruncated)
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

    /// <summary>Whether a file, compressed or not, begins like it and ends with an entry that was read: all of it was.</summary>
    public bool EndsIn(LogFile file)
    {
        if (file.LoadWhole() is not { } whole || whole.Offset == 0 || whole.Offset > Guard.Offset)
        {
            return false;
        }

        return Guard.Head.StartsWith(whole.Head[..Math.Min(whole.Head.Length, Guard.Head.Length)])
            && Ends.Contains(whole.Offset, ContentMark.HashOfTail(whole.Tail));
    }
}
