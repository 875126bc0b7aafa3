using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>What a new file turns out to be.</summary>
internal enum CopyVerdict
{
    /// <summary>A file of its own, to be read from its start.</summary>
    Own,

    /// <summary>A copy of what a followed file still holds, or too short to tell: looked at again later.</summary>
    Undecided,

    /// <summary>A copy of what was read before a truncation: only what is behind that is new.</summary>
    Copy,
}

/// <summary>
/// New files whose names are followed ones' with a suffix, and which begin with what was read of those: copies, as copytruncate
/// makes them (logs.md, "Following"). Each is kept open and looked at until it is clear what it is. Under the feed's lock.
/// </summary>
internal sealed class KnownCopies(TimeProvider time)
{
    /// <summary>A file shorter than what was read, and so short that it may be another with the same first lines, is a copy no longer after so long without growth.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Suspect> _suspects = new(StringComparer.Ordinal);

    public IEnumerable<string> Paths => _suspects.Keys;

    public bool Contains(FileIdentity identity)
    {
        foreach (var suspect in _suspects.Values)
        {
            if (suspect.File.Identity == identity)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a file began with what another held that holds something else now, or is gone: it is a copy of that.</summary>
    /// <param name="file">The file.</param>
    /// <param name="now">What the other holds now.</param>
    public bool IsOfPast(LogFile file, ContentGuard now)
    {
        foreach (var suspect in _suspects.Values)
        {
            if (suspect.File.Identity == file.Identity)
            {
                return suspect.IsOfPast(now, file.Length());
            }
        }

        return false;
    }

    /// <summary>What a file is, as far as can be told now.</summary>
    /// <param name="file">It stays the caller's, unless it is undecided: then it is kept here.</param>
    /// <param name="name">The name that its own is made of.</param>
    /// <param name="from">Of a copy, where it goes on behind what was read.</param>
    public CopyVerdict Judge(LogFile file, FollowedName name, out LinePosition from)
    {
        var suspect = _suspects.GetValueOrDefault(file.Path);
        if (suspect?.File.Identity != file.Identity)
        {
            Drop(file.Path);
            suspect = new Suspect(file.Share(), time.GetTimestamp());
            _suspects[file.Path] = suspect;
        }

        var verdict = Look(suspect, name, out from);
        if (verdict != CopyVerdict.Undecided)
        {
            Drop(file.Path);
        }

        return verdict;
    }

    public void Drop(string path)
    {
        if (_suspects.Remove(path, out var suspect))
        {
            suspect.File.Dispose();
        }
    }

    public void Clear()
    {
        foreach (var path in _suspects.Keys.ToList())
        {
            Drop(path);
        }
    }

    private CopyVerdict Look(Suspect suspect, FollowedName name, out LinePosition from)
    {
        var file = suspect.File;
        var length = file.Length();
        if (length != suspect.Length)
        {
            (suspect.Length, suspect.GrownAt) = (length, time.GetTimestamp());
        }

        from = LinePosition.Start;
        for (var index = name.Earlier.Count - 1; index >= 0; index--)
        {
            var earlier = name.Earlier[index];
            if (earlier.IsIn(file))
            {
                from = earlier.Position;
                return CopyVerdict.Copy;
            }

            if (earlier.EndsIn(file))
            {
                // Copied before all was written that has been read: nothing in it is new.
                from = new LinePosition(length);
                return CopyVerdict.Copy;
            }
        }

        // What stands under the name by now may have come after the copy was made.
        var original = file.HasBirth ? name.OriginalOf(file) ?? name.Current : name.Current;
        var isAlike = original is not null && IsAlike(file, length, original);
        if (isAlike)
        {
            suspect.BeginsLike(original!.Guard, length);
        }
        else if (suspect.IsOfPast(original?.Guard, length))
        {
            from = new LinePosition(length);
            return CopyVerdict.Copy;
        }
        else if (original is { IsHeld: true } && (suspect.WasBeginningOf(original.Guard, length) || IsOfReadBefore(original, file)))
        {
            // Nobody has read anything of it live: each watch that is at its history knows how far it has come in what was there.
            return CopyVerdict.Copy;
        }

        var isShort = length < Math.Min(original?.Guard.Offset ?? 0, ContentMark.MaxHeadBytes);
        return (isAlike && !(isShort && time.GetElapsedTime(suspect.GrownAt) >= Grace)) || (length == 0 && name.Current is not null)
            ? CopyVerdict.Undecided
            : CopyVerdict.Own;
    }

    /// <summary>Whether a file holds what another does, as far as both go.</summary>
    private static bool IsAlike(LogFile file, long length, FileFollower current)
    {
        var guard = current.Guard;
        if (length == 0 || current.File.IsCompressed)
        {
            return false;
        }

        if (!current.IsFileKept())
        {
            // Truncated, which will be noticed at the next look; until then only what was read of it tells.
            return file.LoadBeginning(Math.Min(length, guard.Head.Length)) is { } mine && guard.Head.StartsWith(mine.Head);
        }

        // What has not been read yet may have been copied, too.
        return file.IsBeginningOf(current.File);
    }

    /// <summary>Whether a file holds what a history was to go on behind, and the file of that no longer does.</summary>
    private static bool IsOfReadBefore(FileFollower held, LogFile file) => held.ReadBefore is { } read && !read.MayBeKeptBy(held.File)
        && new CutContent(held.File, read, new RecentEnds(), new LinePosition(read.Offset)).IsIn(file);

    private sealed class Suspect(LogFile file, long since)
    {
        public LogFile File => file;

        public long Length { get; set; } = -1;

        public long GrownAt { get; set; } = since;

        // What it was the beginning of when it was looked at last, and how long it was then.
        private ContentGuard? _original;
        private long _comparedLength;

        public void BeginsLike(ContentGuard original, long length) => (_original, _comparedLength) = (original, length);

        /// <summary>Whether it was the beginning of something that stands there under the same guard still, and has stayed as it was then.</summary>
        public bool WasBeginningOf(ContentGuard now, long length) => _original == now && length == _comparedLength;

        /// <summary>
        /// Whether it is the beginning of something that was read, and no longer is: another guard stands for what is. Only the head is
        /// compared again; a shorter file has stayed as it was when it was compared.
        /// </summary>
        public bool IsOfPast(ContentGuard? now, long length) =>
            _original is not null && _original != now && length <= _original.Offset
            && (length == _comparedLength || (length >= ContentMark.MaxHeadBytes && file.LoadBeginning(ContentMark.MaxHeadBytes)?.Head.SequenceEqual(_original.Head) == true));
    }
}
