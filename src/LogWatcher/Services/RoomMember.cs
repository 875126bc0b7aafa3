using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using LogWatcher.Protos.Rooms;

namespace LogWatcher.Services;

/// <summary>
/// A stream in a chat room, and what waits for it. Whoever reads too slowly loses the oldest messages, and is told how many; nobody
/// waits for it. One thread at a time puts messages in, one takes them out.
/// </summary>
internal sealed class RoomMember
{
    /// <summary>Messages that wait for a slow reader: some seconds of a lively room, and no more than 16 MiB of text.</summary>
    public const int MaxWaiting = 1_000;

    private readonly Channel<ChatMessage> _waiting;
    private readonly TimeProvider _time;
    private int _dropped;

    /// <param name="user">Whose stream it is.</param>
    /// <param name="hearsItself">Whether it gets what its user sends, too.</param>
    /// <param name="time">The clock of what it is told by the server.</param>
    public RoomMember(string user, bool hearsItself, TimeProvider time)
    {
        (User, HearsItself, _time) = (user, hearsItself, time);
        var options = new BoundedChannelOptions(MaxWaiting)
        {
            FullMode = BoundedChannelFullMode.DropOldest,
            SingleReader = true,
            SingleWriter = true,

            // What a message wakes goes on at once: what comes of messages keeps their order, in all streams together.
            AllowSynchronousContinuations = true,
        };
        _waiting = Channel.CreateBounded<ChatMessage>(options, _ => Interlocked.Increment(ref _dropped));
    }

    public string User { get; }

    public bool HearsItself { get; }

    /// <summary>Puts a message in; never waits. Nothing comes of it once the member has left.</summary>
    public void Offer(ChatMessage message) => _waiting.Writer.TryWrite(message);

    /// <summary>Nothing more will come: what waits is read, and then comes the end.</summary>
    public void Complete(Exception? failure = null) => _waiting.Writer.TryComplete(failure);

    /// <summary>The messages as they come, until the end.</summary>
    /// <param name="roomId">The room's name, for what the server itself has to say.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<ChatMessage> ReadAsync(string roomId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var message in _waiting.Reader.ReadAllAsync(cancellationToken))
        {
            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
            {
                yield return Room.FromServer(
                    roomId, string.Create(CultureInfo.InvariantCulture, $"{dropped} messages were dropped: they were read too slowly"), _time);
            }

            yield return message;
        }
    }
}
