using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Live;

/// <summary>
/// The files that are followed: under each name the file that stands there now, and those that have been renamed or deleted
/// but may still be written to. Under the feed's lock.
/// </summary>
internal sealed class FollowedFiles(LiveFeed feed, TimeProvider time)
{
    /// <summary>A renamed or deleted file is let go once nothing has come to it for so long (logs.md, "Following").</summary>
    private static readonly TimeSpan LeavingGrace = TimeSpan.FromSeconds(5);

    /// <summary>More bytes than any gap has, and few enough to be added up.</summary>
    private const long FarOff = 1L << 50;

    private readonly Dictionary<string, FileFollower> _current = new(StringComparer.Ordinal);
    private readonly List<FileFollower> _leaving = [];

    // Files that have been read under another name, and how far: found again under a new name they are no new files.
    private readonly Dictionary<FileIdentity, long> _finished = [];

    private readonly Dictionary<(string Folder, string Name), string> _sourcesByPlace = [];
    private readonly HashSet<string> _newFolders = new(StringComparer.Ordinal);
    private readonly List<FileFollower> _turn = [];
    private long _turns;

    /// <summary>A file that no longer stands under its name has not been read to its end yet.</summary>
    public bool MustCheckNames { get; private set; }

    /// <summary>Some file has more to read than one turn allows.</summary>
    public bool HaveMore
    {
        get
        {
            foreach (var follower in _current.Values)
            {
                if (follower.HasMore)
                {
                    return true;
                }
            }

            return _leaving.Exists(follower => follower.HasMore);
        }
    }

    /// <summary>
    /// Tells the readers of a history to go on to where their files are followed from, and adds readers for files that it has
    /// not seen. Which file it is counts, not its name: it may have been renamed since the history began.
    /// </summary>
    /// <param name="history">Of a watch that is to join.</param>
    /// <param name="names">All files that are there.</param>
    /// <param name="isWanted">Whether the watch wants entries of a file of that name.</param>
    /// <returns>How many bytes are still to be read for that.</returns>
    public long Align(History history, IEnumerable<string> names, Predicate<string> isWanted)
    {
        var readers = new Dictionary<FileIdentity, HistoryReader>();
        foreach (var reader in history.Readers)
        {
            // Of a file that was truncated the last reader is the one of what it holds now.
            readers[reader.File.Identity] = reader;
        }

        var gapBytes = AddMissing(history, readers, names.Where(name => isWanted(name)));
        foreach (var follower in _leaving.Where(follower => isWanted(follower.Source)))
        {
            // What left its name while the watch read its history belongs to that, too.
            var isMissed = !readers.Remove(follower.Identity, out var reader) && follower.LeftAt >= history.StartedAt;
            reader = isMissed ? history.Add(follower.Share()) : reader;
            gapBytes += reader is null ? 0 : Align(reader, follower, history);
        }

        foreach (var follower in _current.Values.Where(follower => isWanted(follower.Source)))
        {
            readers.Remove(follower.Identity, out var reader);
            gapBytes += Align(reader ?? history.Add(follower.Share()), follower, history);
        }

        foreach (var reader in readers.Values.Where(reader => IsNobodys(reader.File)))
        {
            // Another file stands under its name now, and nobody has it open any more: all that it holds is history.
            reader.GoOnTo(long.MaxValue, HistoryEnd.TakeRest);
        }

        return gapBytes;
    }

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
            if (_current.ContainsKey(name) || LogFile.IsCompressedName(name)
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

    /// <summary>Follows the files of a history that nobody follows yet, from where the history ends.</summary>
    public void FollowRest(History history)
    {
        foreach (var reader in history.Readers)
        {
            var file = reader.File;
            if (file.IsCompressed || IsFollowed(file.Identity) || IsNobodys(file))
            {
                continue;
            }

            var position = reader.Position;
            reader.GoOnTo(position.Offset, HistoryEnd.LeaveRest);
            Follow(file.Share(), position);
        }
    }

    /// <summary>Has the files that a watch wants know the last time in them so far, which entries without one go by.</summary>
    public void KnowTimes(History history, Predicate<string> isWanted)
    {
        foreach (var follower in _current.Values.Concat(_leaving).Where(follower => isWanted(follower.Source)))
        {
            follower.KnowTime(history);
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
            if (_current.ContainsKey(name) || LogFile.IsCompressedName(name) || !isWanted(name)
                || !FileStatus.TryGet(name, out var status) || !status.IsRegular)
            {
                continue;
            }

            stillThere.Add(status.Identity);
            if (_leaving.Find(left => left.Source == name && left.Identity == status.Identity) is { } back)
            {
                // It was away for a moment only.
                _leaving.Remove(back);
                _current.Add(name, back);
            }
            else if (!IsRead(status))
            {
                FollowFromStart(name);
            }
        }

        foreach (var gone in _finished.Keys.Where(identity => !stillThere.Contains(identity)).ToList())
        {
            _finished.Remove(gone);
        }
    }

    /// <summary>
    /// Finds files that no longer stand under their names. They are read to their end before what stands there now is begun,
    /// and kept for a while for those who still write to them.
    /// </summary>
    public void CheckNames()
    {
        MustCheckNames = false;
        foreach (var follower in _current.Values.ToList())
        {
            var isThere = FileStatus.TryGet(follower.Source, out var status);
            if (isThere && status.Identity == follower.Identity)
            {
                continue;
            }

            // To its end first: nothing that is in the new file stands before what is in the old.
            if (follower.Read(feed) == FollowerTurn.HasMore)
            {
                MustCheckNames = true;
                continue;
            }

            _current.Remove(follower.Source);
            follower.BeginLeaving();
            _leaving.Add(follower);
            if (isThere && status.IsRegular && !IsRead(status))
            {
                FollowFromStart(follower.Source);
            }
        }

        foreach (var follower in _leaving.Where(follower => !follower.HasMore && follower.Quiet >= LeavingGrace).ToList())
        {
            follower.TakeRest(feed);
            _leaving.Remove(follower);
            _finished[follower.Identity] = follower.Position.Offset;
            follower.Dispose();
        }
    }

    /// <summary>Reads files on, beginning with another one each time, since the first may use up all of the turn's room.</summary>
    public void Read(bool onlyUnfinished)
    {
        _turn.Clear();
        _turn.AddRange(_current.Values);
        _turn.AddRange(_leaving);
        _turns++;
        for (var index = 0; index < _turn.Count; index++)
        {
            var follower = _turn[(int)((_turns + index) % _turn.Count)];
            if (!onlyUnfinished || follower.HasMore)
            {
                follower.Read(feed);
            }
        }
    }

    /// <summary>Reads a file of which the file system has told a change; any other name is nothing to us.</summary>
    public void ReadHinted(string folder, string name)
    {
        if (_sourcesByPlace.TryGetValue((folder, name), out var source) && _current.TryGetValue(source, out var follower))
        {
            follower.Read(feed);
        }
    }

    public void TakeOldRests(TimeSpan untilNextLook)
    {
        foreach (var follower in _current.Values)
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
        foreach (var follower in _current.Values.Where(follower => !isWanted(follower.Source)).ToList())
        {
            _current.Remove(follower.Source);
            follower.Dispose();
        }

        foreach (var follower in _leaving.Where(follower => !isWanted(follower.Source)).ToList())
        {
            _leaving.Remove(follower);
            follower.Dispose();
        }

        if (_current.Count == 0)
        {
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

    private long Align(HistoryReader reader, FileFollower follower, History history)
    {
        if (reader.Position.Offset > follower.Position.Offset)
        {
            // The history may have seen what was written a moment ago, and the follower not yet.
            if (follower.HasMore || follower.Read(feed) == FollowerTurn.HasMore)
            {
                return FarOff;
            }

            // Otherwise the file was truncated, and what it holds now is still to be read.
            reader = reader.Position.Offset > follower.Position.Offset ? history.Add(follower.Share()) : reader;
        }

        var to = follower.Position;
        reader.GoOnTo(to.Offset, to.Inside == LineInside.TakenLine ? HistoryEnd.TakeRestAtOffset : HistoryEnd.LeaveRest);
        return to.Offset - reader.Position.Offset;
    }

    /// <summary>Whether a file under a new name is one that has been read, or is being read, under another.</summary>
    private bool IsRead(in FileStatus status)
    {
        var identity = status.Identity;

        // Shorter than what was read of it: the file is gone and its number has been given to another.
        return IsFollowed(identity) || (_finished.TryGetValue(identity, out var offset) && status.Length >= offset);
    }

    /// <summary>Whether a file that is not followed is not to be followed either: it stands under its name no more, or was read to its end.</summary>
    private bool IsNobodys(LogFile file) => _current.ContainsKey(file.Source) || _finished.ContainsKey(file.Identity);

    private bool IsFollowed(FileIdentity identity)
    {
        foreach (var follower in _current.Values)
        {
            if (follower.Identity == identity)
            {
                return true;
            }
        }

        return _leaving.Exists(left => left.Identity == identity);
    }

    private void FollowFromStart(string name)
    {
        if (LogFile.TryOpen(name) is not { } file)
        {
            return;
        }

        // Between the look and the opening another file may have taken the name.
        if (IsFollowed(file.Identity))
        {
            file.Dispose();
            return;
        }

        Follow(file, LinePosition.Start);
    }

    private void Follow(LogFile file, LinePosition from)
    {
        var follower = new FileFollower(file, from, time);
        _current[file.Source] = follower;
        _finished.Remove(file.Identity);
        NotePlace(file.Source, file.Source);

        // Behind a link it is another folder that tells of changes.
        if (LinkTarget(file.Source) is { } target)
        {
            NotePlace(target, file.Source);
        }
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
}
