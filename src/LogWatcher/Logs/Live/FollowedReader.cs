using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Live;

/// <summary>
/// Reads what is followed, turn by turn: under each name one file after the other, each to its end before the next is begun. Under the
/// feed's lock.
/// </summary>
/// <param name="feed">Gets the entries.</param>
/// <param name="files">All that are followed.</param>
internal sealed class FollowedReader(LiveFeed feed, FollowedFiles files)
{
    private readonly List<FollowedName> _turn = [];

    // Those whose last entry may still get lines.
    private readonly List<FileFollower> _open = [];
    private long _turns;

    /// <summary>Some file has more to read than one turn allows, and need not wait for the end of another's last line.</summary>
    public bool HaveMore
    {
        get
        {
            foreach (var file in files.Unfinished)
            {
                if (files.NameFollowing(file.Identity)?.Reading is not { WaitsForEnd: true } reading || reading == file)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Reads files on, beginning with another one each time, since the first may use up all of the turn's room.</summary>
    public void Read(bool onlyUnfinished)
    {
        _turn.Clear();
        _turn.AddRange(onlyUnfinished ? files.UnfinishedNames() : files.Names);
        _turns++;
        for (var index = 0; index < _turn.Count; index++)
        {
            Read(_turn[(int)((_turns + index) % _turn.Count)]);
        }
    }

    /// <summary>Reads what is read under a name to its end, and then what has come behind it.</summary>
    /// <returns>False: that takes another turn.</returns>
    public bool Read(FollowedName name)
    {
        try
        {
            return ReadOn(name);
        }
        catch (Exception exception) when (exception is (IOException and not TooManyOpenFilesException) or UnauthorizedAccessException or InvalidDataException)
        {
            // As with the names: it is read on with the next poll.
            return true;
        }
    }

    private bool ReadOn(FollowedName name)
    {
        while (name.Reading is { } reading)
        {
            if (!TryRead(reading, name))
            {
                return false;
            }

            if (!name.HasNext || reading.WaitsForEnd)
            {
                break;
            }

            if (!reading.IsHeld && files.Truncation.TryFollowUnreadCopies(reading, name, reading.Guard.Offset))
            {
                // Nothing has come to it any more since it was cut, by which that would have been noticed.
                continue;
            }

            // What comes next stands in another file.
            reading.TakeOpen(feed);
            name.GoOn();
        }

        return true;
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

    /// <summary>Hands out the last lines that have waited long enough for their end.</summary>
    /// <inheritdoc cref="FileFollower.TakeOldRest"/>
    public void TakeOldRests(TimeSpan untilNextLook)
    {
        foreach (var name in files.Names)
        {
            foreach (var file in name.Files)
            {
                // Of those behind it nothing has been handed out yet.
                file.TakeOldRest(feed, untilNextLook);
                if (file == name.Reading)
                {
                    break;
                }
            }
        }
    }

    /// <summary>A file is no longer followed.</summary>
    public void Forget(FileFollower file) => _open.Remove(file);

    private bool TryRead(FileFollower file, FollowedName name)
    {
        var turn = file.Read(feed, EarlierThan(file, name));
        if (!files.IsFollowed(file))
        {
            return true;
        }

        if (turn == FollowerTurn.Replaced && file.IsCopy)
        {
            files.LookAgain(file, name);
            return false;
        }

        if (turn == FollowerTurn.Replaced)
        {
            files.Truncation.ReadAnew(file, name);
        }

        if (file.HasOpen && !_open.Contains(file))
        {
            _open.Add(file);
        }

        return turn == FollowerTurn.AtEnd;
    }

    /// <summary>
    /// What reads on to its end all that comes before what is in a file; false if that takes another turn. Null if there is nothing.
    /// </summary>
    private Func<bool>? EarlierThan(FileFollower file, FollowedName name)
    {
        var before = file.Guard.Offset;
        var mayBeCut = before < ContentMark.MaxHeadBytes;
        return file == name.Reading && (mayBeCut || file != name.Files[0]) ? ReadEarlier : null;

        bool ReadEarlier()
        {
            if (mayBeCut && file.Guard.Offset > before)
            {
                // What it held before that was cut before anybody read it, or before anybody could tell, and copied before that. What
                // has come in its place is no such copy.
                mayBeCut = false;
                files.Look(name);
                if (!files.IsFollowed(file))
                {
                    // Names have changed places, and another goes on with it from where it was.
                    return false;
                }

                if (files.Truncation.TryFollowUnreadCopies(file, name, before))
                {
                    return false;
                }
            }

            return name.Files.TakeWhile(older => older != file).ToList().TrueForAll(TryReadToEnd);
        }
    }

    /// <summary>Reads a file on, to its end and to the end of its last entry; false if that takes another turn.</summary>
    private bool TryReadToEnd(FileFollower file)
    {
        if (!files.IsFollowed(file))
        {
            // Let go of in the meantime.
            return true;
        }

        if (!TryRead(file, files.NameFollowing(file.Identity)!))
        {
            return false;
        }

        file.TakeOpen(feed);
        return true;
    }
}
