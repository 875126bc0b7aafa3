using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>
/// The files that are followed: under each name those that stand, or have stood, there. What comes and goes is found here;
/// <see cref="FollowedReader"/> reads it, <see cref="Joining"/> says what of it belongs to whom, <see cref="Truncation"/> what becomes of a
/// file that is cut. Under the feed's lock.
/// </summary>
internal sealed class FollowedFiles
{
    /// <summary>Files that have left their names and are kept for watches that are still at their history, at most: each costs a handle.</summary>
    public const int MaxKept = 1_000;

    /// <summary>A renamed or deleted file is let go once nothing has come to it for so long (logs.md, "Following").</summary>
    private static readonly TimeSpan LeavingGrace = TimeSpan.FromSeconds(5);

    private readonly LiveFeed _feed;
    private readonly TimeProvider _time;
    private readonly FinishedFiles _finished = new();
    private readonly Dictionary<string, FollowedName> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<FileIdentity, (FollowedName Name, FileFollower File)> _files = [];
    private readonly Dictionary<(string Folder, string Name), string> _sourcesByPlace = [];
    private readonly HashSet<string> _newFolders = new(StringComparer.Ordinal);

    /// <param name="feed">Gets the entries.</param>
    /// <param name="names">All that may be followed.</param>
    /// <param name="time">The clock of all waits.</param>
    public FollowedFiles(LiveFeed feed, WatchedNames names, TimeProvider time)
    {
        (_feed, _time) = (feed, time);
        Truncation = new Truncation(feed, this, names, time);
        Reader = new FollowedReader(feed, this);
    }

    /// <summary>The number of the file found last.</summary>
    public long LastNumber { get; private set; }

    public Truncation Truncation { get; }

    /// <summary>Reads them.</summary>
    public FollowedReader Reader { get; }

    public IEnumerable<FollowedName> Names => _names.Values;

    /// <summary>The files that have more to read: mostly none, however many are followed.</summary>
    public HashSet<FileFollower> Unfinished { get; } = [];

    /// <summary>The names that these are read under.</summary>
    public IEnumerable<FollowedName> UnfinishedNames() => Unfinished.Select(file => _files[file.Identity].Name).Distinct();

    public bool IsFollowed(FileIdentity identity) => _files.ContainsKey(identity);

    /// <summary>Whether a file is still read by this follower, which may have been let go of.</summary>
    public bool IsFollowed(FileFollower file) => _files.TryGetValue(file.Identity, out var known) && known.File == file;

    /// <summary>The name under which a file is followed; null: under none.</summary>
    public FollowedName? NameFollowing(FileIdentity identity) => _files.GetValueOrDefault(identity).Name;

    /// <summary>The file of a number; null: it is not followed.</summary>
    public FileFollower? Find(FileIdentity identity) => _files.GetValueOrDefault(identity).File;

    /// <summary>A name that files are followed under; null: nothing has been under it.</summary>
    public FollowedName? Find(string source) => _names.GetValueOrDefault(source);

    public FollowedName NameOf(string source)
    {
        if (!_names.TryGetValue(source, out var name))
        {
            name = new FollowedName(source) { Since = _feed.WatchedSince() };
            _names.Add(source, name);
        }

        return name;
    }

    /// <summary>Finds files that no longer stand under their names, and what has come in their place.</summary>
    public void CheckNames()
    {
        Truncation.ForgetNames();
        if (_feed.IsBegun && _files.Count > MaxKept && _files.Values.Count(known => known.File.HasLeft) > MaxKept)
        {
            _feed.FailBegun(new SlowHistoryException(MaxKept));
        }

        foreach (var name in _names.Values.ToList())
        {
            Attempt(() => Check(name));
        }

        foreach (var file in Truncation.Suspects())
        {
            Attempt(() => FollowNew(file));
        }
    }

    /// <summary>Looks what has come to stand under names, or has stood there, since they were looked at last.</summary>
    public void LookClosely()
    {
        var siblings = new FolderNames(isOneLook: true);
        foreach (var name in _names.Values.ToList())
        {
            Attempt(() => LookClosely(name, siblings));
        }
    }

    private void Check(FollowedName name)
    {
        Look(name);
        foreach (var file in name.Files.Where(name.IsDone).ToList())
        {
            if (MayFinish(file))
            {
                Finish(name, file);
            }
        }
    }

    /// <summary>What can't be read just now is looked at again with the next poll; it must not end the watches of all other files.</summary>
    private static void Attempt(Action look)
    {
        try
        {
            look();
        }
        catch (Exception exception) when (exception is (IOException and not TooManyOpenFilesException) or UnauthorizedAccessException or InvalidDataException)
        {
            // As above.
        }
    }

    /// <summary>Follows files that have come, from their start, which the next turn reads.</summary>
    /// <param name="names">All that are there.</param>
    public void FollowNew(SortedSet<string> names)
    {
        var stillThere = new HashSet<FileIdentity>();
        foreach (var name in names)
        {
            if (LogFile.IsCompressedName(name) || Find(name)?.Current is not null
                || !FileStatus.TryGet(name, out var status) || !status.IsRegular || IsFollowed(status.Identity))
            {
                continue;
            }

            stillThere.Add(status.Identity);
            if (Find(name) is { } known)
            {
                // What has stood there since, and is gone again, comes first.
                Attempt(() => Look(known));
            }

            if (Find(name)?.Current is null && LogFile.TryOpen(name) is { } file)
            {
                Attempt(() => FollowNew(file));
            }
        }

        _finished.Trim(stillThere);
        foreach (var gone in _names.Values.Where(name => name.Files.Count == 0 && !names.Contains(name.Source)).ToList())
        {
            _names.Remove(gone.Source);
            ForgetPlaces(gone);
        }
    }

    /// <summary>
    /// Looks what has come to stand under a name. What stood there before is kept for a while for those who still write to it, and
    /// read to its end first.
    /// </summary>
    public void Look(FollowedName name)
    {
        if (name.LeadsElsewhere() || name.Unfinished.Count > 0)
        {
            LookAnew(name);
        }
    }

    /// <summary>
    /// The same, and also where nothing stood under the name and nothing does again: a file may have come and gone in between, of which
    /// only its rotated sibling tells. Each is looked at for that but once: a look costs as much as the folder has names.
    /// </summary>
    private void LookClosely(FollowedName name, FolderNames siblings)
    {
        if (name.LeadsElsewhere())
        {
            LookAnew(name);
        }
        else if (name.IsVacant && StrangersBeside(name, siblings) is var strangers && !strangers.IsSubsetOf(name.Strangers))
        {
            LookAnew(name);
            name.Strangers = strangers;
        }
    }

    /// <summary>The siblings of a name that are not followed, as they are now: files, and not their names, which move on.</summary>
    private HashSet<(FileIdentity Identity, long Changed)> StrangersBeside(FollowedName name, FolderNames siblings)
    {
        var strangers = new HashSet<(FileIdentity Identity, long Changed)>();
        foreach (var path in siblings.SiblingsOf(name.Source))
        {
            if (FileStatus.TryGet(path, out var status) && status.IsRegular && !IsFollowed(status.Identity))
            {
                strangers.Add((status.Identity, status.Changed));
            }
        }

        return strangers;
    }

    private void LookAnew(FollowedName name)
    {
        var unfinished = name.Unfinished;
        name.Unfinished = [];

        // Its copy is known by what was read of it.
        if (name.Newest is { } last && !last.IsFileKept())
        {
            Truncation.ReadAnew(last, name);
        }

        NoteOlderNames(name);
        if (OriginOf(name.Source) is { } log && log != name)
        {
            NoteOlderNames(log);
        }

        // Where others' rotated files get this name, what comes here may be a copy, and is looked at as such.
        var origin = OriginOf(name.Source);
        var isOthers = origin is not null && Rotation.IsRotated(name.Source, origin.Source);
        var missed = new List<LogFile>();
        LogFile? found;
        if (name.Newest is null || isOthers)
        {
            found = LogFile.TryOpen(name.Source);
        }
        else
        {
            missed = RotationOrder.OpenSince(name.Source, name.Newest.File, out found);
        }

        using var present = found;
        if (present is not null && present.Identity == name.Newest?.Identity)
        {
            missed.ForEach(file => file.Dispose());
            name.Return(name.Newest);
            return;
        }

        name.Vacate(present?.Identity);
        if (isOthers)
        {
            return;
        }

        AddMissed(name, missed, unfinished);

        // What has another log's name with more behind it may be a copy of that: whoever follows new files judges it.
        if (origin is null && present is not null && PlaceIn(present, name) is { } from)
        {
            Follow(name, present.Share(), from, isThere: true);
        }
    }

    /// <summary>Learns from the newest file of a log, if that has been renamed, how its older files are called.</summary>
    private void NoteOlderNames(FollowedName name)
    {
        if (name.Newest is { } newest && !name.OlderHaveWholeName)
        {
            name.OlderHaveWholeName = Truncation.SiblingsOf(name.Source)
                .Exists(path => Rotation.HasWholeName(path, name.Source) && Rotation.IsRotated(path, name.Source) && IsIt(path));

            bool IsIt(string path)
            {
                if (!LogFile.IsCompressedName(path))
                {
                    return newest.File.StandsAt(path);
                }

                // Where it need not be known, it is not looked for in there.
                using var compressed = newest.File.IsDeleted() && OriginOf(name.Source) is not null ? LogFile.TryOpen(path) : null;
                return compressed is not null && newest.IsIn(compressed);
            }
        }
    }

    /// <summary>Follows a file that nobody reads yet: from its start, or if it is known under another name, from where it was left.</summary>
    /// <param name="file">Belongs to this from now on.</param>
    /// <param name="isOwn">Unless it is a copy, it is a log of its own, though its name may be one that rotation gives.</param>
    public void FollowNew(LogFile file, bool isOwn = false)
    {
        if (IsFollowed(file.Identity))
        {
            // Between the look and the opening another file may have taken the name.
            Truncation.Drop(file.Path);
            file.Dispose();
            return;
        }

        if (_finished.PlaceIn(file) is { } finished)
        {
            if (file.Length() <= finished.Offset)
            {
                file.Dispose();
                return;
            }

            Follow(NameOf(file.Source), file, finished, isThere: true);
            return;
        }

        if (OriginOf(file.Path) is { } origin)
        {
            FollowSibling(file, origin, isOwn);
            return;
        }

        Follow(NameOf(file.Source), file, LinePosition.Start, isThere: true);
    }

    /// <summary>What stands beside a log holds something else now, as a name has that is copied to each time: it is as new as any copy.</summary>
    public void LookAgain(FileFollower copy, FollowedName name)
    {
        name.Remove(copy);
        Close(copy);
        if (LogFile.TryOpen(copy.File.Path) is { } file)
        {
            FollowNew(file);
        }
    }

    /// <summary>Follows a file that has the name of another's sibling, unless it is read already or may be a copy of what is.</summary>
    private void FollowSibling(LogFile file, FollowedName origin, bool isOwn)
    {
        // What stands under the name now may be what it is a copy of; or it has come and gone itself since that was looked at.
        if (origin.IsVacant || origin.LeadsElsewhere())
        {
            LookAnew(origin);
        }

        var from = LinePosition.Start;
        var verdict = IsFollowed(file.Identity) || origin.LeadsElsewhere() ? CopyVerdict.Undecided : Truncation.Judge(file, origin, out from);
        if (verdict == CopyVerdict.Undecided || (verdict == CopyVerdict.Own && origin.Current?.IsFileKept() == false))
        {
            file.Dispose();
            return;
        }

        var original = verdict == CopyVerdict.Copy ? origin.OriginalOf(file) ?? origin.Newest
            : !isOwn && origin.MayHaveHeld(file) ? origin.OriginalOf(file)
            : null;
        if (original is not null)
        {
            // A copy is of the source that its original is of.
            FollowBefore(original, origin, file.As(origin.Source), from);
            return;
        }

        Follow(NameOf(file.Source), file, from, isThere: true);
    }

    /// <summary>Follows a file as the youngest under its name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="file">Belongs to this from now on.</param>
    /// <param name="from">Where whoever reads it already goes on.</param>
    /// <param name="isThere">It stands under the name.</param>
    public FileFollower Follow(FollowedName name, LogFile file, LinePosition from, bool isThere)
    {
        var follower = Make(file, _feed.IsRead ? from : null);
        name.Add(follower, isThere);
        _files.Add(follower.Identity, (name, follower));
        if (isThere)
        {
            ForgetPlaces(name);
            NotePlace(file.Source, name);

            // Behind a link it is another folder that tells of changes.
            if (LinkTarget(file.Source) is { } target)
            {
                NotePlace(target, name);
            }
        }

        return follower;
    }

    /// <summary>
    /// Follows a file under its own name from now on, and not under that of another, unless somebody reads it for that already, or it is
    /// a copy. It is held: a watch that is at its history says where to begin.
    /// </summary>
    public void GiveOwnName(LogFile file)
    {
        var (name, follower) = _files[file.Identity];
        if (follower.IsHeld && !follower.IsCopy)
        {
            name.Remove(follower);
            Close(follower);
            Follow(NameOf(file.Source), file.Share(), LinePosition.Start, isThere: true);
        }
    }

    /// <summary>Follows a copy of what a file held, of the same source, to be read before what the file holds now.</summary>
    public FileFollower FollowBefore(FileFollower original, FollowedName name, LogFile copy, LinePosition from)
    {
        var follower = Make(copy, _feed.IsRead ? from : null, isCopy: true);
        name.Insert(name.IndexOfCopy(copy, original), follower);
        _files.Add(follower.Identity, (name, follower));
        return follower;
    }

    /// <summary>Holds a file that has left a name for a watch that is still to read it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="file">Belongs to this from now on.</param>
    /// <param name="index">It goes before the file that stands there in the name's order.</param>
    public FileFollower Hold(FollowedName name, LogFile file, int index)
    {
        var follower = Make(file, from: null, isApart: true);
        name.Insert(index, follower);
        _files.Add(follower.Identity, (name, follower));
        return follower;
    }

    /// <summary>Has a held file read from where a history ends. If none ever comes so far, what was known of it before stays.</summary>
    /// <inheritdoc cref="FileFollower.Begin"/>
    public void Begin(FileFollower file, LinePosition from, ContentGuard? guard)
    {
        _finished.Remove(file.Identity);
        file.Begin(from, guard);
    }

    /// <summary>How far a file was read that is no longer followed; null: it is another.</summary>
    public LinePosition? FinishedPlaceIn(LogFile file) => _finished.PlaceIn(file);

    /// <summary>Reads a file of which the file system has told a change; any other name is nothing to us.</summary>
    public void ReadHinted(string folder, string name)
    {
        if (_sourcesByPlace.TryGetValue((folder, name), out var source) && Find(source) is { } known)
        {
            Reader.Read(known);
        }
    }

    /// <summary>Lets go of all files: nobody watches any more.</summary>
    public void Clear()
    {
        foreach (var file in _names.Values.SelectMany(name => name.Files).ToList())
        {
            Close(file);
        }

        _names.Clear();
        Truncation.Clear();
        _finished.Clear();
        _sourcesByPlace.Clear();
        _newFolders.Clear();
    }

    /// <summary>Folders that hold followed files and have not been asked about before.</summary>
    public List<string> TakeNewFolders()
    {
        List<string> folders = [.. _newFolders];
        _newFolders.Clear();
        return folders;
    }

    /// <inheritdoc cref="FollowedName.OtherThan"/>
    public (FilePlace? Place, bool IsNewer) OtherThan(FileFollower file) => Find(file.Source)?.OtherThan(file) ?? default;

    /// <summary>Adds siblings that have stood under a name since it was looked at last, the oldest first.</summary>
    private void AddMissed(FollowedName name, List<LogFile> missed, Dictionary<FileIdentity, (long Length, long Since)> unfinished)
    {
        foreach (var file in missed)
        {
            if (name.HasCopy(file) || IsStillMade(file, name, unfinished) || (file.IsCompressed && IsReadUnderOther(file, name)) || PlaceIn(file, name) is not { } from)
            {
                file.Dispose();
                continue;
            }

            Follow(name, file, from, isThere: false);
        }
    }

    /// <summary>Whether a compressed sibling may still be made of what is known: it is shorter than that, and has grown a moment ago.</summary>
    private bool IsStillMade(LogFile file, FollowedName name, Dictionary<FileIdentity, (long Length, long Since)> before)
    {
        if (!file.IsCompressed || IsFollowed(file.Identity) || !name.Files.Any(known => file.BeginsLike(known.File)))
        {
            return false;
        }

        var now = (Length: file.Length(), Since: _time.GetTimestamp());
        now = before.TryGetValue(file.Identity, out var last) && last.Length == now.Length ? last : now;
        return _time.GetElapsedTime(now.Since) < LeavingGrace && name.Unfinished.TryAdd(file.Identity, now);
    }

    /// <summary>Whether a compressed sibling was made of a file that is, or was, read under the name it had by rotation.</summary>
    public bool IsReadUnderOther(LogFile compressed, FollowedName name) =>
        _finished.HaveCopy(compressed, name.Source)
        || _names.Values.Any(other => Rotation.IsSibling(other.Source, name.Source) && other.Files.Any(file => file.IsIn(compressed)));

    /// <summary>Where to begin reading a file that has come to stand under a name; null: it is read under another.</summary>
    private LinePosition? PlaceIn(LogFile file, FollowedName name)
    {
        if (!_files.TryGetValue(file.Identity, out var known))
        {
            return _finished.PlaceIn(file) ?? LinePosition.Start;
        }

        if (file.Path != name.Source)
        {
            return null;
        }

        // Renamed onto this name, which the other may not have noticed yet: from now on it is read under its new one.
        Look(known.Name);
        if (_files.TryGetValue(file.Identity, out known) && (!known.File.HasLeft || known.Name == name))
        {
            return null;
        }

        if (known.File is null)
        {
            return _finished.PlaceIn(file) ?? LinePosition.Start;
        }

        var from = known.File.Position;
        known.Name.Remove(known.File);
        Close(known.File);
        return from;
    }

    /// <summary>The followed log that a path is a sibling of: one whose rotation gives such names before one that it only begins like.</summary>
    public FollowedName? OriginOf(string path)
    {
        if (Find(path) is { OlderHaveWholeName: true })
        {
            // It is rotated itself.
            return null;
        }

        FollowedName? origin = null;
        FollowedName? rotated = null;
        foreach (var log in Rotation.LogsOf(path))
        {
            // Of each kind the shortest comes last, and is it: app.log.10 is no sibling of app.log.1.
            if (_names.TryGetValue(log, out var name) && Rotation.IsSibling(path, log) && (!name.OlderHaveWholeName || Rotation.HasWholeName(path, log)))
            {
                origin = name;
                rotated = Rotation.IsRotated(path, log) ? name : rotated;
            }
        }

        return rotated ?? origin;
    }

    /// <summary>Whether a name is one that rotation gives to the files of another which is followed.</summary>
    public bool IsOthersRotated(string source) => OriginOf(source) is { } origin && Rotation.IsRotated(source, origin.Source);

    /// <summary>Whether a file that has left its name may be let go of: a watch that is at its history may still come to it.</summary>
    private bool MayFinish(FileFollower file) => !_feed.IsBegun && (file.IsHeld || (!file.HasMore && file.Quiet >= LeavingGrace));

    /// <summary>Lets a file go that has left its name, and remembers how far it was read.</summary>
    private void Finish(FollowedName name, FileFollower file)
    {
        if (!file.IsHeld)
        {
            file.TakeRest(_feed);
            _finished.Add(file);
        }

        name.Remove(file);
        Close(file);
    }

    private FileFollower Make(LogFile file, LinePosition? from, bool isApart = false, bool isCopy = false)
    {
        if (from is not null)
        {
            _finished.Remove(file.Identity);
        }

        var follower = new FileFollower(file, from, _time, Unfinished) { Number = ++LastNumber, IsApart = isApart, IsCopy = isCopy };
        if (from is { Offset: > 0 } && _feed.IsTimeNeeded)
        {
            try
            {
                follower.KnowTime();
            }
            catch
            {
                follower.Dispose();
                throw;
            }
        }

        return follower;
    }

    private void Close(FileFollower file)
    {
        Reader.Forget(file);
        _files.Remove(file.Identity);
        _feed.Forget(file);
        file.Dispose();
    }

    private void NotePlace(string path, FollowedName name)
    {
        var folder = Path.GetDirectoryName(path);
        folder = string.IsNullOrEmpty(folder) ? "." : folder;
        var place = (folder, Path.GetFileName(path));
        if (_sourcesByPlace.TryAdd(place, name.Source))
        {
            name.Places.Add(place);
            _newFolders.Add(folder);
        }
    }

    private void ForgetPlaces(FollowedName name)
    {
        foreach (var place in name.Places)
        {
            _sourcesByPlace.Remove(place);
        }

        name.Places.Clear();
    }

    private static string? LinkTarget(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
