namespace LogWatcher.Node;

/// <summary>
/// Splits a stream of bytes into lines and takes each apart. A line over the limit is told by its beginning, and its rest is
/// skipped without being held; what follows it is read as if nothing had been. One thread.
/// </summary>
internal sealed class EnvelopeReader
{
    // Linux gives a pipe 64 KiB: one read takes all that can be waiting.
    // Not more even where a long line has made a buffer large: a batch of short lines must not become huge.
    private const int ReadBytes = 64 * 1024;

    private const int InitialBufferBytes = ReadBytes;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private readonly Stream _input;
    private readonly int _maxLineBytes;
    private readonly IEarlyReader? _earlyReader;
    private readonly LineBeginning _beginning = new();
    private long _lineNumber;
    private long _bytesRead;
    private int _start;
    private int _searched;
    private int _end;
    private bool _isSkipping;
    private bool _isAtEnd;

    /// <param name="maxLineBytes">The longest line that is read, without its line end.</param>
    /// <param name="earlyReader">Reads <c>data</c> in passing where it can; null: nobody does.</param>
    public EnvelopeReader(Stream input, int maxLineBytes, IEarlyReader? earlyReader = null)
    {
        _input = input;
        _maxLineBytes = maxLineBytes;
        _earlyReader = earlyReader;
    }

    /// <summary>Lines so far, blank ones too.</summary>
    public long LinesRead => Volatile.Read(ref _lineNumber);

    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>
    /// Waits for input and takes the whole lines of it apart; at its end also the last line, which may have no end.
    /// </summary>
    /// <param name="batch">The batch of the call before, or the one that <see cref="MoveRest"/> has made its successor.</param>
    /// <returns>False: the input has ended, and what there was of it is in the batch.</returns>
    public bool Read(LineBatch batch)
    {
        while (batch.Count == 0 && !_isAtEnd)
        {
            MakeRoom(batch);
            var read = _input.Read(batch.Buffer, _end, Math.Min(batch.Buffer.Length - _end, ReadBytes));
            _end += read;
            _bytesRead += read;
            _isAtEnd = read == 0;
            TakeLines(batch);
        }

        return !_isAtEnd;
    }

    /// <summary>Has the next batch begin with what has been read of a line behind the last whole one.</summary>
    public void MoveRest(LineBatch from, LineBatch to)
    {
        var rest = from.Buffer.AsSpan(_start, _end - _start);
        if (to.Buffer.Length < Math.Max(rest.Length, InitialBufferBytes))
        {
            to.Buffer = new byte[Math.Max(rest.Length, InitialBufferBytes)];
        }

        rest.CopyTo(to.Buffer);
        (_start, _searched, _end) = (0, _searched - _start, rest.Length);
    }

    private void TakeLines(LineBatch batch)
    {
        while (batch.Buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n') is var newline and >= 0)
        {
            var start = _start;
            var length = _searched + newline - start;
            _start = _searched = start + length + 1;
            if (_isSkipping)
            {
                _isSkipping = false;
            }
            else
            {
                TakeLine(batch, start, length);
            }
        }

        _searched = _end;
        TakeUnended(batch);
    }

    /// <summary>Takes what stands behind the last line end if it is too long already, or will have no end.</summary>
    private void TakeUnended(LineBatch batch)
    {
        var length = _end - _start;

        // More than the limit may be a line that keeps it, if the rest is its \r and the mark before the first line.
        var isTooLong = length > _maxLineBytes + 1 + (_lineNumber == 0 ? ByteOrderMark.Length : 0);
        if (!_isSkipping && (isTooLong || (_isAtEnd && length > 0)))
        {
            TakeLine(batch, _start, length);
            _isSkipping = true;
        }

        if (_isSkipping)
        {
            _start = _searched = _end;
        }
    }

    private void TakeLine(LineBatch batch, int start, int length)
    {
        _lineNumber++;
        var line = batch.Buffer.AsSpan(start, length);
        if (_lineNumber == 1 && line.StartsWith(ByteOrderMark))
        {
            line = line[ByteOrderMark.Length..];
            start += ByteOrderMark.Length;
        }

        if (line is [.., (byte)'\r'])
        {
            line = line[..^1];
        }

        if (line.Length > _maxLineBytes)
        {
            EnvelopeParser.Parse(batch.Add(start, _maxLineBytes, _lineNumber, $"the line is longer than {_maxLineBytes} bytes"), earlyReader: null);
        }
        else if (!IsBlank(line))
        {
            EnvelopeParser.Parse(batch.Add(start, line.Length, _lineNumber, fault: null), _earlyReader, _beginning);
        }
    }

    private static bool IsBlank(ReadOnlySpan<byte> line)
    {
        foreach (var value in line)
        {
            if (value is not ((byte)' ' or (byte)'\t' or (byte)'\r'))
            {
                return false;
            }
        }

        return true;
    }

    private void MakeRoom(LineBatch batch)
    {
        if (_start == _end)
        {
            _start = _searched = _end = 0;
        }
        else if (_end == batch.Buffer.Length && _start > 0)
        {
            batch.Buffer.AsSpan(_start, _end - _start).CopyTo(batch.Buffer);
            (_start, _searched, _end) = (0, _searched - _start, _end - _start);
        }

        if (_end == batch.Buffer.Length)
        {
            // Room for the longest line, its \r\n and the mark before the first: then it is either ended or too long.
            var longest = _maxLineBytes + 2 + ByteOrderMark.Length;
            var larger = new byte[Math.Min(Math.Max(batch.Buffer.Length * 2L, InitialBufferBytes), Math.Max(longest, InitialBufferBytes))];
            batch.Buffer.AsSpan(0, _end).CopyTo(larger);
            batch.Buffer = larger;
        }
    }
}
