using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Live;

/// <summary>What a turn of a follower has come to.</summary>
internal enum FollowerTurn
{
    /// <summary>All there is for now has been read.</summary>
    AtEnd,

    /// <summary>There is more, but others want their turn too.</summary>
    HasMore,

    /// <summary>The file was truncated: <see cref="FileFollower.Restart"/> it before anything else.</summary>
    Replaced,
}

/// <summary>
/// Reads what is written to one file, for all live watchers of it at once. It keeps its handle: the file may be renamed or
/// deleted under it and is still read to its end. One thread at a time.
/// </summary>
internal sealed class FileFollower : IDisposable
{
    /// <summary>An entry waits so long for lines that belong to it when there is nothing behind it yet (logs.md, "Formats").</summary>
    public static readonly TimeSpan MaxOpenWait = TimeSpan.FromMilliseconds(10);

    /// <summary>Bytes read in one turn, about: entries are counted by the feed, but a line may go on for gigabytes.</summary>
    private const int MaxTurnBytes = 1 << 20;

    /// <summary>A last line without an end waits for it, at most so long (logs.md, "Following").</summary>
    private static readonly TimeSpan MaxRestWait = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly HashSet<FileFollower> _unfinished;
    private EntryReader _entries;
    private long _firstRead = long.MaxValue;
    private long _restOffset = -1;
    private long _restSince;
    private long _lastGrowth;
    private long _leftAt;
    private long _changedBy;
    private bool _hasMore;
    private bool _isDisposed;

    /// <param name="file">Belongs to the follower from now on.</param>
    /// <param name="from">Where in it to begin; null: it is held open, and not read before <see cref="Begin"/>.</param>
    /// <param name="time">For the time that a line may take, and times without a year.</param>
    /// <param name="unfinished">Those that have more to read: it is in there while <see cref="HasMore"/>.</param>
    public FileFollower(LogFile file, LinePosition? from, TimeProvider time, HashSet<FileFollower> unfinished)
    {
        File = file;
        _time = time;
        _unfinished = unfinished;
        IsHeld = from is null;
        HasMore = !IsHeld;
        _entries = Open(from ?? LinePosition.Start);
        _lastGrowth = time.GetTimestamp();
    }

    public LogFile File { get; }

    /// <summary>The higher, the later it was found.</summary>
    public long Number { get; init; }

    /// <summary>It stands beside a log whose entries it has: what is copied over it may be another copy.</summary>
    public bool IsCopy { get; init; }

    /// <summary>It was held for a watch that goes on with an old file: nobody else wants it who does not know of it.</summary>
    public bool IsApart { get; init; }

    /// <summary>Nobody reads it live yet: some watch is still at its history, and says where to begin when it joins.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>What the histories that it is held for begin behind; of several the longest. Null: none is known to.</summary>
    public ContentGuard? ReadBefore { get; private set; }

    /// <summary>A history that it is held for begins behind this; nothing of it has been read yet.</summary>
    public void NoteReadBefore(ContentGuard read) =>
        ReadBefore = IsHeld && read.Offset > (ReadBefore?.Offset ?? 0) ? read.UpTo(read.Offset, read.Tail) : ReadBefore;

    /// <summary>Whether the file still holds what has been read of it; false once it was truncated.</summary>
    public bool IsFileKept() => File.IsCompressed || (!_entries.IsReplaced && Guard.MayBeKeptBy(File));

    /// <summary>The path, which is the name of the source.</summary>
    public string Source => File.Source;

    public FileIdentity Identity => File.Identity;

    /// <summary>All entries before this place have been handed out.</summary>
    public LinePosition Position => _entries.Position;

    /// <summary>Head and last bytes of what has been read.</summary>
    public ContentGuard Guard => _entries.Guard;

    /// <summary>When it was last read and nothing more was there, by the <see cref="FileClock"/>; 0: that has not been yet.</summary>
    public long ReadToEndAt { get; private set; }

    /// <summary>Where its last entries ended.</summary>
    public RecentEnds Ends { get; private set; } = new();

    /// <summary>A turn did not come to the end of the file, or there has been none yet.</summary>
    public bool HasMore
    {
        get => _hasMore;
        private set
        {
            // It may be let go of in the middle of its own turn.
            _hasMore = value && !_isDisposed;
            _ = _hasMore ? _unfinished.Add(this) : _unfinished.Remove(this);
        }
    }

    /// <summary>The last entry may still get lines.</summary>
    public bool HasOpen => _entries.IsOpen;

    /// <summary>How long nothing has been written to it.</summary>
    public TimeSpan Quiet => _time.GetElapsedTime(_lastGrowth);

    /// <summary>Has a history that has come as far as this look for the last time in the file.</summary>
    public void KnowTime(History history) => _entries.LastTime = history.LastTimeBefore(File, Position) ?? _entries.LastTime;

    /// <summary>Has it know the last time before where it begins: an entry without one goes by that.</summary>
    public void KnowTime() => _entries.LastTime = LastTimeSearch.FindNear(File, Position, _time);

    /// <summary>How far it has been handed out.</summary>
    public FilePlace Place => File.PlaceAt(
        Position, Guard.Offset == Position.Offset ? Guard.Mark : Guard.MarkAt(Position.Offset, default), _changedBy);

    /// <summary>The place behind the entry last taken.</summary>
    public FilePlace PlaceBehind => File.PlaceAt(_entries.Position, _entries.MarkBehind, _changedBy);

    /// <summary>A second owner of the open file, for a history of it.</summary>
    public LogFile Share() => File.Share();

    /// <summary>Whether a compressed file was made of this: it holds all of it or, of a long one that was written to since, all that was read.</summary>
    public bool IsIn(LogFile compressed) => (File.LoadWhole() is { } whole && compressed.IsCopyOf(whole.Mark, whole.Offset))
        || (Position.Offset >= LogFile.ComparedBytes && Place.IsIn(compressed));

    /// <summary>Its name leads elsewhere now: from here on counts how long nothing has come.</summary>
    public void Leave()
    {
        HasLeft = true;
        _lastGrowth = _leftAt = _time.GetTimestamp();
    }

    /// <summary>
    /// It has left its name with a last line that may still get its end: what has come in its place comes behind that. Who goes on to write
    /// such lines is not waited for.
    /// </summary>
    public bool WaitsForEnd => HasLeft && !IsHeld && _entries.HasRest && _time.GetElapsedTime(_leftAt) < MaxRestWait + MaxRestWait;

    /// <summary>It stands under its name again.</summary>
    public void Return() => HasLeft = false;

    /// <summary>Its name leads elsewhere.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>
    /// Whether it held what it holds now before a time of the <see cref="FileClock"/>, as far as is known: then it has not been cut since. (If
    /// little was read, it may have been, and begun alike.)
    /// </summary>
    public bool IsUncutSince(long time) => _firstRead < time && Guard.Offset >= ContentMark.MaxHeadBytes && IsFileKept();

    /// <summary>Has a file that was held read from here on.</summary>
    /// <param name="from">Where.</param>
    /// <param name="guard">What has been read before that; null: what stands there now.</param>
    public void Begin(LinePosition from, ContentGuard? guard)
    {
        IsHeld = false;
        BeginAt(from, guard);
    }

    /// <summary>Reads on, as long as the turn has room, and hands each entry to the feed, unparsed.</summary>
    /// <param name="feed">Gets the entries.</param>
    /// <param name="readOlder">
    /// Reads on what stood under the same name before, to its end; false if that takes another turn. Asked after each read, before
    /// what came is handed out: who writes to the old file and then to the new one is read in that order.
    /// </param>
    public FollowerTurn Read(LiveFeed feed, Func<bool>? readOlder = null)
    {
        var turn = FollowerTurn.AtEnd;
        if (IsHeld)
        {
            return turn;
        }

        try
        {
            turn = ReadOn(feed, readOlder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // It may be readable again at the next look; if it is gone for good, the poll finds that.
        }

        HasMore = turn == FollowerTurn.HasMore;
        return turn;
    }

    /// <summary>Begins again at the start of the file, which holds something else now.</summary>
    public void Restart() => BeginAt(LinePosition.Start);

    /// <summary>Hands out an entry that might get lines still, if none have come for long enough.</summary>
    /// <returns>How long it is still to wait; zero if there is none any more.</returns>
    public TimeSpan TakeQuietOpen(LiveFeed feed)
    {
        if (!_entries.IsOpen || HasMore)
        {
            return TimeSpan.Zero;
        }

        var left = MaxOpenWait - Quiet;
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        _entries.TryReadOpen();
        HandOut(feed);
        return TimeSpan.Zero;
    }

    /// <summary>Hands out an entry that might get lines still: what comes next stands in another file.</summary>
    public void TakeOpen(LiveFeed feed)
    {
        if (_entries.TryReadOpen())
        {
            HandOut(feed);
        }
    }

    /// <summary>Hands out a last line that has waited for its end long enough.</summary>
    /// <param name="feed">Gets the entry.</param>
    /// <param name="untilNextLook">A line that would have waited too long by then has waited long enough.</param>
    public void TakeOldRest(LiveFeed feed, TimeSpan untilNextLook)
    {
        if (HasMore || !_entries.HasRest)
        {
            // What still waits to be handed out may be whole lines.
            _restOffset = -1;
        }
        else if (_restOffset != _entries.Position.Offset)
        {
            _restOffset = _entries.Position.Offset;
            _restSince = _time.GetTimestamp();
        }
        else if (_time.GetElapsedTime(_restSince) + untilNextLook > MaxRestWait)
        {
            TakeRest(feed);
        }
    }

    /// <summary>Hands out all that has been read, a last line without an end too: none will come.</summary>
    public void TakeRest(LiveFeed feed)
    {
        // A line of which only the beginning is there may be anything: it belongs to no entry before it.
        while (_entries.TryRead() || _entries.TryReadOpen() || _entries.TryReadRest())
        {
            HandOut(feed);
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        HasMore = false;
        _entries.Dispose();
        File.Dispose();
    }

    private void BeginAt(LinePosition from, ContentGuard? guard = null)
    {
        _entries.Dispose();
        _entries = Open(from, guard);
        _changedBy = LogFile.NeedsChange(from) ? File.LastChange() : 0;
        Ends = new RecentEnds();
        _lastGrowth = _time.GetTimestamp();
        HasMore = true;
    }

    private FollowerTurn ReadOn(LiveFeed feed, Func<bool>? readOlder)
    {
        // The last bytes are compared with each read. Lines that are all alike have the same last bytes before and after a
        // truncation, but seldom the same head.
        if (!File.IsCompressed && !Guard.IsHeadKeptBy(File))
        {
            return FollowerTurn.Replaced;
        }

        if (readOlder?.Invoke() == false)
        {
            return FollowerTurn.HasMore;
        }

        for (var left = MaxTurnBytes; feed.HasRoom && left > 0;)
        {
            if (_entries.TryRead())
            {
                HandOut(feed);
            }
            else if (Fill() is > 0 and var read)
            {
                left -= read;
                _lastGrowth = _time.GetTimestamp();
                if (readOlder?.Invoke() == false)
                {
                    return FollowerTurn.HasMore;
                }
            }
            else if (_entries.IsReplaced)
            {
                return FollowerTurn.Replaced;
            }
            else
            {
                NoteRest();
                return FollowerTurn.AtEnd;
            }
        }

        return FollowerTurn.HasMore;
    }

    private int Fill()
    {
        _changedBy = LogFile.NeedsChange(Position) ? File.LastChange() : _changedBy;
        var now = FileClock.Now;
        var read = _entries.Fill();
        ReadToEndAt = read > 0 || _entries.IsReplaced ? ReadToEndAt : now;
        _firstRead = read > 0 && _firstRead == long.MaxValue ? FileClock.Latest : _firstRead;
        return read;
    }

    private void HandOut(LiveFeed feed)
    {
        Ends.Add(_entries.Position.Offset, _entries.TailHash);
        feed.HandOut(this, _entries);
    }

    private void NoteRest()
    {
        if (_entries.HasRest && _restOffset != _entries.Position.Offset)
        {
            _restOffset = _entries.Position.Offset;
            _restSince = _time.GetTimestamp();
        }
    }

    private EntryReader Open(LinePosition from, ContentGuard? guard = null)
    {
        _restOffset = -1;
        _firstRead = from.Offset > 0 ? FileClock.Latest : long.MaxValue;
        return new EntryReader(File.ReadLines(from, guard), File.Source, _time);
    }
}
