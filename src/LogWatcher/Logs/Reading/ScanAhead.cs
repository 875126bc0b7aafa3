using System.Buffers;
using System.Runtime.ExceptionServices;
using LogWatcher.Logs.Filters;

namespace LogWatcher.Logs.Reading;

/// <summary>A part of a file, in whole lines, in which there may be matches.</summary>
/// <param name="Offset">Where it begins, in bytes of the file.</param>
/// <param name="End">Where it ends, which may be where it begins. What is in no stretch holds no match.</param>
/// <param name="Bytes">What stands there, good until the next stretch is asked for; empty: to be read from the file.</param>
internal readonly record struct ScanStretch(long Offset, long End, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// Finds the lines of a large file that a filter may want, on two threads: the reader's own, and a helper from the pool that
/// is ahead of it by a few segments. Either begins whatever segment is next, so that neither waits while there is work, and
/// the reader gets along alone if the pool has nobody to spare. Stretches come in the file's order. Only whole lines of UTF-8
/// are looked at; the rest is left to whoever reads line by line. One reader at a time.
/// </summary>
internal sealed class ScanAhead : IThreadPoolWorkItem, IDisposable
{
    /// <summary>Two of them stay in a core's cache, and a cancellation waits for one at the most.</summary>
    public const int DefaultSegmentBytes = 256 * 1024;

    /// <summary>So many segments are in memory at once.</summary>
    private const int MaxSegments = 8;

    /// <summary>In the whole process: each has its segments, and may have a thread of the pool.</summary>
    private const int MaxScans = 4;

    private static int _scans;

    private readonly LogFile _file;
    private readonly Filter _filter;
    private readonly long _start;
    private readonly long _end;
    private readonly bool _entriesAreLines;
    private readonly int _segmentBytes;
    private readonly ScanSegment[] _ring = new ScanSegment[MaxSegments];

    // Under the gate: which segment is begun next, which one the reader is at, and what the helper does.
    private readonly object _gate = new();
    private long _toBegin;
    private long _current;
    private bool _isHelperAsked;
    private bool _isHelping;
    private bool _isOver;

    // The reader's own: what it has had of the current segment, the line that has begun before it, where that and those
    // before the last two segments begin, and what has been handed out of entries.
    private readonly ArrayBufferWriter<byte> _across = new();
    private int _taken;
    private int _runsTaken;
    private long _lineStart;
    private long _nearLineStart;
    private long _farLineStart;
    private long _handedEnd;
    private int _segmentsToHandOn;

    private ScanAhead(LogFile file, Filter filter, long start, long end, bool entriesAreLines, int segmentBytes)
    {
        (_file, _filter, _start, _end, _entriesAreLines, _segmentBytes) = (file, filter, start, end, entriesAreLines, segmentBytes);
        _lineStart = _nearLineStart = _farLineStart = _handedEnd = start;
        for (var index = 0; index < _ring.Length; index++)
        {
            _ring[index] = new ScanSegment();
        }
    }

    /// <summary>How much of the file has been got over, in bytes.</summary>
    public long PassedBytes => _current * _segmentBytes;

    /// <summary>Where to go on behind the last stretch: the line that begins there has not been looked at.</summary>
    public long LineStart => _entriesAreLines ? _lineStart : Math.Max(_handedEnd, _farLineStart);

    /// <summary>Begins a scan; null if there are too many already.</summary>
    /// <param name="file">A file that isn't compressed; it stays open until the scan is disposed of.</param>
    /// <param name="filter">Which lines to find.</param>
    /// <param name="start">Where a line begins, in bytes.</param>
    /// <param name="end">How far to go; a file that ends earlier is scanned to its end.</param>
    /// <param name="entriesAreLines">
    /// Whether each entry is one line. If not, stretches are longer: they have all within a segment's length of a candidate,
    /// so that an entry that is no longer than that is in one stretch, wherever in it the candidate stands.
    /// </param>
    /// <param name="segmentBytes">How much is read at once.</param>
    public static ScanAhead? TryBegin(
        LogFile file, Filter filter, long start, long end, bool entriesAreLines, int segmentBytes = DefaultSegmentBytes)
    {
        if (Interlocked.Increment(ref _scans) <= MaxScans)
        {
            return new ScanAhead(file, filter, start, end, entriesAreLines, segmentBytes);
        }

        Interlocked.Decrement(ref _scans);
        return null;
    }

    /// <summary>Goes on to the next stretch, and gives one that is empty after each segment. False: that was the end.</summary>
    public bool TryNext(out ScanStretch stretch)
    {
        stretch = default;
        if (SegmentStart(_current) >= _end)
        {
            return false;
        }

        var segment = Current();
        stretch = (_entriesAreLines ? NextOfLines(segment) : NextOfEntries(segment)) ?? new ScanStretch(LineStart, LineStart, default);
        return true;
    }

    /// <summary>Work of the helper: scans segments as long as there is room for them.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        while (TryHelp(out var index))
        {
            Scan(index);
        }
    }

    /// <summary>Waits for the helper to finish the segment that it is at.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isOver && !_isHelping)
            {
                return;
            }

            _isOver = true;
            while (_isHelping)
            {
                Monitor.Wait(_gate);
            }
        }

        foreach (var segment in _ring)
        {
            segment.Return();
        }

        Interlocked.Decrement(ref _scans);
    }

    /// <summary>The line that lies across the segment's start, if it may match, and each run of candidates.</summary>
    private ScanStretch? NextOfLines(ScanSegment segment)
    {
        if (_taken++ == 0 && MayMatchAcross(segment))
        {
            return new ScanStretch(_lineStart, segment.Offset + segment.FirstLine, default);
        }

        if (_runsTaken < segment.RunCount)
        {
            var run = segment.Run(_runsTaken++);
            return new ScanStretch(segment.Offset + run.Offset, segment.Offset + run.Offset + run.Length, segment.Bytes(run));
        }

        Leave(segment);
        return null;
    }

    /// <summary>All of a segment with candidates, and of the two before and behind it, as lines lie across their ends.</summary>
    private ScanStretch? NextOfEntries(ScanSegment segment)
    {
        var hasCandidates = MayMatchAcross(segment) || segment.RunCount > 0;
        var start = Math.Max(_handedEnd, hasCandidates ? _farLineStart : _lineStart);
        var isHanded = hasCandidates || _segmentsToHandOn > 0;
        _segmentsToHandOn = hasCandidates ? 2 : _segmentsToHandOn - 1;
        Leave(segment);
        if (!isHanded || start >= _lineStart)
        {
            return null;
        }

        _handedEnd = _lineStart;
        return new ScanStretch(start, _lineStart, default);
    }

    /// <summary>Puts the line together that has begun in earlier segments and ends in this one.</summary>
    private bool MayMatchAcross(ScanSegment segment)
    {
        if (segment.FirstLine == 0)
        {
            return false;
        }

        KeepAcross(segment, 0, segment.FirstLine);
        return _across.WrittenCount > LineReader.MaxLineBytes || _filter.IndexOfCandidate(_across.WrittenSpan) >= 0;
    }

    private void KeepAcross(ScanSegment segment, int start, int end)
    {
        // A line over the bound is a candidate as it is.
        if (_across.WrittenCount <= LineReader.MaxLineBytes)
        {
            _across.Write(segment.Bytes(new ByteRange(start, end - start)).Span);
        }
    }

    private void Leave(ScanSegment segment)
    {
        var isLast = segment.Length < LengthOf(_current) || SegmentStart(_current + 1) >= _end;
        if (segment.LinesEnd > 0)
        {
            (_farLineStart, _nearLineStart) = (_nearLineStart, _lineStart);
            _lineStart = segment.Offset + segment.LinesEnd;
            _across.ResetWrittenCount();
        }

        KeepAcross(segment, segment.LinesEnd, segment.Length);
        (_taken, _runsTaken) = (0, 0);
        lock (_gate)
        {
            segment.IsReady = false;
            _current = isLast ? (_end - _start + _segmentBytes - 1) / _segmentBytes : _current + 1;
        }
    }

    private long SegmentStart(long index) => _start + (index * _segmentBytes);

    private int LengthOf(long index) => (int)Math.Min(_segmentBytes, _end - SegmentStart(index));

    private bool TryBeginSegment(out long index)
    {
        index = Math.Max(_toBegin, _current);
        if (index >= _current + MaxSegments || SegmentStart(index) >= _end)
        {
            return false;
        }

        _toBegin = index + 1;
        return true;
    }

    private void Scan(long index)
    {
        var segment = _ring[index % MaxSegments];
        try
        {
            segment.Scan(_file, _filter, SegmentStart(index), LengthOf(index), isAtLine: index == 0, _entriesAreLines);
        }
        catch (Exception exception)
        {
            // A bug is the reader's to tell of, on its own thread, when it comes to the segment.
            segment.Fault = ExceptionDispatchInfo.Capture(exception);
        }

        lock (_gate)
        {
            segment.IsReady = true;
            Monitor.PulseAll(_gate);
        }
    }

    private bool TryHelp(out long index)
    {
        index = 0;
        lock (_gate)
        {
            _isHelping = !_isOver && TryBeginSegment(out index);
            _isHelperAsked = _isHelping;
            Monitor.PulseAll(_gate);
            return _isHelping;
        }
    }

    /// <summary>The segment that the reader is at, scanned; while it waits for that, it scans what nobody has begun.</summary>
    private ScanSegment Current()
    {
        var segment = _ring[_current % MaxSegments];
        while (!IsReady(segment, out var index))
        {
            Scan(index);
        }

        segment.Fault?.Throw();
        return segment;
    }

    /// <summary>Waits until a segment is ready (then the answer is true), or another one is there to be scanned.</summary>
    private bool IsReady(ScanSegment segment, out long other)
    {
        lock (_gate)
        {
            AskForHelp();
            for (other = 0; !segment.IsReady && !TryBeginSegment(out other);)
            {
                Monitor.Wait(_gate);
            }

            return segment.IsReady;
        }
    }

    /// <summary>Has the helper go on once there is room for more than a segment or two: to wake it costs as much as one.</summary>
    private void AskForHelp()
    {
        if (!_isHelperAsked && _toBegin < _current + (MaxSegments / 2) && SegmentStart(_toBegin) < _end)
        {
            _isHelperAsked = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
