using System.Threading.Tasks.Sources;

namespace LogWatcher.Node;

/// <summary>
/// The messages that a client has sent and a handler has not taken yet. The reader pushes, the handler takes; a handler that
/// waits goes on right in the push, on the reader. Everything that changes is guarded by the call's gate, except the hand-over
/// to the waiting handler, which runs the handler and so must hold no lock.
/// </summary>
internal sealed class RequestQueue<T>(LineCall call, object gate) : IAsyncEnumerable<T>, IAsyncEnumerator<T>, IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _source;
    private Queue<Waiting>? _waiting;
    private Exception? _failure;
    private bool _isConsumerWaiting;
    private bool _isComplete;

    /// <summary>The message taken last.</summary>
    public T Current { get; private set; } = default!;

    /// <summary>Whether the handler has asked for a message and waits for it: once it does, only the reader changes that, or the end.</summary>
    public bool IsConsumerWaiting => _isConsumerWaiting;

    /// <summary>There is one enumerator: what it has taken nobody else gets.</summary>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    /// <summary>Hands a message to the handler that waits for it, or leaves it for later.</summary>
    /// <param name="msgId">Of the line that brought it; -1: it had none.</param>
    /// <param name="bytes">What the message counts for against the bounds on waiting bytes.</param>
    /// <param name="isCompressed">Whether the message came compressed.</param>
    public void Push(T message, long msgId, int bytes, bool isCompressed)
    {
        lock (gate)
        {
            if (_failure is not null)
            {
                return;
            }

            if (!_isConsumerWaiting)
            {
                _waiting ??= new Queue<Waiting>();
                _waiting.Enqueue(new Waiting(message, msgId, bytes, isCompressed));
                call.CountWaiting(1, bytes);
                return;
            }

            Current = message;
            _isConsumerWaiting = false;
        }

        call.OnTaken(msgId, isCompressed);
        _source.SetResult(true);
    }

    /// <summary>Says that no more messages come: the handler gets those that wait, then the end.</summary>
    public void Complete()
    {
        lock (gate)
        {
            _isComplete = true;
            if (!_isConsumerWaiting)
            {
                return;
            }

            _isConsumerWaiting = false;
        }

        _source.SetResult(false);
    }

    /// <summary>Throws away what waits, and has whoever asks for more get this exception. Only the first one counts.</summary>
    public void Fail(Exception failure)
    {
        lock (gate)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = failure;
            while (_waiting is { Count: > 0 })
            {
                call.CountWaiting(-1, -_waiting.Dequeue().Bytes);
            }

            _waiting = null;
            if (!_isConsumerWaiting)
            {
                return;
            }

            _isConsumerWaiting = false;
        }

        _source.SetException(failure);
    }

    /// <exception cref="InvalidOperationException">The handler asks again while its last question is open.</exception>
    /// <exception cref="OperationCanceledException">The call has ended.</exception>
    public ValueTask<bool> MoveNextAsync()
    {
        long msgId;
        int bytes;
        bool isCompressed;
        lock (gate)
        {
            if (_isConsumerWaiting)
            {
                throw new InvalidOperationException("requests are read by one reader at a time");
            }

            if (_failure is not null)
            {
                return ValueTask.FromException<bool>(_failure);
            }

            if (_waiting is { Count: > 0 })
            {
                (Current, msgId, bytes, isCompressed) = _waiting.Dequeue();
                call.CountWaiting(-1, -bytes);
            }
            else if (_isComplete)
            {
                return new ValueTask<bool>(false);
            }
            else
            {
                _source.Reset();
                _isConsumerWaiting = true;
                var next = new ValueTask<bool>(this, _source.Version);
                if (!call.IsInputEnded)
                {
                    return next;
                }

                (msgId, bytes, isCompressed) = (-1, -1, false);
            }
        }

        if (bytes < 0)
        {
            // Nobody can send what is asked for: the call ends here, which fails the question just asked.
            call.EndSilently();
            return new ValueTask<bool>(this, _source.Version);
        }

        call.OnTaken(msgId, isCompressed);
        return new ValueTask<bool>(true);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    bool IValueTaskSource<bool>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>A message with what <see cref="Push"/> was told of it.</summary>
    private readonly record struct Waiting(T Message, long MsgId, int Bytes, bool IsCompressed);
}
