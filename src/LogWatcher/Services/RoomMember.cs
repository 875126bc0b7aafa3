using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
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
    private readonly Queue<ChatMessage> _waiting = new();
    private readonly Channel<bool> _wakes;
    private readonly TimeProvider _time;
    private int _dropped;

    /// <param name="user">Whose stream it is.</param>
    /// <param name="hearsItself">Whether it gets what its user sends, too.</param>
    /// <param name="time">The clock of what it is told by the server.</param>
    public RoomMember(string user, bool hearsItself, TimeProvider time)
    {
        (User, HearsItself, _time) = (user, hearsItself, time);
        _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1)
        {
            FullMode = BoundedChannelFullMode.DropWrite,
            SingleReader = true,

            // Who is woken goes on at once: what comes of messages keeps their order, in all streams together.
            AllowSynchronousContinuations = true,
        });
    }

    public string User { get; }

    public bool HearsItself { get; }

    /// <summary>Puts a message in; never waits, and wakes nobody.</summary>
    public void Offer(ChatMessage message)
    {
        lock (_gate)
        {
            if (_waiting.Count == MaxWaiting)
            {
                _waiting.Dequeue();
                _dropped++;
            }

            _waiting.Enqueue(message);
        }
    }

    /// <summary>Has what waits be read, on this thread if its reader waits for it. Nothing comes of it once the member has left.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                return;
            }
        }

        _wakes.Writer.TryWrite(true);
    }

    /// <summary>Nothing more will come: what waits is read, and then comes the end.</summary>
    public void Complete(Exception? failure = null) => _wakes.Writer.TryComplete(failure);

    /// <summary>The messages as they come, until the end.</summary>
    /// <param name="roomId">The room's name, for what the server itself has to say.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<ChatMessage> ReadAsync(string roomId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool goesOn;
        do
        {
            // Taken before the messages: one that comes from here on wakes again.
            goesOn = await _wakes.Reader.WaitToReadAsync(cancellationToken);
            _wakes.Reader.TryRead(out _);
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
        while (goesOn);
    }

    private bool TryTake([NotNullWhen(true)] out ChatMessage? message, out int dropped)
    {
        lock (_gate)
        {
            (dropped, _dropped) = (_dropped, 0);
            return _waiting.TryDequeue(out message);
        }
    }
}
