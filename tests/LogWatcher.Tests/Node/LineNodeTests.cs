using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>A node from its first line to its exit.</summary>
public sealed class LineNodeTests
{
    [Fact]
    public async Task All_four_kinds_of_call_are_answered_in_the_order_asked()
    {
        await using var node = await RunningNode.StartAsync();
        node.Feed(
            RunningNode.Line("""{"type": "grpc_call", "msg_id": 1, "service": "Probe", "method": "Answer", "request": {"text": "hi"}}"""),
            RunningNode.Line("""{"type": "grpc_server_stream", "msg_id": 2, "service": "probe.Probe", "method": "Count", "request": {"count": 2}}"""),
            RunningNode.Line("""{"type": "grpc_client_stream_open", "msg_id": 3, "service": "Probe", "method": "Sum"}"""),
            RunningNode.Line("""{"type": "grpc_client_stream_send", "msg_id": 4, "stream_id": "s1", "data": {"value": 40}}"""),
            RunningNode.Line("""{"type": "grpc_client_stream_send", "stream_id": "s1", "data": {"value": 2}}"""),
            RunningNode.Line("""{"type": "grpc_bidi_stream_open", "msg_id": 5, "service": "Probe", "method": "Echo"}"""),
            RunningNode.Line("""{"type": "grpc_bidi_stream_send", "msg_id": 6, "stream_id": "s2", "data": {"text": "a"}}"""),
            RunningNode.Line("""{"type": "grpc_bidi_stream_close", "msg_id": 7, "stream_id": "s2"}"""),
            RunningNode.Line("""{"type": "grpc_client_stream_close", "msg_id": 8, "stream_id": "s1"}"""));
        (await node.EndAsync()).Should().Equal(
            """{"src": "n1", "dest": "c1", "body": {"type": "grpc_call_ok", "in_reply_to": 1, "status": "OK", "response": {"text": "hi"}, "msg_id": 1}}""",
            """{"src": "n1", "dest": "c1", "body": {"type": "grpc_stream_msg", "in_reply_to": 2, "seq": 1, "data": {"value": 1}, "msg_id": 2}}""",
            """{"src": "n1", "dest": "c1", "body": {"type": "grpc_stream_msg", "in_reply_to": 2, "seq": 2, "data": {"value": 2}, "msg_id": 3}}""",
            """{"src": "n1", "dest": "c1", "body": {"type": "grpc_stream_end", "in_reply_to": 2, "status": "OK", "count": 2, "msg_id": 4}}""",
            """{"src": "n1", "dest": "c1", "body": {"type": "grpc_client_stream_open_ok", "in_reply_to": 3, "stream_id": "s1", "msg_id": 5}}""",
            """{"src": "n1", "dest": "c1", "body": {"type": "grpc_bidi_stream_open_ok", "in_reply_to": 5, "stream_id": "s2", "msg_id": 6}}""",
            """{"src": "n1", "dest": "c1", "body": {"type": "grpc_bidi_stream_recv", "in_reply_to": 6, "data": {"text": "a"}, "msg_id": 7}}""",
            """{"src": "n1", "dest": "c1", "body": {"type": "grpc_stream_end", "in_reply_to": 7, "stream_id": "s2", "status": "OK", "count": 1, "msg_id": 8}}""",
            """{"src": "n1", "dest": "c1", "body": {"type": "grpc_call_ok", "in_reply_to": 8, "status": "OK", "response": {"value": 42}, "msg_id": 9}}""");
        node.Log.Should().BeEmpty();
    }
}
