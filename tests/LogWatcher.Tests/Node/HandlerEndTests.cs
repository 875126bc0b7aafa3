using LogWatcher.Node;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>How handlers end, what they say besides messages, and what they hear of their call.</summary>
public sealed class HandlerEndTests
{
    private const string General = "\"status\": \"UNKNOWN\", \"message\": \"the handler failed; the node's log says why\"";

    public static TheoryData<string, string[]> Failures => new()
    {
        {
            ProbeLines.Unary(1, "Fail", """ "request": {"code": 5, "message": "no such thing"} """),
            ["""{"type": "grpc_call_ok", "in_reply_to": 1, "status": "NOT_FOUND", "message": "no such thing"}"""]
        },
        {
            ProbeLines.Unary(1, "Fail", """ "request": {} """),
            [$$"""{"type": "grpc_call_ok", "in_reply_to": 1, {{General}}}"""]
        },
        {
            ProbeLines.Unary(1, "Nothing"),
            [$$"""{"type": "grpc_call_ok", "in_reply_to": 1, {{General}}}"""]
        },
        {
            ProbeLines.Watch(1, "CountAndFail", """ "request": {"code": 7, "message": "not you"} """),
            ["""{"type": "grpc_stream_end", "in_reply_to": 1, "status": "PERMISSION_DENIED", "message": "not you", "count": 0}"""]
        },
        {
            ProbeLines.Watch(1, "CountAndFail", """ "request": {"after": 1} """),
            [
                """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 1, "data": {"value": 1}}""",
                $$"""{"type": "grpc_stream_end", "in_reply_to": 1, {{General}}, "count": 1}""",
            ]
        },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_handler_that_fails_ends_its_call_and_tells_no_client_what_is_for_the_log(string opener, string[] answers)
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(opener, answers);
        await node.ExpectSilenceAsync();
        if (answers[^1].Contains(General, StringComparison.Ordinal))
        {
            node.Log.Should().ContainSingle().Which.Should().MatchRegex("^the handler of probe.Probe/(Fail|Nothing|CountAndFail) failed: System.InvalidOperationException: ");
        }
        else
        {
            node.Log.Should().BeEmpty("an expected failure is no bug");
        }
    }

    [Fact]
    public async Task A_stream_can_end_before_its_client_has_closed_its_side()
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(
            [ProbeLines.Bidi(1, "EchoThrice"), ProbeLines.Text("s1", "bye", 2), ProbeLines.Bidi(3, "EchoThrice"), ProbeLines.Text("s2", "fail"), ProbeLines.Bidi(4, "EchoThrice"), ProbeLines.Text("s3", "crash")],
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""",
            """{"type": "grpc_stream_end", "in_reply_to": 1, "stream_id": "s1", "status": "OK", "count": 0}""",
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 3, "stream_id": "s2"}""",
            """{"type": "grpc_stream_end", "in_reply_to": 3, "stream_id": "s2", "status": "ABORTED", "message": "asked to fail", "count": 0}""",
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 4, "stream_id": "s3"}""",
            $$"""{"type": "grpc_stream_end", "in_reply_to": 4, "stream_id": "s3", {{General}}, "count": 0}""");
        await node.ExpectAsync(
            [ProbeLines.Text("s1", "a", 5), ProbeLines.CloseBidi("s2", 6), ProbeLines.CloseClientStream("s3", 7)],
            """{"type": "error", "in_reply_to": 5, "code": 22, "text": "stream s1 is CLOSED: it has ended"}""",
            """{"type": "error", "in_reply_to": 6, "code": 22, "text": "stream s2 is CLOSED: it has ended"}""",
            """{"type": "error", "in_reply_to": 7, "code": 22, "text": "stream s3 is CLOSED: it has ended"}""");
        node.Log.Should().ContainSingle().Which.Should().Contain(ProbeService.Secret);
    }

    [Fact]
    public async Task What_a_client_sends_of_the_wrong_shape_ends_that_call_naming_the_field()
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(
            [ProbeLines.ClientStream(1, "Sum"), ProbeLines.Bidi(2, "Echo")],
            """{"type": "grpc_client_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""",
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 2, "stream_id": "s2"}""");
        node.Feed(RunningNode.Line("""{"type": "grpc_client_stream_send", "msg_id": 3, "stream_id": "s1", "data": {"value": "x"}}"""));
        (await node.HearAsync()).Should().Match("""{"type": "grpc_call_ok", "in_reply_to": 1, "status": "INVALID_ARGUMENT", "message": "data.value: *"}""");
        node.Feed(RunningNode.Line("""{"type": "grpc_bidi_stream_send", "msg_id": 4, "stream_id": "s2", "data": [1]}"""));
        (await node.HearAsync()).Should().Match("""{"type": "grpc_stream_end", "in_reply_to": 2, "stream_id": "s2", "status": "INVALID_ARGUMENT", "message": "data: *", "count": 0}""");
        node.Feed(ProbeLines.Unary(5, "Answer", """ "request": {"text": 5} """));
        (await node.HearAsync()).Should().Match("""{"type": "grpc_call_ok", "in_reply_to": 5, "status": "INVALID_ARGUMENT", "message": "request.text: *"}""");
    }

    [Fact]
    public async Task Headers_come_with_the_first_message_and_trailers_with_the_last()
    {
        await using var node = await RunningNode.StartAsync();
        const string Decoration = """
            "request": {
                "headers": [{"key": "a", "value": "1"}, {"key": "b-bin", "binary": "AP8="}, {"key": "a", "value": "é\n"}],
                "trailers": [{"key": "t", "value": "last"}]
            }
            """;
        const string Headers = """ "headers": {"a": ["1", "é\n"], "b-bin": "AP8="}""";
        const string Trailers = """ "trailers": {"t": "last"}""";
        var decoration = Decoration.ReplaceLineEndings("");
        await node.ExpectAsync(
            ProbeLines.Unary(1, "Decorate", decoration),
            $$$"""{"type": "grpc_call_ok", "in_reply_to": 1, "status": "OK", "response": {"text": "decorated"},{{{Headers}}},{{{Trailers}}}}""");
        await node.ExpectAsync(
            ProbeLines.Watch(2, "DecorateStream", decoration),
            $$$"""{"type": "grpc_stream_msg", "in_reply_to": 2, "seq": 1, "data": {"text": "decorated"},{{{Headers}}}}""",
            """{"type": "grpc_stream_msg", "in_reply_to": 2, "seq": 2, "data": {"text": "once"}}""",
            $$"""{"type": "grpc_stream_end", "in_reply_to": 2, "status": "OK", "count": 2,{{Trailers}}}""");
        await node.ExpectAsync(
            ProbeLines.Unary(3, "Decorate", decoration.Replace("\"request\": {", "\"request\": {\"fails\": true,", StringComparison.Ordinal)),
            $$"""{"type": "grpc_call_ok", "in_reply_to": 3, "status": "NOT_FOUND", "message": "decorated and failed",{{Headers}},{{Trailers}}}""");
    }

    [Fact]
    public async Task A_handler_hears_its_clients_name_metadata_and_deadline()
    {
        var time = new ObservedTime();
        await using var node = await RunningNode.StartAsync(time: time);
        var deadline = (time.GetUtcNow() + TimeSpan.FromMilliseconds(250)).ToUnixTimeMilliseconds();
        node.Feed(ProbeLines.Unary(
            1, "Inspect", """ "timeout_ms": 250, "metadata": {"b": ["2", "3"], "a-bin": "AP8", "c": "x", "c": "é"} """, src: "client \\\"é\\\""));
        (await node.ReadAsync()).Should().Be(
            $$$$"""{"src": "n1", "dest": "client \"é\"", "body": {"type": "grpc_call_ok", "in_reply_to": 1, "status": "OK", "response": {"metadata": [{"key": "b", "value": "2"}, {"key": "b", "value": "3"}, {"key": "a-bin", "binary": "AP8="}, {"key": "c", "value": "é"}], "peer": "client \"é\"", "deadline_unix_ms": {{{{deadline}}}}}, "msg_id": 1}}""");
        await node.ExpectAsync(
            ProbeLines.Unary(2, "Inspect"), """{"type": "grpc_call_ok", "in_reply_to": 2, "status": "OK", "response": {"peer": "c1"}}""");
    }

    [Fact]
    public async Task A_recv_answers_the_latest_send_that_its_handler_has_taken_and_that_bore_a_msg_id()
    {
        await using var node = await RunningNode.StartAsync();
        await node.ExpectAsync(
            [ProbeLines.Bidi(1, "EchoAtGate"), ProbeLines.Text("s1", "a"), ProbeLines.Text("s1", "b", 2), ProbeLines.Text("s1", "c"), ProbeLines.Text("s1", "d", 0)],
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        foreach (var (text, answers) in new[] { ("a", 1), ("b", 2), ("c", 2), ("d", 0) })
        {
            node.Probe.Gate().Let(1);
            (await node.HearAsync()).Should().Be($$$"""{"type": "grpc_bidi_stream_recv", "in_reply_to": {{{answers}}}, "data": {"text": "{{{text}}}"}}""");
        }
    }

    [Fact]
    public async Task Interceptors_stand_around_every_call_in_their_order_and_may_refuse_it()
    {
        var passed = new List<string>();
        var interceptors = new InterceptorChain(
            async (context, next) =>
            {
                passed.Add("first in");
                await next(context);
                passed.Add("first out");
            },
            (context, next) =>
            {
                passed.Add("second: " + context.Method.Name);
                return context.Method.Name == "Answer" ? throw new RpcException(StatusCode.Unauthenticated, "no token") : next(context);
            });
        await using var node = await RunningNode.StartAsync(interceptors: interceptors);
        await node.ExpectAsync(
            [ProbeLines.Watch(1, "Count", """ "request": {"count": 1} """), ProbeLines.Unary(2, "Answer"), ProbeLines.Unary(3, "Unheard")],
            """{"type": "grpc_stream_msg", "in_reply_to": 1, "seq": 1, "data": {"value": 1}}""",
            """{"type": "grpc_stream_end", "in_reply_to": 1, "status": "OK", "count": 1}""",
            """{"type": "grpc_call_ok", "in_reply_to": 2, "status": "UNAUTHENTICATED", "message": "no token"}""");
        (await node.HearAsync()).Should().Contain("UNIMPLEMENTED", "who may call is told what is not served");
        passed.Should().Equal("first in", "second: Count", "first out", "first in", "second: Answer", "first in", "second: Unheard");
    }

    [Fact]
    public async Task An_interceptor_that_lets_nobody_answer_leaves_a_failure_and_no_silence()
    {
        await using var node = await RunningNode.StartAsync(interceptors: new InterceptorChain((_, _) => Task.CompletedTask));
        await node.ExpectAsync(
            [ProbeLines.Unary(1, "Answer"), ProbeLines.Watch(2, "Count"), ProbeLines.Unary(3, "Unheard")],
            $$"""{"type": "grpc_call_ok", "in_reply_to": 1, {{General}}}""",
            """{"type": "grpc_stream_end", "in_reply_to": 2, "status": "OK", "count": 0}""",
            $$"""{"type": "grpc_call_ok", "in_reply_to": 3, {{General}}}""");
    }

    [Fact]
    public async Task The_call_log_tells_each_call_once_with_its_status_and_no_metadata()
    {
        var time = new ObservedTime();
        var log = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var node = await RunningNode.StartAsync(interceptors: new InterceptorChain(CallLog.To(log.Enqueue)), time: time);
        node.Feed(ProbeLines.Watch(1, "Count", """ "request": {"count": 3}, "metadata": {"token": "secret"} """));
        node.Feed(ProbeLines.Unary(2, "Fail", """ "request": {"code": 5, "message": "no such thing"} """));
        node.Feed(ProbeLines.Watch(3, "CountAndFail", """ "request": {"after": 1} """));
        node.Feed(ProbeLines.Watch(4, "Count", """ "window": 1, "request": {"count": 3} """));
        (await node.ReadAsync(8)).Should().HaveCount(8);
        time.Advance(TimeSpan.FromMilliseconds(12.34));
        node.Feed(ProbeLines.Cancel(4, 5));
        (await node.ReadAsync(2)).Should().HaveCount(2);
        log.Should().Equal(
            "call of c1: probe.Probe/Count: OK, 3 sent, 0.0 ms",
            "call of c1: probe.Probe/Fail: NOT_FOUND, 0 sent, 0.0 ms: no such thing",
            "call of c1: probe.Probe/CountAndFail: UNKNOWN, 1 sent, 0.0 ms: the handler failed; the node's log says why",
            "call of c1: probe.Probe/Count: CANCELLED, 1 sent, 12.3 ms: the client cancelled the call");
    }

    [Fact]
    public async Task Metadata_that_a_handler_or_an_interceptor_adds_to_its_call_stays_there()
    {
        var interceptors = new InterceptorChain((context, next) =>
        {
            context.RequestMetadata.Add("added", context.Peer);
            return next(context);
        });
        await using var node = await RunningNode.StartAsync(interceptors: interceptors);
        for (var call = 1; call < 3; call++)
        {
            await node.ExpectAsync(
                ProbeLines.Unary(call, "Inspect"),
                $$$"""{"type": "grpc_call_ok", "in_reply_to": {{{call}}}, "status": "OK", "response": {"metadata": [{"key": "added", "value": "c1"}], "peer": "c1"}}""");
        }
    }

    [Fact]
    public async Task A_cancellation_callback_that_fails_is_told_to_the_log_and_harms_nobody()
    {
        CancellationTokenRegistration registration = default;
        var interceptors = new InterceptorChain((context, next) =>
        {
            registration = context.CancellationToken.Register(() => throw new InvalidOperationException("in the callback"));
            return next(context);
        });
        await using var node = await RunningNode.StartAsync(interceptors: interceptors);
        await node.ExpectAsync(
            [ProbeLines.Bidi(1, "Echo"), ProbeLines.Cancel(1, 2)],
            """{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""",
            """{"type": "grpc_stream_end", "in_reply_to": 1, "stream_id": "s1", "status": "CANCELLED", "message": "the client cancelled the call", "count": 0}""",
            """{"type": "grpc_cancel_ok", "in_reply_to": 2}""");
        node.Log.Should().ContainSingle().Which.Should().StartWith("a cancellation callback of probe.Probe/Echo failed: ").And.Contain("in the callback");
        await registration.DisposeAsync();
    }

    [Fact]
    public async Task Short_and_full_names_of_several_services_lead_to_their_methods()
    {
        var methods = ProbeService.Register(new ProbeService());
        methods.Add(LogwatcherReflection.Descriptor.Services.Single(service => service.Name == "Chat"), new ChatService());
        await using var node = await RunningNode.StartAsync(methods: methods);
        node.Feed(RunningNode.Line("""{"type": "grpc_bidi_stream_open", "msg_id": 1, "service": "logwatcher.v1.Chat", "method": "BiDiChat"}"""));
        (await node.HearAsync()).Should().Be("""{"type": "grpc_bidi_stream_open_ok", "in_reply_to": 1, "stream_id": "s1"}""");
        node.Feed(RunningNode.Line("""{"type": "grpc_call", "msg_id": 2, "service": "Probes", "method": "Answer"}"""));
        (await node.HearAsync()).Should().Be("""{"type": "grpc_call_ok", "in_reply_to": 2, "status": "UNIMPLEMENTED", "message": "unknown service \"Probes\"; there are: probe.Probe, logwatcher.v1.Chat"}""");
        node.Feed(RunningNode.Line("""{"type": "grpc_call", "msg_id": 3, "service": "Probe", "method": "Echo"}"""));
        (await node.HearAsync()).Should().Be("""{"type": "grpc_call_ok", "in_reply_to": 3, "status": "UNIMPLEMENTED", "message": "probe.Probe/Echo is opened with grpc_bidi_stream_open, not with grpc_call"}""");
    }
}
