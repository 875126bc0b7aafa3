using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>
/// The serialized stdout writer, and the only one. A line and its msg_id are made under one lock, straight in the output
/// buffer, so lines are whole and their numbers in order. One thread flushes: it takes what is there and writes it out while
/// the next lines gather, so a burst goes out in large pieces and a single line at once. After that it gives what comes next
/// a moment to gather, unless somebody says that nothing more comes for now.
/// <code>
/// line = {"src": NODE, "dest": CLIENT, "body": {"type": TYPE[, "in_reply_to": N][, field]…, "msg_id": N}}\n
/// </code>
/// Any thread may write; the reader's own lines wait for its word (<see cref="Flush"/>) or for <see cref="FlushBytes"/>,
/// those of a handler that has more for the same or for <see cref="GatherMilliseconds"/>.
/// </summary>
internal sealed class EnvelopeWriter
{
    /// <summary>So many unwritten bytes are "full": then whoever makes output waits.</summary>
    public const int HighWaterBytes = 256 * 1024;

    // What the reader gathers before it wakes the flusher without being idle: a pipe's capacity.
    private const int FlushBytes = 64 * 1024;

    // How long lines with more behind them may wait for these: to be waited for costs less than to be written one by one.
    private const int GatherMilliseconds = 1;

    // A buffer that one huge line has stretched past this is let go.
    private const int KeepBytes = 1024 * 1024;

    private readonly Stream _output;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly ManualResetEventSlim _room = new(true);
    private JsonOutput _gathering = new(HighWaterBytes);
    private JsonOutput _flushing = new(HighWaterBytes);
    private TaskCompletionSource? _roomWaiters;
    private long _nextMsgId;
    private long _bytesWritten;
    private long _fullSince;
    private TimeSpan _blocked;
    private int _gatheredLines;
    private int _flushingLines;
    private volatile int _readerThreadId;
    private bool _flusherIdle;
    private bool _isFlushDue;

    // Nothing has been written for a moment: whoever comes first is not to wait.
    private bool _isQuiet;
    private bool _isCompleting;
    private volatile bool _isBroken;
    private volatile bool _isFinished;
    private Action? _onFinished;

    public EnvelopeWriter(Stream output, TimeProvider time)
    {
        _output = output;
        _time = time;
    }

    /// <summary>Whether everything is written after <see cref="Complete"/>, or writing has failed.</summary>
    public bool IsFinished => _isFinished;

    /// <summary>Why writing failed; null: it did not. Everything that is written later is thrown away.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether output is held up. Read without the lock: at worst one line more is made.</summary>
    public bool IsFull => _gathering.Length >= HighWaterBytes && !_isBroken;

    /// <summary>Whether this is the thread that reads the input, on which handlers begin.</summary>
    public bool IsOnReader => Environment.CurrentManagedThreadId == _readerThreadId;

    /// <summary>Lines that were made and not written.</summary>
    public int UnwrittenLines
    {
        get
        {
            lock (_gate)
            {
                return _gatheredLines + _flushingLines;
            }
        }
    }

    /// <summary>Lines that were made so far, and the bytes of those that have been given to the output.</summary>
    public (long Lines, long Bytes) Made
    {
        get
        {
            lock (_gate)
            {
                return (_nextMsgId, _bytesWritten);
            }
        }
    }

    /// <summary>How long output has been held up in all.</summary>
    public TimeSpan BlockedTime
    {
        get
        {
            lock (_gate)
            {
                return _fullSince == 0 ? _blocked : _blocked + _time.GetElapsedTime(_fullSince);
            }
        }
    }

    /// <summary>Starts the flusher. It is a background thread: a blocked stdout holds no process.</summary>
    /// <param name="onFinished">Called once, by the flusher, when <see cref="IsFinished"/> is true.</param>
    public void Start(Action onFinished)
    {
        _onFinished = onFinished;
        new Thread(FlushUntilComplete) { IsBackground = true, Name = "flusher" }.Start();
    }

    /// <summary>Says that this thread is the reader: it will call <see cref="Flush"/> whenever it has nothing more to do.</summary>
    public void BecomeReader()
    {
        _readerThreadId = Environment.CurrentManagedThreadId;
    }

    /// <summary>Says that the reader is done: its thread may end, and its number be another's.</summary>
    public void CeaseReader()
    {
        _readerThreadId = 0;
        Flush();
    }

    /// <summary>Begins a line; nobody else can until it is committed or disposed, which takes an uncommitted one back.</summary>
    public Line Begin() => new(this);

    /// <summary>Has everything written that is there. Does not wait.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            Wake();
        }
    }

    /// <summary>
    /// Has everything written, and then no more: <see cref="IsFinished"/> tells when. Lines that are made later are thrown away:
    /// otherwise whoever goes on to send could keep the node from its end.
    /// </summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isCompleting = true;
            Wake();
        }
    }

    /// <summary>Waits until the output is not full. For the reader alone: it blocks.</summary>
    public void WaitForRoom()
    {
        while (IsFull)
        {
            Flush();
            _room.Wait();
        }
    }

    /// <summary>Waits until the output is not full, on the reader by blocking it: while stdout is blocked, nothing is read.</summary>
    public ValueTask WaitForRoomAsync()
    {
        if (IsOnReader)
        {
            WaitForRoom();
            return ValueTask.CompletedTask;
        }

        lock (_gate)
        {
            if (!IsFull)
            {
                return ValueTask.CompletedTask;
            }

            _roomWaiters ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_roomWaiters.Task);
        }
    }

    private void Commit(bool hasMore)
    {
        _gathering.WriteRaw(", \"msg_id\": "u8);
        _gathering.WriteNumber(_nextMsgId++);
        _gathering.WriteRaw("}}\n"u8);
        _gatheredLines++;
        if (_isBroken)
        {
            _gathering.Clear(KeepBytes);
            return;
        }

        if (_gathering.Length >= HighWaterBytes && _fullSince == 0)
        {
            _fullSince = _time.GetTimestamp();
            _room.Reset();
        }

        if (_gathering.Length >= FlushBytes || (!IsOnReader && (_isQuiet || !hasMore)))
        {
            Wake();
        }
    }

    private void Wake()
    {
        if (_gathering.Length > 0 || _isCompleting)
        {
            _isFlushDue = true;
            if (_flusherIdle)
            {
                _flusherIdle = false;
                _wake.Set();
            }
        }
    }

    private void FlushUntilComplete()
    {
        try
        {
            while (TakeGathered())
            {
                _output.Write(_flushing.Written);
                _output.Flush();
            }

        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or UnauthorizedAccessException)
        {
            Failure = exception;
            Break();
        }

        _isFinished = true;
        _onFinished?.Invoke();
    }

    /// <summary>Waits for gathered lines and takes them all; false when none are to come any more.</summary>
    private bool TakeGathered()
    {
        var gathers = _flushing.Length > 0;
        while (true)
        {
            lock (_gate)
            {
                _flusherIdle = _isQuiet = false;
                _flushing.Clear(KeepBytes);
                _flushingLines = 0;
                if (_gathering.Length > 0 && (_isFlushDue || !gathers))
                {
                    _isFlushDue = false;
                    (_gathering, _flushing) = (_flushing, _gathering);
                    (_gatheredLines, _flushingLines) = (0, _gatheredLines);
                    _bytesWritten += _flushing.Length;
                    MakeRoom();
                    return true;
                }

                if (_isCompleting)
                {
                    return false;
                }

                _flusherIdle = true;
                _isQuiet = !gathers;
            }

            gathers &= _wake.WaitOne(gathers ? GatherMilliseconds : Timeout.Infinite);
        }
    }

    private void MakeRoom()
    {
        if (_fullSince != 0)
        {
            _blocked += _time.GetElapsedTime(_fullSince);
            _fullSince = 0;
        }

        _room.Set();
        _roomWaiters?.SetResult();
        _roomWaiters = null;
    }

    private void Break()
    {
        lock (_gate)
        {
            _isBroken = true;
            _gathering.Clear(KeepBytes);
            MakeRoom();
        }
    }

    /// <summary>A line in the making, which holds the writer's lock.</summary>
    internal ref struct Line : IDisposable
    {
        private readonly EnvelopeWriter _writer;
        private readonly int _start;
        private bool _committed;
        private Lock.Scope _scope;

        internal Line(EnvelopeWriter writer)
        {
            _writer = writer;
            _scope = writer._gate.EnterScope();
            _start = writer._gathering.Length;
        }

        /// <summary>Where the line is written, up to the comma before its msg_id.</summary>
        public readonly JsonOutput Output => _writer._gathering;

        /// <summary>Throws away what was written of the line so far.</summary>
        public readonly void Restart() => _writer._gathering.Truncate(_start);

        /// <summary>Ends the line with its msg_id, unless no more are written.</summary>
        /// <param name="hasMore">Whoever wrote it may have more soon, and otherwise says so with <see cref="Flush"/>.</param>
        public void Commit(bool hasMore = false)
        {
            _committed = !_writer._isCompleting;
            if (_committed)
            {
                _writer.Commit(hasMore);
            }
        }

        public void Dispose()
        {
            if (!_committed)
            {
                Restart();
            }

            _scope.Dispose();
        }
    }
}
