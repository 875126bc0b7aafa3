using System.Globalization;
using LogWatcher.Protos.Rooms;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>
/// A chat room: who is in it, and the order of what is sent to it, which is the same for all. Under the lock a message is put into
/// the queue of each member, which is bounded; outside of it whoever has sent it wakes those who wait, who go on at once and on its
/// thread: on the line door the order of the answers is that of the requests. A member that is slow to go on holds up its sender
/// alone. Any thread.
/// </summary>
/// <param name="id">Its name.</param>
/// <param name="time">The clock of what the server says.</param>
internal sealed class Room(string id, TimeProvider time)
{
    /// <summary>As whom the server speaks.</summary>
    public const string Server = "server";

    /// <summary>Streams that are in a room at once: each message is put into the queue of every one of them.</summary>
    public const int MaxMembers = 10_000;

    /// <summary>Rooms whose members this thread still has to wake, while it wakes others.</summary>
    [ThreadStatic]
    private static HashSet<Room>? _toWake;

    private readonly Lock _gate = new();

    // Replaced, never changed: who gets a message is who was there when it was sent.
    private RoomMember[] _members = [];
    private bool _isClosed;

    /// <summary>Who is there, each once, in order.</summary>
    public IEnumerable<string> Users => _members.Select(member => member.User).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    public static ChatMessage FromServer(string roomId, string content, TimeProvider time) =>
        new() { RoomId = roomId, Sender = Server, Content = content, Timestamp = time.GetUtcNow().ToUnixTimeMilliseconds() };

    /// <summary>Lets a stream in, and tells the others if its user was not there before.</summary>
    /// <returns>False: the last one has just left, and the room is no more.</returns>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: <see cref="MaxMembers"/> are there.</exception>
    public bool TryJoin(RoomMember member)
    {
        bool isNew;
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            if (_members.Length == MaxMembers)
            {
                throw new RpcException(StatusCode.ResourceExhausted, string.Create(
                    CultureInfo.InvariantCulture, $"the room {id} is full: {MaxMembers} streams are in it; join when one has left, or another room"));
            }

            isNew = !IsHere(member.User);
            _members = [.. _members, member];
            if (isNew)
            {
                Post(FromServer(id, $"{member.User} joined", time), member.User);
            }
        }

        if (isNew)
        {
            Wake();
        }

        return true;
    }

    /// <summary>Lets a stream go, and tells the others if it was the last of its user.</summary>
    /// <returns>Whether the room is empty now, and nobody can join it any more.</returns>
    public bool Leave(RoomMember member)
    {
        bool isLast;
        lock (_gate)
        {
            _members = Array.FindAll(_members, other => other != member);
            isLast = !IsHere(member.User);
            if (isLast)
            {
                Post(FromServer(id, $"{member.User} left", time), member.User);
            }

            _isClosed = _members.Length == 0;
        }

        if (isLast)
        {
            Wake();
        }

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

        Wake();
        return recipients;
    }

    private bool IsHere(string user) => Array.Exists(_members, member => member.User == user);

    /// <summary>Puts a message behind those sent before it, for each who is there.</summary>
    /// <param name="message">What is sent.</param>
    /// <param name="from">Whose message it is, or of whom it tells.</param>
    /// <returns>How many get it.</returns>
    private int Post(ChatMessage message, string from)
    {
        var recipients = 0;
        foreach (var member in _members)
        {
            if (member.HearsItself || member.User != from)
            {
                member.Offer(message);
                recipients++;
            }
        }

        return recipients;
    }

    /// <summary>
    /// Wakes those who have something to read. Outside of the lock, since they may join, send and leave as they go on; what comes of
    /// that on this thread waits until they have, or a thousand who leave for each other's sake would be as many calls deep.
    /// </summary>
    private void Wake()
    {
        if (_toWake is not null)
        {
            _toWake.Add(this);
            return;
        }

        _toWake = [this];
        try
        {
            while (_toWake.FirstOrDefault() is { } room)
            {
                _toWake.Remove(room);
                foreach (var member in room._members)
                {
                    member.Wake();
                }
            }
        }
        finally
        {
            _toWake = null;
        }
    }
}
