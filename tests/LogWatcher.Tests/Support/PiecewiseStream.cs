namespace LogWatcher.Tests.Support;

/// <summary>Bytes that arrive in pieces: up to each of the offsets in one read, then the rest.</summary>
internal sealed class PiecewiseStream(byte[] bytes, IEnumerable<int> offsets) : Stream
{
    private readonly Queue<int> _ends = new([.. offsets.Where(offset => offset < bytes.Length), bytes.Length]);
    private int _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        // A read of no bytes would be the end.
        while (_ends.TryPeek(out var passed) && passed <= _position)
        {
            _ends.Dequeue();
        }

        var end = _ends.TryPeek(out var next) ? next : _position;
        var read = Math.Min(count, end - _position);
        bytes.AsSpan(_position, read).CopyTo(buffer.AsSpan(offset));
        _position += read;
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
