using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using LogWatcher.Protos.Rooms;

namespace LogWatcher.Services;

/// <summary>
/// A stream in a chat room, and what waits for it. Whoever reads too slowly loses the oldest messages, and is told how many; nobody
/// waits for it. The room puts messages in, under its lock, any thread wakes, and one at a time takes them out.
/// </summary>
internal sealed class RoomMember
{
    /// <summary>Messages that wait for a slow reader: some seconds of a lively room. All members have the same messages, not copies.</summary>
    public const int MaxWaiting = 1_000;

    private readonly Lock _gate = new();
    private readonly Queue<ChatMessage> _messages = new();
    private readonly TimeProvider _time;
    private int _dropped;
    private TaskCompletionSource? _waiter;
    private bool _isSignalled;
    private bool _isComplete;
    private Exception? _failure;

    /// <param name="user">Whose stream it is.</param>
    /// <param name="hearsItself">Whether it gets what its user sends, too.</param>
    /// <param name="time">The clock of what it is told by the server.</param>
    public RoomMember(string user, bool hearsItself, TimeProvider time)
    {
        (User, HearsItself, _time) = (user, hearsItself, time);
    }

    public string User { get; }

    public bool HearsItself { get; }

    /// <summary>Puts a message in; never waits, and wakes nobody.</summary>
    public void Offer(ChatMessage message)
    {
        lock (_gate)
        {
            if (_messages.Count == MaxWaiting)
            {
                _messages.Dequeue();
                _dropped++;
            }

            _messages.Enqueue(message);
        }
    }

    /// <summary>Has what waits be read, on this thread if its reader waits for it. Nothing comes of it once the member has left.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (_messages.Count == 0)
            {
                return;
            }
        }

        Signal();
    }

    /// <summary>Nothing more will come: what waits is read, and then comes the end.</summary>
    /// <param name="failure">Thrown there.</param>
    public void Complete(Exception? failure = null)
    {
        lock (_gate)
        {
            if (_isComplete)
            {
                return;
            }

            (_isComplete, _failure) = (true, failure);
        }

        Signal();
    }

    /// <summary>The messages as they come, until the end.</summary>
    /// <param name="roomId">The room's name, for what the server itself has to say.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<ChatMessage> ReadAsync(string roomId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var cancellation = cancellationToken.UnsafeRegister(static member => ((RoomMember)member!).Signal(), this);
        bool isComplete;
        do
        {
            await SignalledAsync();
            cancellationToken.ThrowIfCancellationRequested();

            // Asked before the messages: all that come before the end are there when it comes.
            isComplete = Volatile.Read(ref _isComplete);
            while (TryTake(out var message, out var dropped))
            {
                if (dropped > 0)
                {
                    yield return Room.FromServer(
                        roomId, string.Create(CultureInfo.InvariantCulture, $"{dropped} messages were dropped: they were read too slowly"), _time);
                }

                yield return message;
            }
        }
        while (!isComplete);

        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    /// <summary>Waits for a signal, or takes one that nobody has waited for.</summary>
    private Task SignalledAsync()
    {
        lock (_gate)
        {
            if (_isSignalled)
            {
                _isSignalled = false;
                return Task.CompletedTask;
            }

            // Without an option: whoever signals goes on with the reader, at once, so that what comes of messages keeps their order, in all
            // streams together.
            _waiter = new TaskCompletionSource();
            return _waiter.Task;
        }
    }

    private void Signal()
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            (waiter, _waiter) = (_waiter, null);
            _isSignalled = waiter is null;
        }

        waiter?.SetResult();
    }

    private bool TryTake([NotNullWhen(true)] out ChatMessage? message, out int dropped)
    {
        lock (_gate)
        {
            (dropped, _dropped) = (_dropped, 0);
            return _messages.TryDequeue(out message);
        }
    }
}
