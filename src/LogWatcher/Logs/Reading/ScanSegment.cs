using System.Buffers;
using System.Runtime.ExceptionServices;
using LogWatcher.Logs.Filters;

namespace LogWatcher.Logs.Reading;

/// <summary>One piece of a file that is scanned: its bytes, and which of its whole lines may match. One thread at a time.</summary>
internal sealed class ScanSegment
{
    private byte[] _buffer = [];
    private ByteRange[] _runs = new ByteRange[64];

    /// <summary>Where it begins, in bytes of the file.</summary>
    public long Offset { get; private set; }

    /// <summary>How many bytes there were; fewer than were asked for at the file's end.</summary>
    public int Length { get; private set; }

    /// <summary>Behind the first line feed; 0 if there is none.</summary>
    public int FirstLine { get; private set; }

    /// <summary>Behind the last line feed; 0 if there is none.</summary>
    public int LinesEnd { get; private set; }

    /// <summary>Runs of lines that may match, between <see cref="FirstLine"/> and <see cref="LinesEnd"/>.</summary>
    public int RunCount { get; private set; }

    /// <summary>It has been read and searched.</summary>
    public bool IsReady { get; set; }

    /// <summary>A bug that was met in it.</summary>
    public ExceptionDispatchInfo? Fault { get; set; }

    public ByteRange Run(int index) => _runs[index];

    public ReadOnlyMemory<byte> Bytes(ByteRange range) => _buffer.AsMemory(range.Offset, range.Length);

    /// <summary>Reads the segment and looks for candidates; one that can't be read is empty.</summary>
    /// <param name="file">What to read.</param>
    /// <param name="filter">Which lines to find.</param>
    /// <param name="offset">Where the segment begins.</param>
    /// <param name="count">How many bytes it has.</param>
    /// <param name="isAtLine">Whether a line begins at its start.</param>
    /// <param name="entriesAreLines">Whether each line can be judged alone.</param>
    public void Scan(LogFile file, Filter filter, long offset, int count, bool isAtLine, bool entriesAreLines)
    {
        if (_buffer.Length < count)
        {
            Return();
            _buffer = ArrayPool<byte>.Shared.Rent(count);
        }

        Offset = offset;
        Length = Read(file, offset, _buffer.AsSpan(0, count));
        RunCount = 0;
        var bytes = _buffer.AsSpan(0, Length);
        LinesEnd = bytes.LastIndexOf((byte)'\n') + 1;
        FirstLine = isAtLine || LinesEnd == 0 ? 0 : bytes.IndexOf((byte)'\n') + 1;
        for (var start = FirstLine; start < LinesEnd;)
        {
            var candidate = filter.IndexOfCandidate(bytes[start..LinesEnd]);
            if (candidate < 0)
            {
                break;
            }

            var lineStart = start + bytes[start..(start + candidate)].LastIndexOf((byte)'\n') + 1;
            start += candidate;
            start += bytes[start..].IndexOf((byte)'\n') + 1;
            if (!entriesAreLines || filter.MayMatch(bytes[lineStart..(start - 1)]))
            {
                Add(lineStart, start);
            }
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Return()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
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
