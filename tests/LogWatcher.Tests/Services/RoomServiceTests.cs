using LogWatcher.Logs;
using LogWatcher.Protos.Rooms;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Services;

/// <summary>Who is in a room and who is told what: in the same order for all, with nobody waiting for anybody.</summary>
public sealed class RoomServiceTests(ITestOutputHelper log)
{
    private readonly RoomService _service = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Who_joins_leaves_and_speaks_is_told_to_all_who_are_there()
    {
        await using var ann = Join("ann");
        (await ann.NextAsync()).Should().Be("server: ann joined");
        await using var bob = Join("bob");
        (await ann.NextAsync()).Should().Be("server: bob joined");
        (await bob.NextAsync()).Should().Be("server: bob joined");
        (await UsersAsync()).Should().Equal("ann", "bob");
        (await SendAsync("bob", "hi")).Should().Be(new SendResponse { Delivered = true, Recipients = 2 });
        (await ann.NextAsync()).Should().Be("bob: hi");
        (await bob.NextAsync()).Should().Be("bob: hi");
        await bob.DisposeAsync();
        (await ann.NextAsync()).Should().Be("server: bob left");
        (await UsersAsync()).Should().Equal("ann");
        (await RefusedAsync(() => SendAsync("bob", "again"))).Should().Be("FailedPrecondition bob is not in the room lobby; join it first, with JoinChat or Chat");
        await ann.DisposeAsync();
        (await UsersAsync()).Should().BeEmpty();
        _service.Rooms.Should().Be(0);
    }

    [Fact]
    public async Task The_same_user_on_two_streams_joins_and_leaves_once()
    {
        await using var ann = Join("ann");
        await using var bob = Join("bob");
        await using var again = Join("bob");
        (await UsersAsync()).Should().Equal("ann", "bob");
        (await SendAsync("ann", "hi")).Recipients.Should().Be(3);
        await bob.DisposeAsync();
        (await SendAsync("bob", "still here")).Recipients.Should().Be(2);
        await again.DisposeAsync();
        (await ann.TakeAsync(5)).Should().Equal("server: ann joined", "server: bob joined", "ann: hi", "bob: still here", "server: bob left");
    }

    [Fact]
    public async Task A_chat_hears_the_others_and_ends_with_its_own_side()
    {
        var sent = System.Threading.Channels.Channel.CreateUnbounded<ChatMessage>();
        await using var ann = Join("ann");
        await using var bob = new Member(_service.Chat(sent.Reader.ReadAllAsync(), Call(out var call)), call);
        sent.Writer.TryWrite(new ChatMessage { RoomId = "lobby", Sender = "bob", Content = "not sent" });
        sent.Writer.TryWrite(new ChatMessage { Content = "hi" });
        sent.Writer.TryWrite(new ChatMessage { RoomId = "lobby", Sender = "bob", Content = "there", Timestamp = 5 });
        (await ann.TakeAsync(4)).Should().Equal("server: ann joined", "server: bob joined", "bob: hi", "bob: there");
        await SendAsync("ann", "hello");
        (await bob.NextAsync()).Should().Be("ann: hello");
        sent.Writer.Complete();
        (await bob.NextAsync()).Should().BeNull();
        (await ann.TakeAsync(2)).Should().Equal("ann: hello", "server: bob left");
        call.IsEndless.Should().BeTrue();
    }

    [Theory]
    [InlineData("other", "bob", "room_id: this stream has joined as \"lobby\"; leave the field out, or open another stream")]
    [InlineData("", "ann", "sender: this stream has joined as \"bob\"; leave the field out, or open another stream")]
    public async Task A_chat_is_in_one_room_as_one_user(string room, string sender, string text)
    {
        ChatMessage[] messages = [new() { RoomId = "lobby", Sender = "bob" }, new() { RoomId = room, Sender = sender, Content = "x" }];
        (await RefusedAsync(async () => await _service.Chat(messages.ToAsyncEnumerable(), new PlainCall(time: _time)).CountAsync())).Should().Be("InvalidArgument " + text);
        _service.Rooms.Should().Be(0);
    }

    [Theory]
    [InlineData(0, "InvalidArgument {0}: expected a name, got nothing")]
    [InlineData(1, null)]
    [InlineData(256, null)]
    [InlineData(257, "InvalidArgument {0}: expected at most 256 characters, got 257")]
    public async Task Names_have_a_length(int length, string? refusal)
    {
        var name = new string('x', length);
        (await JoinedAsync(name, "ann")).Should().Be(refusal?.Replace("{0}", "room_id", StringComparison.Ordinal));
        (await JoinedAsync("lobby", name)).Should().Be(refusal?.Replace("{0}", "user", StringComparison.Ordinal));
        _service.Rooms.Should().Be(0);

        Task<string?> JoinedAsync(string room, string user) => RefusedAsync(async () =>
        {
            await using var member = Join(user, room);
            await member.NextAsync();
        });
    }

    [Fact]
    public async Task Nobody_is_called_as_the_server_is()
    {
        (await RefusedAsync(async () => await Join("server").NextAsync())).Should().StartWith("InvalidArgument user: ");
        (await RefusedAsync(() => SendAsync("server", "hi"))).Should().StartWith("InvalidArgument sender: ");
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(RoomService.MaxContentChars, null)]
    [InlineData(RoomService.MaxContentChars + 1, "InvalidArgument content: expected at most 16384 characters, got 16385")]
    public async Task A_message_has_a_length(int length, string? refusal)
    {
        await using var ann = Join("ann");
        (await RefusedAsync(() => SendAsync("ann", new string('x', length)))).Should().Be(refusal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(500)]
    public async Task Who_is_slow_is_told_what_it_lost_and_slows_nobody(int lost)
    {
        await using var ann = Join("ann");
        await using var slow = Join("slow");
        (await slow.NextAsync()).Should().Be("server: slow joined");

        // The next is asked for already, and is none of those that wait.
        await SendAsync("ann", "first");
        for (var number = 0; number < RoomMember.MaxWaiting + lost; number++)
        {
            (await SendAsync("ann", $"{number}")).Recipients.Should().Be(2);
        }

        (await slow.NextAsync()).Should().Be("ann: first");
        if (lost > 0)
        {
            (await slow.NextAsync()).Should().Be($"server: {lost} messages were dropped: they were read too slowly");
        }

        (await slow.TakeAsync(RoomMember.MaxWaiting)).Should().Equal(Enumerable.Range(lost, RoomMember.MaxWaiting).Select(number => $"ann: {number}"));
    }

    /// <summary>Many speak at once: all hear the same, in the same order.</summary>
    [Fact]
    public async Task The_order_is_the_same_for_all()
    {
        const int Speakers = 4;
        const int MessagesEach = 100;
        log.WriteLine($"{Speakers} speakers");
        var members = Enumerable.Range(0, Speakers).Select(number => Join($"u{number}")).ToList();
        await Task.WhenAll(Enumerable.Range(0, Speakers).Select(speaker => Task.Run(async () =>
        {
            for (var number = 0; number < MessagesEach; number++)
            {
                await SendAsync($"u{speaker}", $"{number}");
            }
        })));

        var heard = new List<List<string?>>();
        foreach (var member in members)
        {
            var all = await member.TakeAsync(Speakers * MessagesEach + Speakers - members.IndexOf(member));
            heard.Add([.. all.Where(message => !message!.StartsWith("server", StringComparison.Ordinal))]);
            await member.DisposeAsync();
        }

        heard.Should().AllSatisfy(messages => messages.Should().Equal(heard[0]));
        heard[0].Should().HaveCount(Speakers * MessagesEach).And.OnlyHaveUniqueItems();
    }

    /// <summary>Whoever wakes a member that does not come back waits for it; the others send and hear all the same.</summary>
    [Fact]
    public async Task A_stream_that_is_stuck_holds_up_none_but_who_woke_it()
    {
        const int Lost = 500;
        using var isStuck = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var room = new Room("lobby", _time);
        RoomMember stuck = new("stuck", hearsItself: true, _time), ann = new("ann", hearsItself: true, _time);
        await using var ofStuck = stuck.ReadAsync("lobby", default).GetAsyncEnumerator();
        await using var ofAnn = ann.ReadAsync("lobby", default).GetAsyncEnumerator();

        // Begun without the context of the tests: what is woken goes on where it is woken.
        var first = await Task.Factory.StartNew(() => ofStuck.MoveNextAsync().AsTask(), default, TaskCreationOptions.None, TaskScheduler.Default);
        var its = first.ContinueWith(
            _ => { isStuck.Set(); goOn.Wait(RunningNode.Patience); }, default, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var joining = Task.Run(() => room.TryJoin(stuck));
        isStuck.Wait(RunningNode.Patience).Should().BeTrue();
        try
        {
            joining.IsCompleted.Should().BeFalse();
            await Task.Run(() => room.TryJoin(ann)).WaitAsync(RunningNode.Patience);
            (await HearAsync()).Should().Be("server: ann joined");
            for (var number = 0; number < RoomMember.MaxWaiting + Lost; number++)
            {
                var content = $"{number}";
                (await Task.Run(() => room.Send(new ChatMessage { Sender = "ann", Content = content })).WaitAsync(RunningNode.Patience)).Should().Be(2);
                (await HearAsync()).Should().Be($"ann: {content}");
            }
        }
        finally
        {
            goOn.Set();
        }

        await its;
        (await joining).Should().BeTrue();
        ofStuck.Current.Content.Should().Be("stuck joined");
        await ofStuck.MoveNextAsync();

        // Of what it has lost one tells that ann has joined.
        ofStuck.Current.Content.Should().StartWith($"{Lost + 1} messages were dropped");
        await ofStuck.MoveNextAsync();
        ofStuck.Current.Content.Should().Be($"{Lost}");
        stuck.Complete();
        ann.Complete();

        async Task<string> HearAsync()
        {
            await ofAnn.MoveNextAsync().AsTask().WaitAsync(RunningNode.Patience);
            return $"{ofAnn.Current.Sender}: {ofAnn.Current.Content}";
        }
    }

    [Fact]
    public async Task A_room_has_room_for_so_many_streams_and_no_more()
    {
        var members = new List<Member>();
        for (var number = 0; number < Room.MaxMembers; number++)
        {
            members.Add(Join("ann"));
        }

        (await SendAsync("ann", "hi")).Recipients.Should().Be(Room.MaxMembers);
        const string Refusal = "ResourceExhausted the room lobby is full: 10000 streams are in it; join when one has left, or another room";
        (await RefusedAsync(() => Join("bob").NextAsync())).Should().Be(Refusal);
        (await RefusedAsync(async () => await _service.Chat(
            new[] { new ChatMessage { RoomId = "lobby", Sender = "bob" } }.ToAsyncEnumerable(), new PlainCall(time: _time)).CountAsync())).Should().Be(Refusal);
        await members[0].DisposeAsync();
        members[0] = Join("bob");
        (await members[0].NextAsync()).Should().Be("server: bob joined");
        foreach (var member in members)
        {
            await member.DisposeAsync();
        }

        _service.Rooms.Should().Be(0);
    }

    [Fact]
    public async Task Rooms_are_forgotten_with_their_last_member()
    {
        for (var room = 0; room < 10_000; room++)
        {
            await using var member = Join("ann", $"room {room}");
            _service.Rooms.Should().Be(1);
        }

        _service.Rooms.Should().Be(0);
    }

    /// <summary>However they leave: the others learn of it, and the room is forgotten after the last.</summary>
    [Theory]
    [InlineData("cancel")]
    [InlineData("deadline")]
    [InlineData("close")]
    [InlineData("end")]
    public async Task On_a_pipe_who_is_gone_has_left(string how)
    {
        await using var node = await RunningNode.StartAsync(methods: AllServices.Register(new MethodTable(), LogSet.Sample), time: _time);
        node.Send("""{"type":"grpc_server_stream","msg_id":1,"service":"ChatService","method":"JoinChat","request":{"room_id":"lobby","user":"ann"}}""");
        (await node.HearAsync()).Should().Contain("ann joined");
        node.Send("""{"type":"grpc_bidi_stream_open","msg_id":2,"service":"ChatService","method":"Chat","timeout_ms":60000}""");
        node.Send("""{"type":"grpc_bidi_stream_send","stream_id":"s1","data":{"room_id":"lobby","sender":"bob"}}""");
        (await node.HearAsync()).Should().Contain("open_ok");
        (await node.HearAsync()).Should().Contain("bob joined");
        if (how == "end")
        {
            node.EndInput();
        }
        else if (how == "deadline")
        {
            _time.Advance(TimeSpan.FromMinutes(1));
        }
        else
        {
            node.Send(how == "cancel" ? """{"type":"grpc_cancel","stream_id":"s1"}""" : """{"type":"grpc_bidi_stream_close","stream_id":"s1"}""");
        }

        if (how == "end")
        {
            (await node.ReadToExitAsync()).Where(line => line.Contains("grpc_stream_end", StringComparison.Ordinal))
                .Should().HaveCount(2).And.AllSatisfy(line => line.Should().Contain("CANCELLED"));
            return;
        }

        var said = string.Concat(await node.ReadAsync(2));
        said.Should().Contain("bob left").And.Contain(how switch { "cancel" => "CANCELLED", "deadline" => "DEADLINE_EXCEEDED", _ => "OK" });
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("abort")]
    [InlineData("close")]
    public async Task Over_HTTP_2_who_is_gone_has_left(string how)
    {
        await using var server = await RunningServer.StartCountingAsync(_time);
        await using var client = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();
        var ann = await client.OpenAsync("/ChatService/JoinChat");
        await client.SendAsync(ann, FrameClient.Framed(new JoinRequest { RoomId = "lobby", User = "ann" }), endStream: true);
        await UntilUsersAsync("ann");
        var bob = await other.OpenAsync("/ChatService/Chat");
        await other.SendAsync(bob, FrameClient.Framed(new ChatMessage { RoomId = "lobby", Sender = "bob" }), endStream: false);
        await UntilUsersAsync("ann", "bob");
        switch (how)
        {
            case "reset":
                await other.ResetAsync(bob);
                break;
            case "close":
                await other.SendAsync(bob, Array.Empty<byte>(), endStream: true);
                (await other.ReplyAsync(bob)).Status.Should().Be("0");
                break;
            default:
                other.Abort();
                break;
        }

        await UntilUsersAsync("ann");

        async Task UntilUsersAsync(params string[] users)
        {
            using var patience = new CancellationTokenSource(RunningNode.Patience);
            ListUsersResponse response;
            do
            {
                patience.Token.ThrowIfCancellationRequested();
                var reply = await client.CallAsync("/ChatService/ListUsers", new ListUsersRequest { RoomId = "lobby" });
                response = ListUsersResponse.Parser.ParseFrom(reply.Framed.Single().Payload);
            }
            while (!response.Users.SequenceEqual(users));
        }
    }

    private PlainCall Call(out PlainCall call) => call = new PlainCall(time: _time);

    private Member Join(string user, string room = "lobby") =>
        new(_service.JoinChat(new JoinRequest { RoomId = room, User = user }, Call(out var call)), call);

    private Task<SendResponse> SendAsync(string sender, string content) =>
        _service.SendMessage(new ChatMessage { RoomId = "lobby", Sender = sender, Content = content }, new PlainCall(time: _time));

    private async Task<IEnumerable<string>> UsersAsync() =>
        (await _service.ListUsers(new ListUsersRequest { RoomId = "lobby" }, new PlainCall(time: _time))).Users;

    /// <returns>The status of a call that is refused; null: it is not.</returns>
    private static async Task<string?> RefusedAsync(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (RpcException exception)
        {
            return $"{exception.Status.Code} {exception.Message}";
        }
    }

    /// <summary>A stream in a room: it is there as soon as it is made, and asks for one message ahead.</summary>
    private sealed class Member : IAsyncDisposable
    {
        private readonly PlainCall _call;
        private readonly IAsyncEnumerator<ChatMessage> _messages;
        private Task<bool> _next;
        private bool _hasLeft;

        public Member(IAsyncEnumerable<ChatMessage> messages, PlainCall call)
        {
            (_call, _messages) = (call, messages.GetAsyncEnumerator());
            _next = _messages.MoveNextAsync().AsTask();
        }

        public async Task<string?> NextAsync()
        {
            if (!await _next.WaitAsync(RunningNode.Patience))
            {
                return null;
            }

            var said = $"{_messages.Current.Sender}: {_messages.Current.Content}";
            _next = _messages.MoveNextAsync().AsTask();
            return said;
        }

        public async Task<List<string?>> TakeAsync(int count)
        {
            var said = new List<string?>();
            while (said.Count < count)
            {
                said.Add(await NextAsync());
            }

            return said;
        }

        public async ValueTask DisposeAsync()
        {
            if (!_hasLeft)
            {
                _hasLeft = true;
                _call.EndFromOutside();
                await _next.ContinueWith(_ => { }, TaskScheduler.Default);
                await _messages.DisposeAsync();
            }
        }
    }
}
