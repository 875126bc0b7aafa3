namespace LogWatcher.Tests.Support;

/// <summary>An input that a test feeds: each piece is one read, never joined with the next. Reading waits until there is one.</summary>
internal sealed class FeedStream : Stream
{
    private readonly object _gate = new();
    private readonly Queue<ReadOnlyMemory<byte>> _pieces = new();
    private Exception? _failure;
    private int _reads;
    private bool _isEnded;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Pieces that have not been read.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _pieces.Count;
            }
        }
    }

    /// <summary>How often something was read.</summary>
    public int Reads
    {
        get
        {
            lock (_gate)
            {
                return _reads;
            }
        }
    }

    public void Feed(ReadOnlyMemory<byte> piece)
    {
        lock (_gate)
        {
            _pieces.Enqueue(piece);
            Monitor.PulseAll(_gate);
        }
    }

    public void End()
    {
        lock (_gate)
        {
            _isEnded = true;
            Monitor.PulseAll(_gate);
        }
    }

    public void Fail(Exception failure)
    {
        lock (_gate)
        {
            _failure = failure;
            Monitor.PulseAll(_gate);
        }
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        lock (_gate)
        {
            while (_pieces.Count == 0 && !_isEnded && _failure is null)
            {
                Monitor.Wait(_gate);
            }

            if (_pieces.Count == 0)
            {
                return _failure is null ? 0 : throw _failure;
            }

            _reads++;
            var piece = _pieces.Peek();
            var taken = Math.Min(count, piece.Length);
            piece[..taken].CopyTo(buffer.AsMemory(offset));
            _pieces.Dequeue();
            if (taken < piece.Length)
            {
                // What did not fit comes first next time.
                var rest = _pieces.ToArray();
                _pieces.Clear();
                _pieces.Enqueue(piece[taken..]);
                Array.ForEach(rest, _pieces.Enqueue);
            }

            return taken;
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
