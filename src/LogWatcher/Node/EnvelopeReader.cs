namespace LogWatcher.Node;

/// <summary>
/// Splits a stream of bytes into lines. Lines are spans of its one buffer, good until the next call. A line over the limit is
/// told by its beginning, and its rest is skipped without being held; what follows it is read as if nothing had been.
/// One thread.
/// </summary>
internal sealed class EnvelopeReader
{
    // Linux gives a pipe 64 KiB: one read takes all that can be waiting.
    private const int InitialBufferBytes = 64 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private readonly Stream _input;
    private readonly int _maxLineBytes;
    private byte[] _buffer;
    private int _start;
    private int _searched;
    private int _end;
    private bool _skipping;
    private bool _atEnd;

    /// <param name="maxLineBytes">The longest line that is read, without its line end.</param>
    public EnvelopeReader(Stream input, int maxLineBytes)
    {
        _input = input;
        _maxLineBytes = maxLineBytes;
        _buffer = new byte[InitialBufferBytes];
    }

    /// <summary>The number of the line that was taken last, from 1.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Takes the next line that is wholly in the buffer, or at the end of input the unended last one.</summary>
    /// <param name="line">Without its line end; of a line that is too long, its first bytes up to the limit.</param>
    public bool TryTake(out ReadOnlySpan<byte> line, out bool isTooLong)
    {
        while (true)
        {
            isTooLong = false;
            var newline = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
            if (newline < 0)
            {
                _searched = _end;
                return TryTakeUnended(out line, out isTooLong);
            }

            line = _buffer.AsSpan(_start, _searched + newline - _start);
            _start = _searched = _searched + newline + 1;
            if (_skipping)
            {
                _skipping = false;
                continue;
            }

            Count(ref line, out isTooLong);
            return true;
        }
    }

    /// <summary>Waits for more input. False at its end; a last line without its end can then be taken still.</summary>
    public bool Fill()
    {
        if (_atEnd)
        {
            return false;
        }

        MakeRoom();
        var read = _input.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _atEnd = read == 0;
        return !_atEnd;
    }

    private bool TryTakeUnended(out ReadOnlySpan<byte> line, out bool isTooLong)
    {
        line = _buffer.AsSpan(_start, _end - _start);
        isTooLong = false;
        if (_skipping)
        {
            _start = _searched = _end;
            return false;
        }

        // More than the limit may be a line that keeps it, if the rest is its \r and the mark before the first line.
        if (line.Length > _maxLineBytes + 1 + (LineNumber == 0 ? ByteOrderMark.Length : 0))
        {
            _start = _searched = _end;
            _skipping = true;
        }
        else if (!_atEnd || line.IsEmpty)
        {
            return false;
        }
        else
        {
            _start = _searched = _end;
        }

        Count(ref line, out isTooLong);
        return true;
    }

    private void Count(ref ReadOnlySpan<byte> line, out bool isTooLong)
    {
        LineNumber++;
        if (LineNumber == 1 && line.StartsWith(ByteOrderMark))
        {
            line = line[ByteOrderMark.Length..];
        }

        if (line is [.., (byte)'\r'])
        {
            line = line[..^1];
        }

        isTooLong = line.Length > _maxLineBytes;
        if (isTooLong)
        {
            line = line[.._maxLineBytes];
        }
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _searched = _end = 0;
        }
        else if (_end == _buffer.Length && _start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _searched, _end) = (0, _searched - _start, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            // Room for the longest line, its \r\n and the mark before the first: then it is either ended or too long.
            var longest = _maxLineBytes + 2 + ByteOrderMark.Length;
            Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 2L, Math.Max(longest, InitialBufferBytes)));
        }
    }
}
