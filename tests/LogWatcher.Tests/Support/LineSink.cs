using System.Text;
using System.Threading.Channels;
using LogWatcher.Node;

namespace LogWatcher.Tests.Support;

/// <summary>An output whose lines a test reads. It can be blocked, as by a reader who does not read, and be broken.</summary>
internal sealed class LineSink : Stream
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly object _gate = new();
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly MemoryStream _unended = new();
    private readonly List<TaskCompletionSource> _blockedWaiters = [];
    private Exception? _failure;
    private bool _isBlocked;
    private bool _isWriteHeld;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Done before each piece is written, on the thread that writes.</summary>
    public Action? BeforeWrite { get; set; }

    /// <summary>The whole lines written so far, without their ends.</summary>
    public ChannelReader<string> Lines => _lines.Reader;

    /// <summary>Bytes of a line that was begun and not ended.</summary>
    public long UnendedBytes
    {
        get
        {
            lock (_gate)
            {
                return _unended.Length;
            }
        }
    }

    /// <summary>From now on nobody reads: writing waits.</summary>
    public void Block()
    {
        lock (_gate)
        {
            _isBlocked = true;
        }
    }

    public void Unblock()
    {
        lock (_gate)
        {
            _isBlocked = false;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>From now on writing fails.</summary>
    public void Break(Exception? failure = null)
    {
        lock (_gate)
        {
            _failure = failure ?? new BrokenPipeException();
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Completes when somebody has something to write and is held up.</summary>
    public Task HeldAsync()
    {
        lock (_gate)
        {
            if (_isWriteHeld)
            {
                return Task.CompletedTask;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _blockedWaiters.Add(waiter);
            return waiter.Task.WaitAsync(RunningNode.Patience);
        }
    }

    /// <summary>Says that nothing more will be written.</summary>
    public void Complete() => _lines.Writer.TryComplete();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        BeforeWrite?.Invoke();
        lock (_gate)
        {
            _isWriteHeld = true;
            while (_isBlocked && _failure is null)
            {
                _blockedWaiters.ForEach(waiter => waiter.SetResult());
                _blockedWaiters.Clear();
                Monitor.Wait(_gate);
            }

            _isWriteHeld = false;
            if (_failure is not null)
            {
                throw _failure;
            }

            while (buffer.IndexOf((byte)'\n') is var end and >= 0)
            {
                _unended.Write(buffer[..end]);
                _lines.Writer.TryWrite(Strict.GetString(_unended.GetBuffer().AsSpan(0, (int)_unended.Length)));
                _unended.SetLength(0);
                buffer = buffer[(end + 1)..];
            }

            _unended.Write(buffer);
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
