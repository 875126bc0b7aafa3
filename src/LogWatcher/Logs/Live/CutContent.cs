using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Live;

/// <summary>
/// What a file held, as far as it was read, before it was truncated: by this a copy of it is known.
/// </summary>
/// <param name="Original">The file, of which only the number and the birth are asked for.</param>
/// <param name="Guard">Head and last bytes of what was read.</param>
/// <param name="Ends">Where its last entries ended.</param>
/// <param name="Position">Everything before it has been handed out.</param>
internal sealed record CutContent(LogFile Original, ContentGuard Guard, RecentEnds Ends, LinePosition Position)
{
    private readonly long _noticedBy = FileClock.Latest;

    /// <summary>The copy of it that was found; null: none yet.</summary>
    public FileIdentity? Copy { get; set; }

    /// <summary>Whether a file, compressed or not, holds all that was read.</summary>
    public bool IsIn(LogFile file)
    {
        if (Guard.Offset == 0 || !IsPossible(file, Guard.Offset))
        {
            return false;
        }

        return file.IsCompressed ? file.HoldsSurely(Guard.Mark, Guard.Offset) : file.Length() >= Guard.Offset && Guard.IsKeptBy(file);
    }

    /// <summary>
    /// Whether a file, compressed or not, begins like it and ends with an entry that was read, or was made while that was held, and
    /// no other is its copy: all of it was read.
    /// </summary>
    public bool EndsIn(LogFile file)
    {
        if (file.LoadWhole() is not { } whole || whole.Offset == 0 || whole.Offset > Guard.Offset || !IsPossible(file, whole.Offset))
        {
            return false;
        }

        return Guard.Head.StartsWith(whole.Head[..Math.Min(whole.Head.Length, Guard.Head.Length)])
            && (Ends.Contains(whole.Offset, ContentMark.HashOfTail(whole.Tail)) || IsMadeMeanwhile(file));
    }

    /// <summary>What is written between a copy and the cut is no part of the copy, and may be more than there is memory for ends.</summary>
    private bool IsMadeMeanwhile(LogFile file) => Copy is null && !file.IsCompressed && file.HasBirth && file.BegunAt > Original.BegunAt && IsBornMeanwhile(file);

    /// <summary>
    /// Whether a file may be a copy of it, by what else is known. All files of a program may begin alike: what has only such a
    /// beginning in common is the one copy that was made while the file held that.
    /// </summary>
    private bool IsPossible(LogFile file, long commonBytes) => commonBytes >= ContentMark.MaxHeadBytes || file.Identity == Copy
        || (Copy is null && (!file.HasBirth || IsBornMeanwhile(file)));

    /// <summary>Whether it is no older than the file, and was there when that was known to be cut.</summary>
    private bool IsBornMeanwhile(LogFile file) => file.BegunAt >= Original.BegunAt && file.BegunAt <= _noticedBy;
}
