using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Live;

/// <summary>What a turn of a follower has come to.</summary>
internal enum FollowerTurn
{
    /// <summary>All there is for now has been read.</summary>
    AtEnd,

    /// <summary>There is more, but others want their turn too.</summary>
    HasMore,
}

/// <summary>
/// Reads what is written to one file, for all live watchers of it at once. It keeps its handle: the file may be renamed or
/// deleted under it and is still read to its end. Truncated, it is read from its start. One thread at a time.
/// </summary>
internal sealed class FileFollower : IDisposable
{
    /// <summary>A last line without an end waits for it, at most so long (logs.md, "Following").</summary>
    private static readonly TimeSpan MaxRestWait = TimeSpan.FromSeconds(1);

    /// <summary>
    /// So many bytes before the place that has been read to are kept and compared: that they have changed tells of a file
    /// that was truncated and has grown past that place since the last look.
    /// </summary>
    private const int MarkerBytes = 64;

    private readonly LogFile _file;
    private readonly TimeProvider _time;
    private readonly byte[] _marker = new byte[MarkerBytes];
    private EntryReader _entries;
    private int _markerLength;
    private long _restOffset = -1;
    private long _restSince;
    private long _lastGrowth;

    /// <param name="file">Belongs to the follower from now on.</param>
    /// <param name="from">Where in it to begin.</param>
    /// <param name="time">For the time that a line may take, and times without a year.</param>
    public FileFollower(LogFile file, LinePosition from, TimeProvider time)
    {
        _file = file;
        _time = time;
        _entries = Open(from);
        _lastGrowth = time.GetTimestamp();
    }

    /// <summary>The path, which is the name of the source.</summary>
    public string Source => _file.Source;

    public FileIdentity Identity => _file.Identity;

    /// <summary>All entries before this place have been handed out.</summary>
    public LinePosition Position => _entries.Position;

    /// <summary>A turn did not come to the end of the file, or there has been none yet.</summary>
    public bool HasMore { get; private set; } = true;

    /// <summary>How long nothing has been written to it.</summary>
    public TimeSpan Quiet => _time.GetElapsedTime(_lastGrowth);

    /// <summary>A second owner of the open file, for a history of it.</summary>
    public LogFile Share() => _file.Share();

    /// <summary>Has a history that has come as far as this look for the last time in the file.</summary>
    public void KnowTime(History history) => _entries.LastTime = history.LastTimeBefore(_file, Position) ?? _entries.LastTime;

    /// <summary>Its name leads elsewhere now: from here on counts how long nothing has come.</summary>
    public void BeginLeaving() => LeftAt = _lastGrowth = _time.GetTimestamp();

    /// <summary>When its name was found to lead elsewhere, as a time stamp of the clock.</summary>
    public long LeftAt { get; private set; }

    /// <summary>Reads on, as long as the turn has room, and hands each entry to the feed, unparsed.</summary>
    public FollowerTurn Read(LiveFeed feed)
    {
        try
        {
            HasMore = ReadOn(feed) == FollowerTurn.HasMore;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It may be readable again at the next look; if it is gone for good, the poll finds that.
            HasMore = false;
        }

        return HasMore ? FollowerTurn.HasMore : FollowerTurn.AtEnd;
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
        while (_entries.TryRead())
        {
            feed.HandOut(_entries);
        }

        if (_entries.TryReadRest())
        {
            feed.HandOut(_entries);
        }
    }

    public void Dispose()
    {
        _entries.Dispose();
        _file.Dispose();
    }

    private FollowerTurn ReadOn(LiveFeed feed)
    {
        if (IsReplaced())
        {
            // What was written before the truncation stays an entry, whole or not.
            TakeRest(feed);
            _entries.Dispose();
            _entries = Open(LinePosition.Start);
        }

        while (feed.HasRoom)
        {
            if (_entries.TryRead())
            {
                feed.HandOut(_entries);
            }
            else if (_entries.Fill() > 0)
            {
                _lastGrowth = _time.GetTimestamp();
                KeepMarker();
            }
            else
            {
                NoteRest();
                return FollowerTurn.AtEnd;
            }
        }

        return FollowerTurn.HasMore;
    }

    private bool IsReplaced()
    {
        if (_file.Length() < _entries.FileOffset)
        {
            return true;
        }

        Span<byte> now = stackalloc byte[MarkerBytes];
        now = now[.._markerLength];
        return _markerLength > 0
            && (_file.ReadAt(now, _entries.FileOffset - _markerLength) < _markerLength || !now.SequenceEqual(_marker.AsSpan(0, _markerLength)));
    }

    private void KeepMarker()
    {
        var length = (int)Math.Min(MarkerBytes, _entries.FileOffset);
        _markerLength = 0;
        _markerLength = _file.ReadAt(_marker.AsSpan(0, length), _entries.FileOffset - length) == length ? length : 0;
    }

    private void NoteRest()
    {
        if (_entries.HasRest && _restOffset != _entries.Position.Offset)
        {
            _restOffset = _entries.Position.Offset;
            _restSince = _time.GetTimestamp();
        }
    }

    private EntryReader Open(LinePosition from)
    {
        _markerLength = 0;
        _restOffset = -1;
        return new EntryReader(_file.ReadLines(from), _file.Source, _time);
    }
}
