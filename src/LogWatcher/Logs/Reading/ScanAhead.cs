using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using LogWatcher.Logs.Filters;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// Finds the entries of a large file that a filter may want, on two threads: the reader's own, and a helper from the pool that
/// is ahead of it by a few segments. Either begins whatever segment is next, so that neither waits while there is work, and
/// the reader gets along alone if the pool has nobody to spare. Stretches come in the file's order; where the head of an
/// entry is not in the segment of its candidate, the stretch begins as far before that as any head may be. Only whole lines of
/// UTF-8 are looked at; the rest is left to whoever reads line by line. One reader at a time.
/// </summary>
internal sealed class ScanAhead : IThreadPoolWorkItem, IDisposable
{
    /// <summary>One stays in a core's cache while it is read and searched, and a cancellation waits for one at the most.</summary>
    public const int DefaultSegmentBytes = 256 * 1024;

    /// <summary>Of so many segments what they have found is in memory at once.</summary>
    private const int MaxSegments = 8;

    /// <summary>In the whole process: each has its segments, and may have a thread of the pool.</summary>
    private const int MaxScans = 4;

    private static int _scans;

    private readonly LogFile _file;
    private readonly Filter _filter;
    private readonly long _start;
    private readonly long _end;
    private readonly int _segmentBytes;
    private readonly ScanSegment[] _ring = new ScanSegment[MaxSegments];

    // Where segments are read to, a buffer a thread.
    private readonly byte[] _readersBuffer;
    private byte[] _helpersBuffer = [];

    // Under the gate: which segment is begun next, which one the reader is at, and what the helper does.
    private readonly object _gate = new();
    private long _toBegin;
    private long _current;
    private bool _isHelperAsked;
    private bool _isHelping;
    private bool _isOver;

    // The reader's own: what it has had of the current segment; the line that has begun before it, and what stands before that;
    // where lines begin, of which one is as far back as any entry's head may be.
    private readonly ArrayBufferWriter<byte> _across = new();
    private readonly byte[] _tail = new byte[ContentMark.MaxTailBytes];
    private long[] _lineStarts = new long[16];
    private int _lineStartCount;
    private int _acrossLead;
    private int _tailLength;
    private long _passedTo;
    private bool _hasBegun;
    private int _runsTaken;
    private long _lineStart;

    private ScanAhead(LogFile file, Filter filter, TimeProvider time, long start, long end, ReadOnlySpan<byte> before, int segmentBytes)
    {
        (_file, _filter, _start, _end, _segmentBytes) = (file, filter, start, end, segmentBytes);
        (_lineStart, _passedTo, _lineStarts[0], _lineStartCount) = (start, start, start, 1);
        Keep(before);
        _readersBuffer = RentBuffer();
        for (var index = 0; index < _ring.Length; index++)
        {
            _ring[index] = new ScanSegment(time);
        }
    }

    /// <summary>How much of the file has been got over, in bytes.</summary>
    public long PassedBytes => _current * _segmentBytes;

    /// <summary>
    /// Where to go on behind the last stretch, if not further on: an entry to which what comes then belongs begins here or behind.
    /// </summary>
    public long GoOnAt => FarLineStart(_lineStart);

    /// <summary>The file no longer holds what was read before: it was truncated, and perhaps written anew.</summary>
    public bool IsReplaced { get; private set; }

    /// <summary>Begins a scan; null if there are too many already.</summary>
    /// <param name="file">A file that isn't compressed; it stays open until the scan is disposed of.</param>
    /// <param name="filter">Which entries to find.</param>
    /// <param name="time">For times without a year.</param>
    /// <param name="start">Where an entry begins, in bytes.</param>
    /// <param name="end">How far to go; a file that ends earlier is scanned to its end.</param>
    /// <param name="before">The last bytes before the start, <see cref="ContentMark.MaxTailBytes"/> at most, as they were read.</param>
    /// <param name="segmentBytes">How much is read at once; no more than a line may have.</param>
    public static ScanAhead? TryBegin(
        LogFile file,
        Filter filter,
        TimeProvider time,
        long start,
        long end,
        ReadOnlySpan<byte> before,
        int segmentBytes = DefaultSegmentBytes)
    {
        if (Interlocked.Increment(ref _scans) <= MaxScans)
        {
            return new ScanAhead(file, filter, time, start, end, before, segmentBytes);
        }

        Interlocked.Decrement(ref _scans);
        return null;
    }

    /// <summary>
    /// Goes on to the next stretch; one that is empty comes after each segment. False: that was the end, or the file
    /// <see cref="IsReplaced"/>.
    /// </summary>
    public bool TryNext(out ScanStretch stretch)
    {
        stretch = default;
        if (IsReplaced || SegmentStart(_current) >= _end)
        {
            return false;
        }

        var segment = Current();
        if (!_hasBegun)
        {
            IsReplaced = !segment.Lead.EndsWith(_tail.AsSpan(0, _tailLength));
            if (IsReplaced)
            {
                return false;
            }

            _hasBegun = true;
            if (TryTakeFirst(segment, out stretch))
            {
                return true;
            }
        }

        if (_runsTaken < segment.RunCount)
        {
            var run = segment.Run(_runsTaken);
            var bytes = segment.RunWithLead(_runsTaken++, out var leadLength);
            var start = segment.Offset + run.Offset;
            stretch = new ScanStretch(start, start + run.Length, !(segment.IsLastOpen && _runsTaken == segment.RunCount), bytes, leadLength);
            return true;
        }

        Leave(segment);
        return true;
    }

    /// <summary>Whether the file still holds what was scanned last.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool IsFileKept()
    {
        Span<byte> now = stackalloc byte[ContentMark.MaxTailBytes];
        now = now[.._tailLength];
        return _file.ReadAt(now, _passedTo - now.Length) == now.Length && now.SequenceEqual(_tail.AsSpan(0, _tailLength));
    }

    /// <summary>Work of the helper: scans segments as long as there is room for them.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        while (TryHelp(out var index))
        {
            _helpersBuffer = _helpersBuffer.Length > 0 ? _helpersBuffer : RentBuffer();
            Scan(index, _helpersBuffer);
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

        ArrayPool<byte>.Shared.Return(_readersBuffer);
        if (_helpersBuffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_helpersBuffer);
        }

        Interlocked.Decrement(ref _scans);
    }

    /// <summary>The line that lies across the segment's start, if it may match, and what goes on from it or from before it.</summary>
    private bool TryTakeFirst(ScanSegment segment, out ScanStretch stretch)
    {
        stretch = default;
        var isCandidate = MayMatchAcross(segment);
        var end = segment.Offset + segment.FirstLine;
        if (segment.LeadRunEnd > 0)
        {
            var isClosed = !segment.IsLastOpen || segment.RunCount > 0;
            stretch = new ScanStretch(FarLineStart(end), segment.Offset + segment.LeadRunEnd, isClosed, default, 0);
            return true;
        }

        if (!isCandidate)
        {
            return false;
        }

        var line = _across.WrittenSpan[_acrossLead..^1];
        stretch = line.Length <= LineReader.MaxLineBytes && LineKinds.IsObject(line.EndsWith("\r"u8) ? line[..^1] : line)
            ? new ScanStretch(_lineStart, end, IsClosed: true, _across.WrittenMemory, _acrossLead)
            : new ScanStretch(FarLineStart(end), end, IsClosed: false, default, 0);
        return true;
    }

    /// <summary>Puts the line together that has begun in earlier segments and ends in this one.</summary>
    private bool MayMatchAcross(ScanSegment segment)
    {
        if (segment.FirstLine == 0)
        {
            return false;
        }

        KeepAcross(segment.FirstLineBytes);
        return IsTooLong || _filter.IndexOfCandidate(_across.WrittenSpan[_acrossLead..]) >= 0;
    }

    /// <summary>A line over the bound is a candidate as it is.</summary>
    private bool IsTooLong => _across.WrittenCount - _acrossLead > LineReader.MaxLineBytes;

    private void KeepAcross(ReadOnlySpan<byte> part)
    {
        if (!IsTooLong)
        {
            _across.Write(part);
        }
    }

    /// <summary>Where a line begins from which all of an entry can be read that has a line which ends here.</summary>
    private long FarLineStart(long lineEnd)
    {
        // The places that are asked for only go on, and so may what is forgotten.
        var first = 0;
        while (first + 1 < _lineStartCount && _lineStarts[first + 1] <= lineEnd - EntryReader.MaxEntryBytes)
        {
            first++;
        }

        Array.Copy(_lineStarts, first, _lineStarts, 0, _lineStartCount - first);
        _lineStartCount -= first;
        return _lineStarts[0];
    }

    private void Keep(ReadOnlySpan<byte> before)
    {
        before.CopyTo(_tail);
        _tailLength = before.Length;
        _across.ResetWrittenCount();
        _across.Write(before);
        _acrossLead = before.Length;
    }

    private void Leave(ScanSegment segment)
    {
        var isLast = segment.Length < LengthOf(_current) || SegmentStart(_current + 1) >= _end;
        if (segment.LinesEnd > 0)
        {
            _lineStart = segment.Offset + segment.LinesEnd;
            FarLineStart(_lineStart);
            if (_lineStartCount == _lineStarts.Length)
            {
                Array.Resize(ref _lineStarts, _lineStarts.Length * 2);
            }

            _lineStarts[_lineStartCount++] = _lineStart;
            Keep(segment.BeforeRest);
        }

        KeepAcross(segment.Rest);
        segment.Tail.CopyTo(_tail);
        _tailLength = segment.Tail.Length;
        _passedTo = segment.Offset + segment.Length;
        (_hasBegun, _runsTaken) = (false, 0);
        lock (_gate)
        {
            segment.IsReady = false;
            _current = isLast ? (_end - _start + _segmentBytes - 1) / _segmentBytes : _current + 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    private byte[] RentBuffer() => ArrayPool<byte>.Shared.Rent(ContentMark.MaxTailBytes + _segmentBytes);

    private void Scan(long index, byte[] buffer)
    {
        var segment = _ring[index % MaxSegments];
        try
        {
            segment.Scan(_file, _filter, SegmentStart(index), LengthOf(index), isAtEntry: index == 0, buffer);
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
            Scan(index, _readersBuffer);
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
