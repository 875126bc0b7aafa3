using LogWatcher.Protos.Rooms;

namespace LogWatcher.Services;

/// <summary>
/// A chat room: who is in it, and the order of what is sent to it, which is the same for all. Nothing but offering a message is
/// done for a member, so none can hold up another. Any thread.
/// </summary>
/// <param name="id">Its name.</param>
/// <param name="time">The clock of what the server says.</param>
internal sealed class Room(string id, TimeProvider time)
{
    /// <summary>As whom the server speaks.</summary>
    public const string Server = "server";

    private readonly Lock _gate = new();
    private readonly Queue<(ChatMessage Message, RoomMember[] Recipients)> _posted = new();

    // Replaced, never changed: who gets a message is who was there when it was sent.
    private RoomMember[] _members = [];
    private bool _isHandingOut;
    private bool _isClosed;

    /// <summary>Who is there, each once, in order.</summary>
    public IEnumerable<string> Users => _members.Select(member => member.User).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    public static ChatMessage FromServer(string roomId, string content, TimeProvider time) =>
        new() { RoomId = roomId, Sender = Server, Content = content, Timestamp = time.GetUtcNow().ToUnixTimeMilliseconds() };

    /// <summary>Lets a stream in, and tells the others if its user was not there before.</summary>
    /// <returns>False: the last one has just left, and the room is no more.</returns>
    public bool TryJoin(RoomMember member)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            var isNew = !IsHere(member.User);
            _members = [.. _members, member];
            if (isNew)
            {
                Post(FromServer(id, $"{member.User} joined", time), member.User);
            }
        }

        HandOut();
        return true;
    }

    /// <summary>Lets a stream go, and tells the others if it was the last of its user.</summary>
    /// <returns>Whether the room is empty now, and nobody can join it any more.</returns>
    public bool Leave(RoomMember member)
    {
        lock (_gate)
        {
            _members = Array.FindAll(_members, other => other != member);
            if (!IsHere(member.User))
            {
                Post(FromServer(id, $"{member.User} left", time), member.User);
            }

            _isClosed = _members.Length == 0;
        }

        HandOut();
        return _isClosed;
    }

    /// <summary>Sends a message to all, if its sender is there.</summary>
    /// <returns>How many streams get it; null: the sender is not there.</returns>
    public int? Send(ChatMessage message)
    {
        int recipients;
        lock (_gate)
        {
            if (!IsHere(message.Sender))
            {
                return null;
            }

            recipients = Post(message, message.Sender);
        }

        HandOut();
        return recipients;
    }

    private bool IsHere(string user) => Array.Exists(_members, member => member.User == user);

    /// <summary>Puts a message behind those sent before it.</summary>
    /// <param name="message">What is sent.</param>
    /// <param name="from">Whose message it is, or of whom it tells.</param>
    private int Post(ChatMessage message, string from)
    {
        var recipients = Array.FindAll(_members, member => member.HearsItself || member.User != from);
        _posted.Enqueue((message, recipients));
        return recipients.Length;
    }

    /// <summary>
    /// Offers what is posted, in order: whoever comes while somebody else does that leaves it to them. Outside of the lock, since
    /// the members go on with it at once, and may send, join and leave.
    /// </summary>
    private void HandOut()
    {
        for (; ; )
        {
            (ChatMessage Message, RoomMember[] Recipients) next;
            lock (_gate)
            {
                if (_isHandingOut || !_posted.TryDequeue(out next))
                {
                    return;
                }

                _isHandingOut = true;
            }

            foreach (var member in next.Recipients)
            {
                member.Offer(next.Message);
            }

            lock (_gate)
            {
                _isHandingOut = false;
            }
        }
    }
}
