using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Rpc;

/// <summary>The call model by itself: the table of methods, the shape of handlers, statuses, interceptors, a call's token.</summary>
public sealed class CallModelTests
{
    private static readonly Google.Protobuf.Reflection.ServiceDescriptor Probe = ProbeReflection.Descriptor.Services.Single();
    private static readonly Google.Protobuf.Reflection.ServiceDescriptor Chat = LogwatcherReflection.Descriptor.Services.Single(service => service.Name == "Chat");

    [Theory]
    [InlineData("Answer", MethodKind.Unary, true, true)]
    [InlineData("Count", MethodKind.ServerStreaming, true, false)]
    [InlineData("Sum", MethodKind.ClientStreaming, false, true)]
    [InlineData("Echo", MethodKind.Bidi, false, false)]
    internal void A_method_knows_its_names_and_its_kind(string name, MethodKind kind, bool takesOne, bool givesOne)
    {
        foreach (var service in new[] { "Probe", "probe.Probe" })
        {
            var method = ProbeService.Register(new ProbeService()).Find(service, name);
            method.Service.Should().Be("probe.Probe");
            method.FullName.Should().Be("probe.Probe/" + name);
            (method.Kind, method.TakesOneMessage, method.GivesOneMessage).Should().Be((kind, takesOne, givesOne));
        }
    }

    [Theory]
    [InlineData("probe", "Answer", "unknown service \"probe\"; there are: probe.Probe")]
    [InlineData("", "Answer", "unknown service \"\"; there are: probe.Probe")]
    [InlineData("Probe", "answer", "unknown method \"answer\" of probe.Probe; there are: Answer, Inspect, Nothing, *")]
    public void What_is_not_served_is_unimplemented_and_the_status_names_what_is(string service, string method, string message)
    {
        var status = FluentActions.Invoking(() => ProbeService.Register(new ProbeService()).Find(service, method)).Should().Throw<RpcException>().Which.Status;
        status.Code.Should().Be(StatusCode.Unimplemented);
        status.Message.Should().Match(message);
    }

    [Fact]
    public void What_a_client_made_up_is_not_told_back_at_any_length()
    {
        var table = ProbeService.Register(new ProbeService());
        FluentActions.Invoking(() => table.Find(new string('x', 5_000), "")).Should().Throw<RpcException>().Which.Message.Length.Should().BeLessThan(300);
        FluentActions.Invoking(() => table.Find("Probe", new string('x', 5_000))).Should().Throw<RpcException>().Which.Message.Should().Contain("xxx…");
    }

    [Fact]
    public void A_name_is_registered_once()
    {
        FluentActions.Invoking(() => ProbeService.Register(new ProbeService()).Add(Probe, new ProbeService()))
            .Should().Throw<ArgumentException>().WithMessage("the service name \"probe.Probe\" is registered twice: by probe.Probe and probe.Probe");
    }

    [Fact]
    public void A_method_that_is_missing_or_of_another_form_is_named_at_the_start()
    {
        FluentActions.Invoking(() => new MethodTable().Add(Chat, new NoMethods())).Should().Throw<ArgumentException>().WithMessage("NoMethods has no public method BiDiChat");
        FluentActions.Invoking(() => new MethodTable().Add(Chat, new WrongForm())).Should().Throw<ArgumentException>().WithMessage("WrongForm.BiDiChat has not the form of a Bidi method");
        FluentActions.Invoking(() => new MethodTable().Add(Chat, new WrongMessages())).Should().Throw<ArgumentException>().WithMessage("WrongMessages.BiDiChat has not the form of a Bidi method");
    }

    [Fact]
    public void A_service_that_could_not_be_registered_leaves_its_name_free()
    {
        var table = new MethodTable();
        FluentActions.Invoking(() => table.Add(Chat, new NoMethods())).Should().Throw<ArgumentException>();
        table.Add(Chat, new ChatService()).Find("Chat", "BiDiChat").Kind.Should().Be(MethodKind.Bidi);
    }

    [Fact]
    public void Services_of_all_kinds_are_listed_in_the_order_of_registration() =>
        ProbeService.Register(new ProbeService()).Add(Chat, new ChatService()).Services.Should().Equal("probe.Probe", "logwatcher.v1.Chat");

    [Fact]
    public async Task A_kind_that_takes_one_request_takes_exactly_one()
    {
        (await new PlainCall().RunAsync("a")).Should().Equal(new Text { Text_ = "a" });
        (await FluentActions.Awaiting(() => new PlainCall().RunAsync()).Should().ThrowAsync<RpcException>())
            .Which.Status.Should().Be(new Status(StatusCode.Unimplemented, "probe.Probe/Answer takes one request message, and none came"));
        (await FluentActions.Awaiting(() => new PlainCall().RunAsync("a", "b")).Should().ThrowAsync<RpcException>())
            .Which.Status.Should().Be(new Status(StatusCode.Unimplemented, "probe.Probe/Answer takes one request message, and more came"));
    }

    [Fact]
    public async Task A_kind_that_streams_takes_any_number()
    {
        (await new PlainCall("Echo").RunAsync()).Should().BeEmpty();
        (await new PlainCall("Echo").RunAsync("a", "b", "c")).Select(text => text.Text_).Should().Equal("a", "b", "c");
    }

    [Fact]
    public void Every_code_has_the_name_and_the_number_that_gRPC_gives_it()
    {
        // grpc/grpc doc/statuscodes.md.
        string[] names =
        [
            "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
            "UNAUTHENTICATED",
        ];
        Enum.GetValues<StatusCode>().Select(code => (int)code).Should().Equal(Enumerable.Range(0, names.Length));
        Enum.GetValues<StatusCode>().Select(code => new Status(code, "").Name).Should().Equal(names);
    }

    [Fact]
    public void An_exception_becomes_a_status_that_tells_a_client_only_what_is_meant_for_it()
    {
        Status.From(new RpcException(StatusCode.NotFound, "no such thing")).Should().Be(new Status(StatusCode.NotFound, "no such thing"));
        Status.From(new OperationCanceledException("secret")).Should().Be(new Status(StatusCode.Cancelled, "the handler was cancelled"));
        Status.From(new TaskCanceledException("secret")).Code.Should().Be(StatusCode.Cancelled);
        foreach (var bug in new Exception[] { new InvalidOperationException("secret"), new TimeoutException("secret"), new AggregateException(new RpcException(StatusCode.NotFound, "secret")) })
        {
            Status.From(bug).Should().Be(new Status(StatusCode.Unknown, "the handler failed; the node's log says why"));
        }
    }

    [Fact]
    public async Task Interceptors_stand_around_a_call_from_the_first_to_the_last()
    {
        var passed = new List<string>();
        await new InterceptorChain(Named("a"), Named("b"), Named("c")).Around(_ => Pass("call"))(new PlainCall());
        passed.Should().Equal("a", "b", "c", "call", "c out", "b out", "a out");

        Task Pass(string name)
        {
            passed.Add(name);
            return Task.CompletedTask;
        }

        Interceptor Named(string name) => async (context, next) =>
        {
            passed.Add(name);
            await next(context);
            passed.Add(name + " out");
        };
    }

    [Fact]
    public async Task An_interceptor_sees_how_the_call_went_and_may_refuse_it()
    {
        var seen = new List<Status>();
        var chain = new InterceptorChain(
            async (context, next) =>
            {
                try
                {
                    await next(context);
                }
                catch (RpcException exception)
                {
                    seen.Add(exception.Status);
                    throw;
                }
            },
            (_, _) => throw new RpcException(StatusCode.PermissionDenied, "not you"));
        var hasRun = false;
        await FluentActions.Awaiting(() => chain.Around(_ => Task.FromResult(hasRun = true))(new PlainCall())).Should().ThrowAsync<RpcException>();
        seen.Should().Equal(new Status(StatusCode.PermissionDenied, "not you"));
        hasRun.Should().BeFalse();
    }

    [Fact]
    public void A_calls_token_fires_when_it_ends_from_outside_and_is_fired_for_whoever_asks_later()
    {
        var call = new PlainCall();
        var token = call.CancellationToken;
        var fired = 0;
        using var registration = token.Register(() => fired++);
        call.CancellationToken.Should().Be(token, "there is one");
        call.EndFromOutside();
        call.EndFromOutside();
        fired.Should().Be(1);
        call.CancellationToken.IsCancellationRequested.Should().BeTrue();

        var neverAsked = new PlainCall();
        neverAsked.EndFromOutside();
        neverAsked.CancellationToken.IsCancellationRequested.Should().BeTrue();
        new PlainCall().CancellationToken.IsCancellationRequested.Should().BeFalse("one call's end is not another's");
    }

    private sealed class NoMethods;

    private sealed class WrongForm
    {
        public Task<ChatText> BiDiChat(ChatText request, CallContext context) => Task.FromResult(request);
    }

    private sealed class WrongMessages
    {
        public IAsyncEnumerable<Text> BiDiChat(IAsyncEnumerable<Text> requests, CallContext context) => requests;
    }
}
