using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>
/// What becomes of files that are cut to nothing, and of the copies that were made of what they held. Under the feed's lock.
/// </summary>
/// <param name="feed">Gets the entries.</param>
/// <param name="files">All that are followed.</param>
/// <param name="names">All that may be followed.</param>
/// <param name="time">The clock of all waits.</param>
internal sealed class Truncation(LiveFeed feed, FollowedFiles files, WatchedNames names, TimeProvider time)
{
    /// <summary>Some programs give a file the time of another, cut to seconds.</summary>
    private const long TimeSlack = 2 * TimeSpan.TicksPerSecond;

    private readonly KnownCopies _copies = new(time);
    private readonly FolderNames _folders = new();

    /// <summary>How often a folder has been listed to see whether a file has siblings.</summary>
    public long Listings => _folders.Listings;

    /// <summary>
    /// A file was truncated. What was written to it before, and not read, may be in a copy: then that is read first. Without
    /// one, what has been read stays an entry, whole or not.
    /// </summary>
    public void ReadAnew(FileFollower file, FollowedName name)
    {
        var cut = new CutContent(file.File, file.Guard, file.Ends, file.Position);
        var copy = FindCopy(name, cut, file);
        if (copy is null)
        {
            file.TakeRest(feed);
            name.Renote(cut with { Position = file.Position });
        }

        file.Restart();
    }

    /// <summary>
    /// Of a file of which next to nothing had been read it is not enough that it still holds that: it may have been truncated and begun
    /// alike. What tells is a copy that goes on otherwise: if there is one, it comes next, and the file is read anew. If nothing at all
    /// had been read, all its copies come first.
    /// </summary>
    /// <param name="file">Of what has been read since, nothing has been handed out.</param>
    /// <param name="name">The name that it stands, or has stood, under.</param>
    /// <param name="readBefore">So many bytes had been read.</param>
    /// <returns>Whether there are such copies, to be read before the file.</returns>
    public bool TryFollowUnreadCopies(FileFollower file, FollowedName name, long readBefore)
    {
        // A history may be far behind: what was cut before it came to it may have been compressed long ago.
        var mayBeCompressed = file.IsHeld && readBefore == 0;
        var mayBePlain = readBefore < ContentMark.MaxHeadBytes && MayHaveUnreadSiblings(name.Source);

        // What rotation has named is not truncated any more.
        if (!(mayBePlain || mayBeCompressed) || files.IsOthersRotated(name.Source))
        {
            return false;
        }

        var siblings = mayBePlain ? OpenSiblings(name.Source) : [];
        if (mayBeCompressed)
        {
            siblings.AddRange(OpenAll(Siblings(name.Source, areCompressed: true).FindAll(sibling => sibling.Status.Changed >= name.Since), name.Source));
        }

        var unread = siblings.FindAll(sibling => sibling.IsCompressed ? IsUnreadCompressed(sibling, file, name) : IsUnreadCopy(sibling, file, name));
        var isFound = readBefore == 0 ? FollowAll(unread.FindAll(name.MayHaveHeld), file, name) : FollowCut(unread, file, name, (int)readBefore);
        siblings.ForEach(sibling => sibling.Dispose());
        return isFound;
    }

    /// <summary>Looks for a copy of what a file held, and has it read from where that was read to, before what the file holds now.</summary>
    /// <param name="name">The name that the file stands, or has stood, under: what is in the copy is still of that source.</param>
    /// <param name="cut">What it held.</param>
    /// <param name="file">The file.</param>
    public FileFollower? FindCopy(FollowedName name, CutContent cut, FileFollower file)
    {
        name.Note(cut);

        // It may have been compressed by now. Whatever was written to last when the file was read to its end holds nothing behind that.
        var since = Math.Max(file.ReadToEndAt, name.Since) - TimeSlack;
        var copy = FollowFirst(Siblings(name.Source));
        if (copy is null && !name.Files.Any(other => other.IsCopy && other != file && cut.IsIn(other.File)))
        {
            copy = FollowFirst(Siblings(name.Source, areCompressed: true).FindAll(sibling => sibling.Status.Changed >= since));
        }

        cut.Copy = copy?.Identity;
        return copy;

        FileFollower? FollowFirst(List<(string Path, FileStatus Status)> present)
        {
            // Of several that begin alike the oldest is the one: the others were made of what the file held after that.
            var siblings = OpenAll(present, name.Source);
            var first = siblings.OrderBy(sibling => sibling.BegunAt).Select(sibling => FollowCopy(sibling, name, cut, file))
                .FirstOrDefault(copy => copy is not null);
            siblings.ForEach(sibling => sibling.Dispose());
            return first;
        }
    }

    /// <summary>
    /// Has copies followed that nobody has looked for, as the next search would: who has read a log on behind a copy of it wants nothing
    /// of that, but a watch that has not come so far does.
    /// </summary>
    public void FollowCopies(FollowedName name)
    {
        foreach (var sibling in OpenSiblings(name.Source))
        {
            files.FollowNew(sibling.As(sibling.Path));
        }
    }

    /// <summary>Has all copies read before what the file holds now: each holds what was truncated before anybody read it.</summary>
    private bool FollowAll(List<LogFile> copies, FileFollower file, FollowedName name)
    {
        // What has been read of the file is handed out from there, even if it is cut just now.
        var unread = copies.FindAll(copy => file.IsFileKept() || !BeginsLike(copy, file.Guard));
        foreach (var copy in unread.OrderBy(copy => copy.LastChange()))
        {
            _copies.Drop(copy.Path);
            files.FollowBefore(file, name, copy.Share(), LinePosition.Start);
        }

        return unread.Count > 0;
    }

    /// <summary>Has the first copy that begins with what had been read of a file read on from there, and then the file from its start.</summary>
    private bool FollowCut(List<LogFile> copies, FileFollower file, FollowedName name, int readBefore)
    {
        var read = new ContentGuard();
        read.Add(file.Guard.Head[..readBefore]);
        var cut = new CutContent(file.File, read, file.Ends, file.Position);
        if (copies.Where(cut.IsIn).MinBy(copy => copy.BegunAt) is not { } copy)
        {
            return false;
        }

        cut.Copy = copy.Identity;
        name.Note(cut);
        _copies.Drop(copy.Path);
        files.FollowBefore(file, name, copy.Share(), cut.Position);
        file.Restart();
        return true;
    }

    /// <summary>Whether a sibling is a copy, which nobody reads, of something else than what a file holds now.</summary>
    private bool IsUnreadCopy(LogFile copy, FileFollower file, FollowedName name) =>
        !files.IsFollowed(copy.Identity) && copy.Length() > 0 && name.OriginalOf(copy) == file && !copy.IsBeginningOf(file.File)
        && !name.HasCopy(copy) && !_copies.IsOfPast(copy, file.Guard) && files.FinishedPlaceIn(copy) is null;

    /// <summary>The same of a compressed one, of which no birth tells what it was made of: nothing that is known, and no backup of what the file holds now.</summary>
    private bool IsUnreadCompressed(LogFile copy, FileFollower file, FollowedName name) =>
        !files.IsFollowed(copy.Identity) && files.FinishedPlaceIn(copy) is null && !copy.BeginsLike(file.File) && !name.HasCopy(copy)
        && !files.IsReadUnderOther(copy, name);

    /// <inheritdoc cref="KnownCopies.Judge"/>
    public CopyVerdict Judge(LogFile file, FollowedName name, out LinePosition from) => _copies.Judge(file, name, out from);

    /// <summary>Files of which it is not clear yet whether they are copies; whoever takes one closes it.</summary>
    public IEnumerable<LogFile> Suspects()
    {
        foreach (var path in _copies.Paths.ToList())
        {
            if (LogFile.TryOpen(path) is { } file)
            {
                yield return file;
            }
            else
            {
                _copies.Drop(path);
            }
        }
    }

    public bool IsSuspect(FileIdentity identity) => _copies.Contains(identity);

    public void Drop(string path) => _copies.Drop(path);

    /// <summary>The paths of a log's siblings, watched or not.</summary>
    public List<string> SiblingsOf(string log) => _folders.SiblingsOf(log);

    /// <summary>Has folders listed again: what they hold may have changed though the file system does not say so.</summary>
    public void ForgetNames() => _folders.Clear();

    public void Clear()
    {
        _copies.Clear();
        _folders.Clear();
    }

    /// <summary>Whether a look at all that is watched may show siblings of a log that nobody reads: that would cost a look at all for each file.</summary>
    private bool MayHaveUnreadSiblings(string log)
    {
        var siblings = _folders.SiblingsOf(log).FindAll(path => !LogFile.IsCompressedName(path) && Rotation.IsSibling(path, log) && names.MayUnfold(path));
        return siblings.Count > 0 && (siblings.Exists(IsUnread) || !_folders.AreStill(log));

        bool IsUnread(string path) => FileStatus.TryGet(path, out var status) && status.IsRegular && !files.IsFollowed(status.Identity);
    }

    /// <summary>Where files stand that may be copies of a log.</summary>
    private List<(string Path, FileStatus Status)> Siblings(string log, bool areCompressed = false)
    {
        return SettledLook.At(() => _folders.SiblingsOf(log).Where(IsOne), IsOne);

        // Where app.log and app stand side by side, app.log.1 is the former's.
        bool IsOne(string path) => LogFile.IsCompressedName(path) == areCompressed && Rotation.IsSibling(path, log)
            && files.OriginOf(path)?.Source == log && names.MayUnfold(path);
    }

    /// <summary>Whether a file begins with what was read of another, as far as both go.</summary>
    private static bool BeginsLike(LogFile copy, ContentGuard read) => copy.LoadWhole() is { } whole
        && whole.Head[..Math.Min(whole.Head.Length, read.Head.Length)].SequenceEqual(read.Head[..Math.Min(whole.Head.Length, read.Head.Length)]);

    /// <summary>Opens those files, whatever is renamed meanwhile; whoever takes one closes it.</summary>
    private List<LogFile> OpenSiblings(string log) => OpenAll(Siblings(log), log);

    private static List<LogFile> OpenAll(List<(string Path, FileStatus Status)> siblings, string log)
    {
        var opened = new Dictionary<FileIdentity, LogFile>();
        foreach (var (path, status) in siblings)
        {
            if (!opened.ContainsKey(status.Identity) && SettledLook.TryOpen(path, status.Identity, log, out _) is { } file)
            {
                opened.Add(file.Identity, file);
            }
        }

        return [.. opened.Values];
    }

    /// <summary>The follower of a file that a cut one was copied to; null if it is no copy, or has been read.</summary>
    /// <param name="copy">It stays the caller's.</param>
    /// <param name="name">The name that the cut file stands, or has stood, under.</param>
    /// <param name="cut">What it held.</param>
    /// <param name="original">The cut file.</param>
    private FileFollower? FollowCopy(LogFile copy, FollowedName name, CutContent cut, FileFollower original)
    {
        if (!cut.IsIn(copy) || files.FinishedPlaceIn(copy) is not null)
        {
            return null;
        }

        if (files.NameFollowing(copy.Identity) is { } other)
        {
            return other != name && other.Current?.Identity == copy.Identity ? other.Current : null;
        }

        _copies.Drop(copy.Path);
        return files.FollowBefore(original, name, copy.Share(), cut.Position);
    }
}
