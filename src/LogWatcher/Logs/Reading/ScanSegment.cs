using System.Buffers;
using System.Runtime.ExceptionServices;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Formats;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// One piece of a file that is scanned: which of its entries may match, as far as that can be told from its whole lines, and the bytes of
/// those, of the lines across its ends, and of what stands before each. The rest is only read and searched, in a buffer of whoever scans:
/// that stays in its core's cache. Each candidate is led back to its entry's head: an object on a line of its own needs no look at others,
/// nor does any other structured line. One thread at a time.
/// </summary>
/// <param name="time">For times without a year.</param>
internal sealed class ScanSegment(TimeProvider time)
{
    /// <summary>So many bytes are searched by a filter's marks at once, and stay in the core's first cache meanwhile.</summary>
    private const int BytesAtOnce = 16 * 1024;

    /// <summary>Most lines have one.</summary>
    private const int HitsAtOnce = 256;

    // While it is scanned all of it, with the lead before it.
    private ReadOnlyMemory<byte> _bytes;
    private int _leadLength;
    private ByteRange[] _runs = new ByteRange[64];
    private LineFormats? _formats;

    // What is kept: parts of it in their order, the first of which begins with the lead; up to where, and where the last one would begin
    // if nothing had been left out before it. Of each run, where it ends in what is kept.
    private byte[] _kept = [];
    private int _keptTo;
    private int _keptFrom;
    private int[] _runEnds = new int[64];
    private int _linesEndKept;
    private int _lengthKept;

    // Lines before this place have been looked at; of what stands before the first line nothing is known.
    private int _walkedTo;
    private bool _isWalkedKnown;

    /// <summary>Where it begins, in bytes of the file.</summary>
    public long Offset { get; private set; }

    /// <summary>How many bytes there were; fewer than were asked for at the file's end.</summary>
    public int Length { get; private set; }

    /// <summary>What stands before it: as much as <see cref="ContentMark.MaxTailBytes"/>, read in the same call.</summary>
    public ReadOnlySpan<byte> Lead => _kept.AsSpan(0, _leadLength);

    /// <summary>What stands before <see cref="FirstLine"/>.</summary>
    public ReadOnlySpan<byte> FirstLineBytes => _kept.AsSpan(_leadLength, FirstLine);

    /// <summary>What stands behind <see cref="LinesEnd"/>.</summary>
    public ReadOnlySpan<byte> Rest => _kept.AsSpan(_linesEndKept, Length - LinesEnd);

    /// <summary>What stands before <see cref="Rest"/>: as much as <see cref="ContentMark.MaxTailBytes"/>.</summary>
    public ReadOnlySpan<byte> BeforeRest => Before(_linesEndKept, LinesEnd);

    /// <summary>The last bytes, or those before it: as much as <see cref="ContentMark.MaxTailBytes"/>.</summary>
    public ReadOnlySpan<byte> Tail => Before(_lengthKept, Length);

    /// <summary>Behind the first line feed; 0 if there is none.</summary>
    public int FirstLine { get; private set; }

    /// <summary>Behind the last line feed; 0 if there is none.</summary>
    public int LinesEnd { get; private set; }

    /// <summary>Where the entry ends that begins before <see cref="FirstLine"/> and may match, or somewhere behind it; 0: there is none.</summary>
    public int LeadRunEnd { get; private set; }

    /// <summary>Runs of entries that may match, between <see cref="FirstLine"/> and <see cref="LinesEnd"/>.</summary>
    public int RunCount { get; private set; }

    /// <summary>The last run, or <see cref="LeadRunEnd"/>, ends with the lines; the entry may not.</summary>
    public bool IsLastOpen { get; private set; }

    /// <summary>It has been read and searched.</summary>
    public bool IsReady { get; set; }

    /// <summary>A bug that was met in it.</summary>
    public ExceptionDispatchInfo? Fault { get; set; }

    private ReadOnlyMemory<byte> Text => _bytes[_leadLength..];

    public ByteRange Run(int index) => _runs[index];

    /// <summary>The bytes of a run, and before that as much as <see cref="ContentMark.MaxTailBytes"/> of what stands there.</summary>
    public ReadOnlyMemory<byte> RunWithLead(int index, out int leadLength)
    {
        leadLength = LeadOf(_runs[index].Offset);
        var length = leadLength + _runs[index].Length;
        return _kept.AsMemory(_runEnds[index] - length, length);
    }

    /// <summary>Reads the segment and looks for candidates; one that can't be read is empty, and has nothing before it.</summary>
    /// <param name="file">What to read.</param>
    /// <param name="filter">Which entries to find.</param>
    /// <param name="offset">Where the segment begins.</param>
    /// <param name="count">How many bytes it has.</param>
    /// <param name="isAtEntry">Whether an entry begins at its start.</param>
    /// <param name="buffer">Room for so many and for the lead.</param>
    public void Scan(LogFile file, Filter filter, long offset, int count, bool isAtEntry, Memory<byte> buffer)
    {
        _leadLength = (int)Math.Min(offset, ContentMark.MaxTailBytes);
        Offset = offset;
        Length = Read(file, offset - _leadLength, buffer.Span[..(_leadLength + count)]) - _leadLength;
        if (Length < 0)
        {
            (_leadLength, Length) = (0, 0);
        }

        _bytes = buffer[..(_leadLength + Length)];
        FindRuns(filter, isAtEntry);
        Keep();
        _bytes = default;
    }

    /// <summary>Gives the memory back.</summary>
    public void Return()
    {
        if (_kept.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_kept);
            _kept = [];
        }
    }

    private void FindRuns(Filter filter, bool isAtEntry)
    {
        (RunCount, LeadRunEnd, IsLastOpen) = (0, 0, false);
        var bytes = Text.Span;
        LinesEnd = bytes.LastIndexOf((byte)'\n') + 1;
        FirstLine = isAtEntry || LinesEnd == 0 ? 0 : bytes.IndexOf((byte)'\n') + 1;
        (_walkedTo, _isWalkedKnown) = (FirstLine, isAtEntry);
        var hits = new MarkHits(stackalloc int[HitsAtOnce], BytesAtOnce);
        for (var start = FirstLine; start < LinesEnd;)
        {
            var candidate = filter.IndexOfCandidate(bytes[..LinesEnd], start, ref hits);
            if (candidate < 0)
            {
                break;
            }

            var lineStart = start + LineStart.Before(bytes[start..], candidate - start);
            var lineEnd = candidate + bytes[candidate..].IndexOf((byte)'\n') + 1;
            start = AddEntryOf(filter, lineStart, lineEnd);
            (_walkedTo, _isWalkedKnown) = (start, true);
        }
    }

    private int LeadOf(int offset) => Math.Min(ContentMark.MaxTailBytes, _leadLength + offset);

    private ReadOnlySpan<byte> Before(int kept, int offset) => _kept.AsSpan(kept - LeadOf(offset), LeadOf(offset));

    /// <summary>Keeps what is still wanted of it once it has been scanned.</summary>
    private void Keep()
    {
        (_keptFrom, _keptTo) = (-_leadLength, -_leadLength);
        Keep(0, FirstLine);
        if (_runEnds.Length < RunCount)
        {
            _runEnds = new int[_runs.Length];
        }

        for (var index = 0; index < RunCount; index++)
        {
            _runEnds[index] = Keep(_runs[index].Offset, _runs[index].Offset + _runs[index].Length);
        }

        _linesEndKept = Keep(LinesEnd, LinesEnd);
        _lengthKept = Keep(LinesEnd, Length);
    }

    /// <summary>Keeps a part, and what stands before it. None begins before the one that was kept last.</summary>
    /// <returns>Where it ends in what is kept.</returns>
    private int Keep(int start, int end)
    {
        start -= LeadOf(start);
        _keptFrom += Math.Max(0, start - _keptTo);
        var at = Math.Max(start, _keptTo) - _keptFrom;
        var length = end - _keptFrom - at;
        if (length > 0)
        {
            MakeRoom(at, length);
            _bytes.Span.Slice(_leadLength + _keptFrom + at, length).CopyTo(_kept.AsSpan(at));
            _keptTo = end;
        }

        return end - _keptFrom;
    }

    private void MakeRoom(int used, int more)
    {
        if (_kept.Length - used < more)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(used + more, 2 * _kept.Length));
            _kept.AsSpan(0, used).CopyTo(larger);
            Return();
            _kept = larger;
        }
    }

    private static int Read(LogFile file, long offset, Span<byte> into)
    {
        var length = 0;
        try
        {
            for (var read = -1; read != 0 && length < into.Length; length += read)
            {
                read = file.ReadAt(into[length..], offset + length);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // Whoever reads line by line comes to the same place, and finds out.
        }

        return length;
    }

    /// <summary>Notes the entry that a line belongs to, if it may match.</summary>
    /// <returns>Where its end is known to be behind it: there no entry is open.</returns>
    private int AddEntryOf(Filter filter, int lineStart, int lineEnd)
    {
        var line = Text.Span[lineStart..(lineEnd - 1)];
        line = line.EndsWith("\r"u8) ? line[..^1] : line;
        var (start, end) = (lineStart, lineEnd);
        if (!LineKinds.IsObject(line))
        {
            start = StartOfEntry(lineStart, lineEnd, out var isOpen);
            end = isOpen ? NextStart(lineEnd) : lineEnd;
        }

        if (start < 0)
        {
            LeadRunEnd = end;
        }
        else if (filter.IsCandidateEnough || filter.MayMatch(Text.Span[start..(end - 1)]))
        {
            Add(start, end);
        }
        else
        {
            IsLastOpen = false;
        }

        return end;
    }

    /// <summary>Where the entry begins that a line belongs to; -1: before the first line, perhaps.</summary>
    /// <param name="line">Where the line begins.</param>
    /// <param name="lineEnd">The place behind its end.</param>
    /// <param name="isOpen">Whether more lines may belong to the entry.</param>
    private int StartOfEntry(int line, int lineEnd, out bool isOpen)
    {
        _formats ??= new LineFormats(time);
        var kind = LineKinds.OfLine(_formats, Text, line, lineEnd - 1);
        isOpen = kind == LineKind.TextHead;
        if (kind != LineKind.Plain)
        {
            return line;
        }

        var start = line;
        for (var lines = 1; start > _walkedTo; lines++)
        {
            var end = start - 1;
            start = _walkedTo + LineStart.Before(Text.Span[_walkedTo..], end - _walkedTo);
            if (lines >= EntryReader.MaxEntryLines || lineEnd - start > EntryReader.MaxEntryBytes)
            {
                // No entry reaches as far as that.
                return line;
            }

            kind = LineKinds.OfLine(_formats, Text, start, end);
            if (kind != LineKind.Plain)
            {
                isOpen = kind == LineKind.TextHead;
                return isOpen ? start : line;
            }
        }

        isOpen = !_isWalkedKnown;
        return isOpen ? -1 : line;
    }

    /// <summary>Where the next entry surely begins; the end of the lines if that is not known.</summary>
    private int NextStart(int at)
    {
        for (var lines = 0; at < LinesEnd && lines < EntryReader.MaxEntryLines; lines++)
        {
            var end = at + Text.Span[at..].IndexOf((byte)'\n');
            if (LineKinds.OfLine(_formats!, Text, at, end) != LineKind.Plain)
            {
                return at;
            }

            at = end + 1;
        }

        IsLastOpen = at == LinesEnd;
        return at;
    }

    private void Add(int start, int end)
    {
        if (RunCount > 0 && _runs[RunCount - 1].Offset + _runs[RunCount - 1].Length == start)
        {
            var run = _runs[RunCount - 1];
            _runs[RunCount - 1] = run with { Length = end - run.Offset };
            return;
        }

        if (RunCount == _runs.Length)
        {
            Array.Resize(ref _runs, _runs.Length * 2);
        }

        _runs[RunCount++] = new ByteRange(start, end - start);
    }
}
