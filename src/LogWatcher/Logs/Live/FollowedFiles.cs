using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>
/// The files that are followed: under each name the file that stands there now, and those that have been renamed or deleted
/// but may still be written to. Under the feed's lock.
/// </summary>
/// <param name="feed">Gets the entries.</param>
/// <param name="unfold">The names of all files that are there, in order.</param>
/// <param name="time">The clock of all waits.</param>
internal sealed class FollowedFiles(LiveFeed feed, Func<SortedSet<string>> unfold, TimeProvider time)
{
    /// <summary>A renamed or deleted file is let go once nothing has come to it for so long (logs.md, "Following").</summary>
    private static readonly TimeSpan LeavingGrace = TimeSpan.FromSeconds(5);

    /// <summary>More bytes than any gap has, and few enough to be added up.</summary>
    private const long FarOff = 1L << 50;

    private readonly Dictionary<string, FollowedName> _names = new(StringComparer.Ordinal);
    private readonly List<FileFollower> _leaving = [];
    private readonly KnownCopies _copies = new(time);

    // Files that have been read under another name, and how far: found again under a new name they are no new files.
    private readonly Dictionary<FileIdentity, FinishedFile> _finished = [];

    private readonly Dictionary<(string Folder, string Name), string> _sourcesByPlace = [];
    private readonly HashSet<string> _newFolders = new(StringComparer.Ordinal);
    private readonly List<FileFollower> _turn = [];

    // Those whose last entry may still get lines.
    private readonly List<FileFollower> _open = [];

    // The name whose file has just been found truncated: it is not looked at again before that is settled.
    private FollowedName? _cut;
    private long _turns;
    private long _followers;

    /// <summary>A file that no longer stands under its name has not been read to its end yet.</summary>
    public bool MustCheckNames { get; private set; }

    /// <summary>Some file has more to read than one turn allows.</summary>
    public bool HaveMore
    {
        get
        {
            foreach (var name in _names.Values)
            {
                if (name.Current is { HasMore: true })
                {
                    return true;
                }
            }

            return _leaving.Exists(follower => follower.HasMore);
        }
    }

    private IEnumerable<FileFollower> Current => _names.Values.Select(name => name.Current).OfType<FileFollower>();

    /// <summary>
    /// Tells the readers of a history to go on to where their files are followed from, and adds readers for files that it has
    /// not seen. Which file it is counts, not its name: it may have been renamed since the history began.
    /// </summary>
    /// <param name="history">Of a watch that is to join.</param>
    /// <param name="names">All files that are there.</param>
    /// <param name="watcher">The watch's side of the feed.</param>
    /// <returns>How many bytes are still to be read for that.</returns>
    public long Align(History history, IEnumerable<string> names, LiveWatcher watcher)
    {
        Predicate<string> isWanted = watcher.Wants;
        watcher.ExcludeNone();
        var readers = new Dictionary<FileIdentity, HistoryReader>();
        foreach (var reader in history.Readers)
        {
            // Of a file that was truncated the last reader is the one of what it holds now.
            readers[reader.File.Identity] = reader;
        }

        var gapBytes = AddMissing(history, readers, names.Where(name => isWanted(name)));
        var first = FirstNumbers(readers);
        foreach (var follower in _leaving.Where(follower => isWanted(follower.Source)))
        {
            // What left its name while the watch read its history belongs to that, too; but not what had left it before the
            // watch looked, and was only noticed later.
            var isMissed = !readers.Remove(follower.Identity, out var reader) && follower.LeftAt >= history.StartedAt
                && follower.Number > first.GetValueOrDefault(follower.Source);
            reader = isMissed ? history.Add(follower.Share()) : reader;
            if (reader is null)
            {
                // Of what is not its history it wants no late lines either.
                watcher.Exclude(follower);
                continue;
            }

            gapBytes += Align(reader, follower, history);
        }

        foreach (var follower in Current.Where(follower => isWanted(follower.Source)).ToList())
        {
            if (!readers.Remove(follower.Identity, out var reader) && readers.Values.Any(other => HasTakenOver(other.File, follower)))
            {
                // The history has seen what stands there now, and the feed not yet.
                return FarOff;
            }

            gapBytes += Align(reader ?? history.Add(follower.Share()), follower, history);
        }

        return gapBytes;
    }

    /// <summary>Whether a file stands under a follower's name now that the feed does not know yet.</summary>
    private bool HasTakenOver(LogFile file, FileFollower follower) =>
        file.Source == follower.Source && !IsFollowed(file.Identity)
        && FileStatus.TryGet(file.Source, out var status) && status.Identity == file.Identity;

    /// <summary>Of each source that a history has files of which are followed, the number of the first.</summary>
    private Dictionary<string, long> FirstNumbers(Dictionary<FileIdentity, HistoryReader> readers)
    {
        var first = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var follower in _leaving.Concat(Current).Where(follower => readers.ContainsKey(follower.Identity)))
        {
            var known = first.GetValueOrDefault(follower.Source, long.MaxValue);
            first[follower.Source] = Math.Min(known, follower.Number);
        }

        return first;
    }

    /// <summary>Follows the files of a history that nobody follows yet, from where the history ends.</summary>
    public void FollowRest(History history)
    {
        foreach (var reader in history.Readers.ToList())
        {
            var file = reader.File;
            if (file.IsCompressed || IsFollowed(file.Identity) || _copies.Contains(file.Identity))
            {
                continue;
            }

            var position = reader.Position;
            reader.GoOnTo(position.Offset, HistoryEnd.LeaveRest);
            var isThere = FileStatus.TryGet(file.Source, out var status) && status.Identity == file.Identity;
            var isLast = history.Readers.Last(other => other.File.Source == file.Source) == reader;
            if (!isThere && (!isLast || _names.GetValueOrDefault(file.Source)?.Current is not null))
            {
                Keep(file.Share(), position);
                continue;
            }

            var name = NameOf(file.Source);
            var isKept = reader.IsFileKept();
            Follow(name, file.Share(), isKept ? position : LinePosition.Start);
            if (!isKept)
            {
                ReadCopyFirst(name.Current!, name, new CutContent(reader.Guard, new RecentEnds(), position, time.GetTimestamp(), IsTruncated: true));
            }
        }
    }

    /// <summary>Follows files that have come, from their start, which the next turn reads.</summary>
    /// <param name="names">All that are there.</param>
    /// <param name="isWanted">Whether anybody wants entries of a file of that name.</param>
    public void FollowNew(IEnumerable<string> names, Predicate<string> isWanted)
    {
        var stillThere = new HashSet<FileIdentity>();
        foreach (var name in names)
        {
            if (LogFile.IsCompressedName(name) || !isWanted(name) || !FileStatus.TryGet(name, out var status) || !status.IsRegular)
            {
                continue;
            }

            stillThere.Add(status.Identity);
            if (_names.GetValueOrDefault(name) is { IsVacant: true } known)
            {
                // What stood there since, and is gone again, comes first.
                CheckName(known);
            }

            if (_names.GetValueOrDefault(name) is null or { IsVacant: true } && !IsFollowed(status.Identity) && LogFile.TryOpen(name) is { } file)
            {
                FollowNew(file);
            }
        }

        foreach (var gone in _finished.Keys.Where(identity => !stillThere.Contains(identity)).ToList())
        {
            _finished.Remove(gone);
        }

        foreach (var gone in _names.Values.Where(name => name.IsVacant && !isWanted(name.Source)).ToList())
        {
            _names.Remove(gone.Source);
        }
    }

    /// <summary>
    /// Finds files that no longer stand under their names. They are read to their end before what stands there now is begun,
    /// and kept for a while for those who still write to them.
    /// </summary>
    public void CheckNames()
    {
        MustCheckNames = false;
        foreach (var name in _names.Values.ToList())
        {
            CheckName(name);
        }

        foreach (var follower in _leaving.Where(follower => !follower.HasMore && follower.Quiet >= LeavingGrace).ToList())
        {
            follower.TakeRest(feed);
            _leaving.Remove(follower);
            _names.GetValueOrDefault(follower.Source)?.Forget(follower);
            _finished[follower.Identity] = new FinishedFile(follower.Guard, follower.Position);
            Close(follower);
        }

        foreach (var path in _copies.Paths.ToList())
        {
            if (LogFile.TryOpen(path) is { } file)
            {
                FollowNew(file);
            }
            else
            {
                _copies.Drop(path);
            }
        }
    }

    /// <summary>Reads files on, beginning with another one each time, since the first may use up all of the turn's room.</summary>
    public void Read(bool onlyUnfinished)
    {
        _turn.Clear();
        _turn.AddRange(Current);
        _turn.AddRange(_leaving);
        _turns++;
        for (var index = 0; index < _turn.Count; index++)
        {
            var follower = _turn[(int)((_turns + index) % _turn.Count)];
            if (!onlyUnfinished || follower.HasMore)
            {
                Read(follower);
            }
        }
    }

    /// <summary>Reads a file of which the file system has told a change; any other name is nothing to us.</summary>
    public void ReadHinted(string folder, string name)
    {
        if (_sourcesByPlace.TryGetValue((folder, name), out var source) && _names.GetValueOrDefault(source)?.Current is { } follower)
        {
            Read(follower);
        }
    }

    /// <summary>Hands out the last entries that have waited long enough for lines of theirs.</summary>
    /// <returns>How long until the next has; zero if none waits.</returns>
    public TimeSpan TakeQuietOpen()
    {
        var next = TimeSpan.Zero;
        for (var index = _open.Count - 1; index >= 0; index--)
        {
            var left = _open[index].TakeQuietOpen(feed);
            if (!_open[index].HasOpen)
            {
                _open.RemoveAt(index);
            }
            else if (left > TimeSpan.Zero && (next == TimeSpan.Zero || left < next))
            {
                next = left;
            }
        }

        return next;
    }

    public void TakeOldRests(TimeSpan untilNextLook)
    {
        foreach (var follower in Current)
        {
            follower.TakeOldRest(feed, untilNextLook);
        }

        foreach (var follower in _leaving)
        {
            follower.TakeOldRest(feed, untilNextLook);
        }
    }

    /// <summary>Lets go of the files that nobody wants any more.</summary>
    public void KeepOnly(Predicate<string> isWanted)
    {
        foreach (var name in _names.Values.Where(name => !isWanted(name.Source)).ToList())
        {
            _names.Remove(name.Source);
            name.CloseWaiting();
            if (name.Current is { } follower)
            {
                Close(follower);
            }
        }

        foreach (var follower in _leaving.Where(follower => !isWanted(follower.Source)).ToList())
        {
            _leaving.Remove(follower);
            Close(follower);
        }

        if (_names.Count == 0)
        {
            _copies.Clear();
            _finished.Clear();
            _sourcesByPlace.Clear();
            _newFolders.Clear();
        }
    }

    /// <summary>Folders that hold followed files and have not been asked about before.</summary>
    public List<string> TakeNewFolders()
    {
        List<string> folders = [.. _newFolders];
        _newFolders.Clear();
        return folders;
    }

    private void CheckName(FollowedName name)
    {
        if (!name.HasMovedOn && !name.LeadsElsewhere())
        {
            return;
        }

        do
        {
            // To its end first: nothing that is in the new file stands before what is in the old.
            if (name.Current is { } current && !TryReadToEnd(current))
            {
                MustCheckNames = true;
                return;
            }

            if (!name.HasMovedOn)
            {
                name.OpenNext(file => PlaceIn(file, name), IsOthersSibling(name.Source));
            }

            if (name.GoOn(time, ++_followers) is { } left)
            {
                _leaving.Add(left);
            }
        }
        while (name.HasMovedOn);

        if (name.IsVacant && IsOthersSibling(name.Source) && LogFile.TryOpen(name.Source) is { } file)
        {
            FollowNew(file);
        }
    }

    private bool IsOthersSibling(string source) => _names.Values.Any(other => Rotation.IsSibling(source, other.Source));

    /// <summary>
    /// Adds files that stand under other names now than those they are or were followed by, and that the history has missed:
    /// they were renamed while it looked for files, or have come since.
    /// </summary>
    /// <returns>How many bytes they hold.</returns>
    private long AddMissing(History history, Dictionary<FileIdentity, HistoryReader> readers, IEnumerable<string> names)
    {
        var bytes = 0L;
        foreach (var name in names)
        {
            if (_names.GetValueOrDefault(name)?.Current is not null || LogFile.IsCompressedName(name) || _copies.Contains(name)
                || !FileStatus.TryGet(name, out var status) || !status.IsRegular || readers.ContainsKey(status.Identity))
            {
                continue;
            }

            if (_leaving.Find(left => left.Identity == status.Identity) is { } leaving)
            {
                readers[leaving.Identity] = history.Add(leaving.Share());
            }
            else if (!IsFollowed(status.Identity) && LogFile.TryOpen(name) is { } file)
            {
                readers[file.Identity] = history.Add(file);
                bytes += file.Length();
            }
        }

        return bytes;
    }

    /// <summary>Has the files that a watch wants know the last time in them so far, which entries without one go by.</summary>
    public void KnowTimes(History history, Predicate<string> isWanted)
    {
        foreach (var follower in Current.Concat(_leaving).Where(follower => isWanted(follower.Source)))
        {
            follower.KnowTime(history);
        }
    }

    private long Align(HistoryReader reader, FileFollower follower, History history)
    {
        if (!follower.IsFileKept() && Read(follower) == FollowerTurn.HasMore)
        {
            // Truncated, and that is only noticed now.
            return FarOff;
        }

        if (!reader.IsFileKept())
        {
            // Truncated since: what it holds now is still to be read.
            reader = history.Add(follower.Share());
        }

        if (reader.Position.Offset > follower.Position.Offset)
        {
            // The history may have seen what was written a moment ago, and the follower not yet.
            if (follower.HasMore || Read(follower) == FollowerTurn.HasMore)
            {
                return FarOff;
            }

            reader = reader.Position.Offset > follower.Position.Offset ? history.Add(follower.Share()) : reader;
        }

        var to = follower.Position;
        reader.GoOnTo(to.Offset, to.Inside == LineInside.TakenLine ? HistoryEnd.TakeRestAtOffset : HistoryEnd.LeaveRest);
        return to.Offset - reader.Position.Offset;
    }

    /// <summary>Follows a file that nobody reads yet: from its start, or if it is known under another name, from where it was left.</summary>
    private void FollowNew(LogFile file)
    {
        if (IsFollowed(file.Identity))
        {
            // Between the look and the opening another file may have taken the name.
            _copies.Drop(file.Path);
            file.Dispose();
            return;
        }

        var from = LinePosition.Start;
        var isRead = false;
        if (_finished.TryGetValue(file.Identity, out var finished) && finished.IsIn(file))
        {
            from = finished.Position;
            isRead = file.Length() <= from.Offset;
        }
        else if (_names.Values.FirstOrDefault(name => Rotation.IsSibling(file.Path, name.Source)) is { } origin)
        {
            // What stands under the name now may be what it is a copy of.
            if (origin != _cut)
            {
                CheckName(origin);
            }

            isRead = IsFollowed(file.Identity) || (origin != _cut && (origin.HasMovedOn || origin.LeadsElsewhere())) || _copies.Judge(file, origin, out from) == CopyVerdict.Undecided;
        }

        if (isRead)
        {
            file.Dispose();
            return;
        }

        Follow(NameOf(file.Source), file, from);
    }

    /// <summary>Reads a file on, to its end and to the end of its last entry; false if that takes another turn.</summary>
    private bool TryReadToEnd(FileFollower follower)
    {
        if (Read(follower) == FollowerTurn.HasMore)
        {
            return false;
        }

        follower.TakeOpen(feed);
        return true;
    }

    /// <summary>The other file that is read as the same source: what was renamed away, or what has come in its place.</summary>
    public FileFollower? PartnerOf(FileFollower follower)
    {
        var name = _names.GetValueOrDefault(follower.Source);
        var partner = follower.HasLeft ? name?.Current ?? name?.Left : name?.Left;
        return partner == follower ? null : partner;
    }

    private FollowerTurn Read(FileFollower follower)
    {
        if (follower.Before is { } before)
        {
            if (!TryReadToEnd(before))
            {
                return FollowerTurn.HasMore;
            }

            follower.Before = null;
        }

        var older = follower.HasLeft ? [] : _leaving.FindAll(left => left.Source == follower.Source);
        Func<bool>? readOlder = older.Count == 0 ? null : () => older.TrueForAll(TryReadToEnd);
        var turn = follower.Read(feed, readOlder);
        if (turn == FollowerTurn.Replaced)
        {
            turn = ReadAnew(follower);
        }

        if (follower.HasOpen && !_open.Contains(follower))
        {
            _open.Add(follower);
        }

        return turn;
    }

    /// <summary>
    /// A file was truncated. What was written to it before, and not read, may be in a copy: then that is read first. Without
    /// one, what has been read stays an entry, whole or not.
    /// </summary>
    private FollowerTurn ReadAnew(FileFollower follower)
    {
        var cut = new CutContent(follower.Guard, follower.Ends, follower.Position, time.GetTimestamp(), IsTruncated: true);
        var name = _names.GetValueOrDefault(follower.Source);
        if (name?.Current != follower || !ReadCopyFirst(follower, name, cut))
        {
            follower.TakeRest(feed);
        }

        follower.Restart();
        return FollowerTurn.HasMore;
    }

    /// <summary>Looks for a copy of what a name held; if there is one that is followed too, it is read first.</summary>
    private bool ReadCopyFirst(FileFollower follower, FollowedName name, CutContent cut)
    {
        name.Note(cut);
        var outer = _cut;
        _cut = name;
        try
        {
            foreach (var path in unfold())
            {
                if (LogFile.IsCompressedName(path) || !Rotation.IsSibling(path, name.Source) || !feed.IsWanted(path))
                {
                    continue;
                }

                if (CopyAt(path, cut) is { } copy && copy != follower)
                {
                    follower.Before = copy;
                    return true;
                }
            }
        }
        finally
        {
            _cut = outer;
        }

        return false;
    }

    /// <summary>The follower of a copy that stands at a path; null if none does.</summary>
    private FileFollower? CopyAt(string path, CutContent cut)
    {
        if (_names.GetValueOrDefault(path) is { IsVacant: false } known)
        {
            if (known.LeadsElsewhere())
            {
                // What stood there has moved up; what stands there now is looked at as a copy by that.
                CheckName(known);
            }

            if (!known.IsVacant)
            {
                return known.Current is { } current && cut.IsIn(current.File) ? current : null;
            }
        }

        if (LogFile.TryOpen(path) is not { } file)
        {
            return null;
        }

        if (IsFollowed(file.Identity) || !cut.IsIn(file))
        {
            file.Dispose();
            return null;
        }

        _copies.Drop(path);
        Follow(NameOf(path), file, cut.Position);
        return NameOf(path).Current;
    }

    /// <summary>Where to begin reading a file that has come to stand under a name; null: it is, or was, read under another.</summary>
    private LinePosition? PlaceIn(LogFile file, FollowedName name)
    {
        if (_names.Values.FirstOrDefault(other => other != name && other.Current?.Identity == file.Identity) is { } other && other.LeadsElsewhere())
        {
            // Renamed onto this name, which that other has not noticed yet.
            CheckName(other);
        }

        if (_leaving.Find(left => left.Identity == file.Identity && left.Source != name.Source) is { } left && file.Path == name.Source
            && TryReadToEnd(left))
        {
            // From now on it is read under its new name.
            _leaving.Remove(left);
            _names.GetValueOrDefault(left.Source)?.Forget(left);
            var from = left.Position;
            Close(left);
            return from;
        }

        var isRead = IsFollowed(file.Identity) || (_finished.TryGetValue(file.Identity, out var finished) && finished.IsIn(file));
        return isRead ? null : LinePosition.Start;
    }

    private bool IsFollowed(FileIdentity identity)
    {
        foreach (var name in _names.Values)
        {
            if (name.Current?.Identity == identity || name.Awaits(identity))
            {
                return true;
            }
        }

        return _leaving.Exists(left => left.Identity == identity);
    }

    private FollowedName NameOf(string source)
    {
        if (!_names.TryGetValue(source, out var name))
        {
            name = new FollowedName(source);
            _names.Add(source, name);
        }

        return name;
    }

    private void Follow(FollowedName name, LogFile file, LinePosition from)
    {
        name.Begin(new FileFollower(file, from, time) { Number = ++_followers });
        _finished.Remove(file.Identity);
        NotePlace(file.Source, file.Source);

        // Behind a link it is another folder that tells of changes.
        if (LinkTarget(file.Source) is { } target)
        {
            NotePlace(target, file.Source);
        }
    }

    /// <summary>Keeps a file that has left its name for those who may still write to it.</summary>
    private void Keep(LogFile file, LinePosition from)
    {
        var follower = new FileFollower(file, from, time) { Number = ++_followers };
        follower.BeginLeaving();
        _leaving.Add(follower);
        NameOf(file.Source).Keep(follower);
    }

    private void Close(FileFollower follower)
    {
        _open.Remove(follower);
        follower.Dispose();
    }

    private void NotePlace(string path, string source)
    {
        var folder = Path.GetDirectoryName(path);
        folder = string.IsNullOrEmpty(folder) ? "." : folder;
        if (_sourcesByPlace.TryAdd((folder, Path.GetFileName(path)), source))
        {
            _newFolders.Add(folder);
        }
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

    /// <summary>What is known of a file that is no longer kept open: its number may be given to another.</summary>
    private sealed record FinishedFile(ContentGuard Guard, LinePosition Position)
    {
        public bool IsIn(LogFile file) => file.Length() >= Guard.Offset && Guard.IsKeptBy(file);
    }
}
