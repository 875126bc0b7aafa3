using LogWatcher.Logs.Filters;

namespace LogWatcher.Logs.Reading;

/// <summary>What a step through history has come to.</summary>
internal enum HistoryStep
{
    /// <summary>An entry that the filter wants.</summary>
    Entry,

    /// <summary>A good deal has been read and nothing found: time to look at a cancellation and at others.</summary>
    Pause,

    /// <summary>All of it has been read.</summary>
    End,
}

/// <summary>What becomes of an entry without an end at the end of history.</summary>
internal enum HistoryEnd
{
    /// <summary>It is left to whoever follows the file.</summary>
    LeaveRest,

    /// <summary>It is left, if it is a line without an end; lines that might get more are an entry.</summary>
    TakeLines,

    /// <summary>It is an entry, as far as the file goes now.</summary>
    TakeRest,

    /// <summary>It is an entry, exactly up to the offset that history ends at: there somebody else has taken it so.</summary>
    TakeRestAtOffset,
}

/// <summary>
/// The matching entries of what one file holds, read at the pace of whoever asks. Where it ends is moved out by
/// <see cref="GoOnTo"/>. One thread at a time.
/// </summary>
internal sealed class HistoryReader : IDisposable
{
    /// <summary>Bytes between two pauses: a cancellation is noticed within them.</summary>
    public const int PauseBytes = 1 << 20;

    /// <summary>What is shorter has been read before a helper comes: 8 MiB.</summary>
    private const int MinSegments = 32;

    private readonly LogFile _file;
    private readonly EntryReader _entries;
    private readonly Filter _filter;
    private long _end;
    private HistoryEnd _endKind;
    private int _sincePause;

    // Of a large file, what lies between its stretches is never brought here.
    private readonly int _segmentBytes;
    private ScanAhead? _scan;
    private long _stretchEnd;
    private bool _mayScan;

    /// <param name="file">Belongs to the reader from now on.</param>
    /// <param name="filter">Which entries to find.</param>
    /// <param name="time">For times without a year.</param>
    /// <param name="from">Where in it to begin: at an entry's start.</param>
    /// <param name="behind">The reader of what was written under the same name before; this one is read after it.</param>
    /// <param name="segmentBytes">How much of a large file is scanned at once; see <see cref="ScanAhead"/>.</param>
    public HistoryReader(
        LogFile file,
        Filter filter,
        TimeProvider time,
        LinePosition from = default,
        HistoryReader? behind = null,
        int segmentBytes = ScanAhead.DefaultSegmentBytes)
    {
        _segmentBytes = segmentBytes;
        _file = file;
        _filter = filter;
        Predecessor = behind;
        _entries = new EntryReader(file.ReadLines(from), file.Source, time);
    }

    /// <summary>What is to be read to its end before this.</summary>
    public HistoryReader? Predecessor { get; }

    public LogFile File => _file;

    /// <inheritdoc cref="GoOnTo"/>
    public long End => _end;

    /// <inheritdoc cref="GoOnTo"/>
    public HistoryEnd EndKind => _endKind;

    public LinePosition Position => _entries.Position;

    /// <summary>The entry that <see cref="Read"/> has found.</summary>
    public EntryView View => _entries.View;

    public long EntryOffset => _entries.EntryOffset;

    /// <summary>How far it has been delivered; null while nothing of it has.</summary>
    public FilePlace? Delivered { get; set; }

    /// <summary>The file that stood under the same name as a source before, as far as the watch knows.</summary>
    public HistoryReader? Older { get; set; }

    /// <summary>Notes that the entry found is delivered, before anything else is read.</summary>
    /// <returns>The place behind it.</returns>
    public EntryPlace Deliver()
    {
        Delivered = _file.PlaceAt(_entries.Position, _entries.MarkBehind);
        return new EntryPlace(_file.SourceHash, Delivered, Older?.Delivered);
    }

    /// <summary>Head and last bytes of what has been read.</summary>
    public ContentGuard Guard => _entries.Guard;

    /// <summary>Whether the file still holds what has been read of it; false once it was truncated.</summary>
    public bool IsFileKept()
    {
        try
        {
            return _file.IsCompressed || (!_entries.IsReplaced && Guard.IsKeptBy(_file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Whether this one is read, at once or over others, after another.</summary>
    public bool IsBehind(HistoryReader other)
    {
        for (var reader = Predecessor; reader is not null; reader = reader.Predecessor)
        {
            if (reader == other)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Sets the end: entries that begin before it are read.</summary>
    /// <param name="end">An offset in the file, in bytes; a file that is shorter ends earlier.</param>
    /// <param name="kind">What becomes of an entry that has no end yet.</param>
    public void GoOnTo(long end, HistoryEnd kind)
    {
        _end = end;
        _endKind = kind;
        _mayScan = false;
    }

    /// <summary>Goes on to the next match, the next pause or the end. A file that can no longer be read is at its end.</summary>
    public HistoryStep Read()
    {
        try
        {
            return ReadOn();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return HistoryStep.End;
        }
    }

    public void Dispose()
    {
        _scan?.Dispose();
        _entries.Dispose();
        _file.Dispose();
    }

    private HistoryStep ReadOn()
    {
        while (_entries.Position.Offset < _end)
        {
            SkipToCandidate();
            if (_entries.Position.Offset >= _end)
            {
                break;
            }

            if (_entries.TryRead(_end))
            {
                if (_entries.Matches(_filter))
                {
                    return HistoryStep.Entry;
                }

                continue;
            }

            if (_entries.Position.Offset >= _end)
            {
                break;
            }

            if (_sincePause >= PauseBytes)
            {
                _sincePause = 0;
                return HistoryStep.Pause;
            }

            var read = FillAhead() ?? _entries.Fill(_endKind == HistoryEnd.TakeRestAtOffset ? _end : long.MaxValue);
            _sincePause += read;
            if (read == 0)
            {
                var isTaken = _endKind switch
                {
                    HistoryEnd.LeaveRest => false,
                    HistoryEnd.TakeLines => _entries.TryReadOpen(),
                    _ => _entries.TryReadRest(),
                };
                if (!isTaken)
                {
                    return HistoryStep.End;
                }

                if (_entries.Matches(_filter))
                {
                    return HistoryStep.Entry;
                }
            }
        }

        return HistoryStep.End;
    }

    /// <summary>Goes on to the next stretch of a large file; null if there is no scan of it, or nothing more comes of it.</summary>
    private int? FillAhead()
    {
        _scan ??= BeginScan();
        if (_scan is null)
        {
            return null;
        }

        var before = _scan.PassedBytes;
        if (_entries.Position.Offset < _stretchEnd)
        {
            // A line across two segments is read again. If it isn't there any more, the file is another now.
            return _entries.Fill(_stretchEnd) is > 0 and var read ? read : EndScan();
        }

        if (!_scan.TryNext(out var stretch))
        {
            _entries.JumpTo(_scan.LineStart, default);
            return EndScan();
        }

        _entries.JumpTo(stretch.Offset, stretch.Bytes.Span);
        _stretchEnd = stretch.End;
        return Math.Max((int)(_scan.PassedBytes - before), 1);
    }

    private ScanAhead? BeginScan()
    {
        if (!_mayScan || !_entries.CanJump)
        {
            return null;
        }

        _mayScan = false;
        _stretchEnd = _entries.Position.Offset;
        var end = Math.Min(_end, _file.Length());
        return end - _stretchEnd < MinSegments * (long)_segmentBytes
            ? null
            : ScanAhead.TryBegin(_file, _filter, _stretchEnd, end, entriesAreLines: true, _segmentBytes);
    }

    private int? EndScan()
    {
        _scan?.Dispose();
        _scan = null;
        return null;
    }

    /// <summary>
    /// Drops the lines ahead in which the filter's words do not occur, without a look at where each of them ends: a rare word
    /// is searched at the speed of memory.
    /// </summary>
    private void SkipToCandidate()
    {
        var ahead = _entries.PeekLines();
        if (ahead.IsEmpty || ahead.Length > _end - _entries.Position.Offset || ahead.Length > LineReader.MaxLineBytes)
        {
            // Behind the end, or with a line in it that may be cut off: such a one is looked at as it is then.
            return;
        }

        var candidate = _filter.IndexOfCandidate(ahead);
        if (candidate != 0)
        {
            _entries.SkipToEntryAt(candidate < 0 ? ahead.Length : candidate);
        }
    }
}
