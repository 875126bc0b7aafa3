using System.Runtime.CompilerServices;
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

    /// <summary>
    /// It is left, if it is a line without an end; lines that might get more are an entry. Those of a file that was cut may have got
    /// them, and are in its copy: they are left.
    /// </summary>
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
    private readonly Filter _filter;
    private EntryReader _entries;
    private long _end;
    private HistoryEnd _endKind;
    private int _sincePause;
    private bool _isFirst;
    private bool _hasRead;
    private long _changedBy;

    // Of a large file, what lies between its stretches is never brought here.
    private readonly TimeProvider _time;
    private readonly int _segmentBytes;
    private ScanAhead? _scan;
    private long _stretchEnd;
    private long _closedEnd = long.MaxValue;

    // Of the segment behind so many scanned bytes it is known that the file still began as before once it had been scanned.
    private long _headKeptAt = -1;
    private bool _mayScan;

    // All that is read of the stretch has passed the filter's test on raw bytes already.
    private bool _isTested;

    /// <param name="file">Belongs to the reader from now on.</param>
    /// <param name="filter">Which entries to find.</param>
    /// <param name="time">For times without a year.</param>
    /// <param name="from">Where in it to begin: at an entry's start.</param>
    /// <param name="behind">The reader of what was written under the same name before; this one is read after it.</param>
    /// <param name="guard">What is known to stand before that place; without, what stands there now.</param>
    /// <param name="segmentBytes">How much of a large file is scanned at once; see <see cref="ScanAhead"/>.</param>
    public HistoryReader(
        LogFile file,
        Filter filter,
        TimeProvider time,
        LinePosition from = default,
        HistoryReader? behind = null,
        ContentGuard? guard = null,
        int segmentBytes = ScanAhead.DefaultSegmentBytes)
    {
        (_time, _segmentBytes) = (time, segmentBytes);
        _file = file;
        _filter = filter;
        GoBehind(behind);
        _isFirst = from.Offset == 0 && !file.IsCompressed;
        _entries = new EntryReader(file.ReadLines(from, guard), file.Source, time);
    }

    /// <summary>What is to be read to its end before this.</summary>
    public HistoryReader? Predecessor { get; private set; }

    // What is to be read next behind this.
    private HistoryReader? _successor;

    /// <summary>Something is, or was, to be read behind this.</summary>
    public bool HadSuccessor => _successor is not null;

    public LogFile File => _file;

    /// <inheritdoc cref="GoOnTo"/>
    public long End => _end;

    /// <inheritdoc cref="GoOnTo"/>
    public HistoryEnd EndKind => _endKind;

    public LinePosition Position => _entries.Position;

    /// <summary>
    /// Nothing has been read of it, and nothing is there to be read: most of the files that a watch is resumed with hold nothing new, and
    /// none of them is to cost a buffer.
    /// </summary>
    public bool IsAtEnd => !_hasRead && !_file.IsCompressed && _file.Length() == _entries.Position.Offset;

    /// <summary>The entry that <see cref="Read"/> has found.</summary>
    public EntryView View => _entries.View;

    public long EntryOffset => _entries.EntryOffset;

    /// <summary>How far it has been delivered; null while nothing of it has.</summary>
    public FilePlace? Delivered { get; set; }

    /// <summary>A cursor tells of the file beside a younger one: what stood under the name between the two has been delivered.</summary>
    public bool IsOlderPart { get; set; }

    /// <summary>The file that stood under the same name as a source before, as far as the watch knows.</summary>
    public HistoryReader? Older { get; set; }

    /// <summary>Begins later than at the file's start, at an entry. Nothing has been read yet.</summary>
    public void BeginAt(long offset)
    {
        _entries.Dispose();
        _entries = new EntryReader(_file.ReadLines(new LinePosition(offset)), _file.Source, _time);
        _isFirst &= offset == 0;
    }

    /// <summary>Reads nothing of a file that no longer begins as it is known to; nothing has been read yet.</summary>
    public void Expect(ContentGuard content) => _entries.Expect(content);

    /// <summary>Has this read behind another: what stood under the same name before.</summary>
    public void GoBehind(HistoryReader? predecessor)
    {
        Predecessor = predecessor;
        if (predecessor is not null)
        {
            predecessor._successor = this;
            predecessor._endKind = predecessor._endKind == HistoryEnd.LeaveRest ? HistoryEnd.TakeLines : predecessor._endKind;
        }
    }

    /// <summary>Whether what has been found, or will be, is the first of a file that is read from its start; true once.</summary>
    public bool TakeFirst()
    {
        var isFirst = _isFirst;
        _isFirst = false;
        return isFirst;
    }

    /// <summary>Notes that the entry found is delivered, before anything else is read.</summary>
    /// <returns>The place behind it.</returns>
    public EntryPlace Deliver()
    {
        Delivered = _file.PlaceAt(_entries.Position, _entries.MarkBehind, _changedBy);
        FilePlace? newer = null;
        for (var next = _successor; next is not null; next = next._successor)
        {
            newer = next.Delivered ?? newer;
        }

        return newer is null
            ? new EntryPlace(_file.SourceHash, Delivered, Older?.Delivered)
            : new EntryPlace(_file.SourceHash, Delivered, newer, IsOtherNewer: true);
    }

    /// <summary>Head and last bytes of what has been read.</summary>
    public ContentGuard Guard => _entries.Guard;

    /// <summary>Whether the file still holds what has been read of it; false once it was truncated.</summary>
    public bool IsFileKept() => _file.IsCompressed || (!_entries.IsReplaced && Guard.MayBeKeptBy(_file));

    /// <summary>Sets the end: entries that begin before it are read.</summary>
    /// <param name="end">An offset in the file, in bytes; a file that is shorter ends earlier.</param>
    /// <param name="kind">What becomes of an entry that has no end yet.</param>
    public void GoOnTo(long end, HistoryEnd kind)
    {
        _end = end;
        _endKind = kind;
        _mayScan = _filter.HasAnchors && !_file.IsCompressed;
    }

    /// <summary>
    /// Brings all that it is still to read here, so that nothing can take it away: not even who cuts the file. That is a copy of so many
    /// bytes, so the end must be near.
    /// </summary>
    /// <returns>False: it is not there, or no longer. (What is compressed is never cut, and its end need not be there yet.)</returns>
    public bool TryHoldAll()
    {
        try
        {
            if (_entries.FileOffset < _end)
            {
                // What is read from here on is looked at line by line.
                _isTested = false;
                _hasRead = true;
                EndScan();
            }

            while (_entries.FileOffset < _end)
            {
                if (Fill(_end) == 0)
                {
                    return _file.IsCompressed;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // As in Read: a file that can no longer be read is at its end.
        }

        return true;
    }

    /// <summary>Ends here: somebody else goes on from <see cref="Position"/>.</summary>
    /// <returns>The guard of what has been read before that.</returns>
    public ContentGuard GiveAway()
    {
        _entries.PutBackOpen();
        GoOnTo(_entries.Position.Offset, HistoryEnd.LeaveRest);
        return _entries.GuardBehind;
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
            if (!IsStretchRead)
            {
                if (!_isTested)
                {
                    SkipToCandidate();
                }

                if (_entries.Position.Offset >= _end)
                {
                    break;
                }

                if (_entries.TryRead(Math.Min(_end, _closedEnd)))
                {
                    if (_entries.Matches(_filter, _isTested))
                    {
                        return HistoryStep.Entry;
                    }

                    continue;
                }

                if (_entries.Position.Offset >= _end)
                {
                    break;
                }
            }

            if (_sincePause >= PauseBytes)
            {
                _sincePause = 0;
                return HistoryStep.Pause;
            }

            if (IsAtEnd)
            {
                return HistoryStep.End;
            }

            var read = FillAhead() ?? FillToEnd();
            _hasRead = true;
            _sincePause += read;
            if (read == 0)
            {
                var isTaken = _endKind switch
                {
                    HistoryEnd.LeaveRest => false,
                    HistoryEnd.TakeLines => !_entries.IsReplaced && _entries.TryReadOpen(),
                    _ => _entries.TryReadRest(),
                };
                if (!isTaken)
                {
                    return HistoryStep.End;
                }

                if (_entries.Matches(_filter, _isTested))
                {
                    return HistoryStep.Entry;
                }
            }
        }

        return HistoryStep.End;
    }

    private int FillToEnd() => Fill(_endKind == HistoryEnd.TakeRestAtOffset ? _end : long.MaxValue);

    private int Fill(long end)
    {
        _changedBy = LogFile.NeedsChange(_entries.Position) ? _file.LastChange() : _changedBy;
        return _entries.Fill(end);
    }

    /// <summary>All entries have been taken that begin in the stretch.</summary>
    private bool IsStretchRead
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _scan is not null && !_entries.IsOpen && _entries.Position.Offset >= _stretchEnd;
    }

    /// <summary>Goes on to the next stretch of a large file; null if there is no scan of it, or nothing more comes of it.</summary>
    private int? FillAhead()
    {
        _scan ??= BeginScan();
        if (_scan is null)
        {
            return null;
        }

        if (!IsStretchRead || !_entries.CanJump)
        {
            // What isn't there any more is for whoever reads line by line.
            _isTested = false;
            return FillToEnd() is > 0 and var read ? read : EndScan();
        }

        var passed = _scan.PassedBytes;
        var position = _entries.Position.Offset;
        if (!_scan.TryNext(out var stretch))
        {
            JumpTo(new ScanStretch(_scan.GoOnAt, _end, IsClosed: false, default, 0).Behind(position));
            return EndScan();
        }

        if (_headKeptAt != passed && !_entries.Guard.IsHeadKeptBy(_file))
        {
            // As in LineReader: the segment may be of what stands there now.
            _entries.MarkReplaced();
        }
        else if (stretch.End > position)
        {
            JumpTo(stretch.Behind(position));
            _stretchEnd = stretch.End;
            _closedEnd = stretch.IsClosed ? stretch.End : long.MaxValue;
        }

        _headKeptAt = passed;
        return Math.Max((int)(_scan.PassedBytes - passed), 1);
    }

    /// <summary>Goes on with a stretch. What is read of it from the file must follow what the scan has read before.</summary>
    private void JumpTo(ScanStretch stretch)
    {
        var bytes = stretch.Bytes.Span;
        _isTested = !bytes.IsEmpty;
        if (_isTested)
        {
            _entries.JumpTo(stretch.Offset, bytes[..stretch.LeadLength], bytes[stretch.LeadLength..]);
            return;
        }

        Span<byte> before = stackalloc byte[(int)Math.Min(stretch.Offset, ContentMark.MaxTailBytes)];
        if (!_scan!.IsReplaced && _file.ReadAt(before, stretch.Offset - before.Length) == before.Length && _scan.IsFileKept())
        {
            _entries.JumpTo(stretch.Offset, before, default);
            return;
        }

        _entries.MarkReplaced();
    }

    private ScanAhead? BeginScan()
    {
        if (!_mayScan || !_entries.CanJump)
        {
            return null;
        }

        (_mayScan, _headKeptAt) = (false, -1);
        var start = _entries.Position.Offset;
        var end = Math.Min(_end, _file.Length());
        if (end - start < MinSegments * (long)_segmentBytes)
        {
            return null;
        }

        _entries.PutBackOpen();
        (_stretchEnd, _closedEnd) = (start, long.MaxValue);
        return ScanAhead.TryBegin(_file, _filter, _time, start, end, _entries.Tail, _segmentBytes);
    }

    private int? EndScan()
    {
        _scan?.Dispose();
        _scan = null;
        _closedEnd = long.MaxValue;
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
