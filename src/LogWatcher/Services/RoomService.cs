using System.Collections.Concurrent;
using System.Globalization;
using LogWatcher.Protos.Rooms;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>
/// <c>ChatService</c> (seed 003 and its third exercise): rooms, which are there as long as somebody is in them. Any number of
/// threads at once.
/// </summary>
internal sealed class RoomService
{
    /// <summary>Characters of a message: what people write, and little enough for a thousand of them to wait.</summary>
    public const int MaxContentChars = 16 * 1024;

    private readonly ConcurrentDictionary<string, Room> _rooms = new(StringComparer.Ordinal);

    /// <summary>Rooms in which somebody is.</summary>
    public int Rooms => _rooms.Count;

    /// <summary>Endless: all that is sent to the room, and who joins and leaves, itself included.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: <c>room_id</c> or <c>user</c> is no name. RESOURCE_EXHAUSTED: the room is full.</exception>
    [Example("""{"room_id":"lobby","user":"ann"}""")]
    public async IAsyncEnumerable<ChatMessage> JoinChat(JoinRequest request, CallContext context)
    {
        var roomId = RequestChecks.Name("room_id", request.RoomId);
        var member = new RoomMember(User("user", request.User), hearsItself: true, context.Time);
        var room = Join(roomId, member, context);
        try
        {
            // Only now: whoever reads of it may count on being in the room.
            context.DeclareEndless();
            await foreach (var message in member.ReadAsync(roomId, context.CancellationToken))
            {
                yield return message;
            }
        }
        finally
        {
            Leave(roomId, room, member);
        }
    }

    /// <exception cref="RpcException">FAILED_PRECONDITION: the sender is not in the room. INVALID_ARGUMENT, naming the field.</exception>
    [Example("""{"room_id":"lobby","sender":"ann","content":"hello"}""")]
    public Task<SendResponse> SendMessage(ChatMessage request, CallContext context)
    {
        var roomId = RequestChecks.Name("room_id", request.RoomId);
        User("sender", request.Sender);
        var recipients = _rooms.TryGetValue(roomId, out var room) ? room.Send(Checked(request, context)) : null;
        return recipients is { } count
            ? Task.FromResult(new SendResponse { Delivered = count > 0, Recipients = count })
            : throw NotInRoom(request.Sender, roomId);
    }

    /// <summary>
    /// The first message joins, and says nothing else; the further ones are sent to that room by that sender. The end of the
    /// requests leaves the room, and ends the call.
    /// </summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT, naming the field. RESOURCE_EXHAUSTED: the room is full.</exception>
    [Example("""{"room_id":"lobby","sender":"bob"}""")]
    public async IAsyncEnumerable<ChatMessage> Chat(IAsyncEnumerable<ChatMessage> requests, CallContext context)
    {
        context.DeclareEndless();
        await using var sent = requests.GetAsyncEnumerator(context.CancellationToken);
        if (!await sent.MoveNextAsync())
        {
            yield break;
        }

        var roomId = RequestChecks.Name("room_id", sent.Current.RoomId);
        var member = new RoomMember(User("sender", sent.Current.Sender), hearsItself: false, context.Time);
        var room = Join(roomId, member, context);
        var sending = SendAllAsync(sent, roomId, room, member, context);
        try
        {
            await foreach (var message in member.ReadAsync(roomId, context.CancellationToken))
            {
                yield return message;
            }
        }
        finally
        {
            Leave(roomId, room, member);
            await sending;
        }
    }

    [Example("""{"room_id":"lobby"}""")]
    public Task<ListUsersResponse> ListUsers(ListUsersRequest request, CallContext context)
    {
        var response = new ListUsersResponse();
        if (_rooms.TryGetValue(RequestChecks.Name("room_id", request.RoomId), out var room))
        {
            response.Users.Add(room.Users);
        }

        return Task.FromResult(response);
    }

    /// <summary>Sends what a member says. Whatever ends that ends what it reads, too.</summary>
    private static async Task SendAllAsync(
        IAsyncEnumerator<ChatMessage> sent, string roomId, Room room, RoomMember member, CallContext context)
    {
        try
        {
            while (await sent.MoveNextAsync())
            {
                var message = sent.Current;
                ExpectJoined("room_id", message.RoomId, roomId);
                ExpectJoined("sender", message.Sender, member.User);
                (message.RoomId, message.Sender) = (roomId, member.User);
                room.Send(Checked(message, context));
            }

            member.Complete();
        }
        catch (Exception exception)
        {
            // Thrown where the member's messages are read.
            member.Complete(exception);
        }
    }

    /// <summary>A stream is in one room, as one user: what names another would be sent where nobody meant it to go.</summary>
    private static void ExpectJoined(string field, string value, string joined)
    {
        if (value.Length > 0 && value != joined)
        {
            throw RequestChecks.Invalid(field, $"this stream has joined as \"{joined}\"; leave the field out, or open another stream");
        }
    }

    private static string User(string field, string name) => RequestChecks.Name(field, name) != Room.Server
        ? name
        : throw RequestChecks.Invalid(field, $"\"{Room.Server}\" is who tells of joining and leaving; expected another name");

    private static ChatMessage Checked(ChatMessage message, CallContext context)
    {
        if (message.Content.Length > MaxContentChars)
        {
            throw RequestChecks.Invalid(
                "content", string.Create(CultureInfo.InvariantCulture, $"expected at most {MaxContentChars} characters, got {message.Content.Length}"));
        }

        if (message.Timestamp == 0)
        {
            message.Timestamp = context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        }

        return message;
    }

    private Room Join(string roomId, RoomMember member, CallContext context)
    {
        for (; ; )
        {
            var room = _rooms.GetOrAdd(roomId, static (id, time) => new Room(id, time), context.Time);
            if (room.TryJoin(member))
            {
                return room;
            }

            // Its last member has just left.
            _rooms.TryRemove(new KeyValuePair<string, Room>(roomId, room));
        }
    }

    private void Leave(string roomId, Room room, RoomMember member)
    {
        member.Complete();
        if (room.Leave(member))
        {
            _rooms.TryRemove(new KeyValuePair<string, Room>(roomId, room));
        }
    }

    private static RpcException NotInRoom(string sender, string roomId) =>
        new(StatusCode.FailedPrecondition, $"{sender} is not in the room {roomId}; join it first, with JoinChat or Chat");
}
