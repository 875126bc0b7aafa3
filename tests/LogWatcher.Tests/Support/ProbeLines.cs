using System.Text.RegularExpressions;

namespace LogWatcher.Tests.Support;

/// <summary>The lines of c1 to n1 that many tests send, and what is common to all that n1 says.</summary>
internal static partial class ProbeLines
{
    /// <summary>An opener of a method of Probe: <c>ProbeLines.Open("grpc_bidi_stream_open", 1, "Echo", "\"window\": 2")</c>.</summary>
    public static string Open(string type, long msgId, string method, string more = "", string src = "c1") =>
        RunningNode.Line(
            $$"""{"type": "{{type}}", "msg_id": {{msgId}}, "service": "Probe", "method": "{{method}}"{{(more.Length == 0 ? "" : ", " + more)}}}""", src);

    public static string Unary(long msgId, string method, string more = "", string src = "c1") => Open("grpc_call", msgId, method, more, src);

    public static string Watch(long msgId, string method, string more = "", string src = "c1") => Open("grpc_server_stream", msgId, method, more, src);

    public static string Bidi(long msgId, string method, string more = "", string src = "c1") => Open("grpc_bidi_stream_open", msgId, method, more, src);

    public static string ClientStream(long msgId, string method, string more = "", string src = "c1") =>
        Open("grpc_client_stream_open", msgId, method, more, src);

    /// <summary>A text for a bidirectional stream.</summary>
    public static string Text(string streamId, string text, long? msgId = null, string src = "c1") =>
        RunningNode.Line($$$"""{"type": "grpc_bidi_stream_send"{{{MsgId(msgId)}}}, "stream_id": "{{{streamId}}}", "data": {"text": "{{{text}}}"}}""", src);

    /// <summary>A number for a client stream.</summary>
    public static string Number(string streamId, long value, long? msgId = null, string src = "c1") =>
        RunningNode.Line($$$"""{"type": "grpc_client_stream_send"{{{MsgId(msgId)}}}, "stream_id": "{{{streamId}}}", "data": {"value": {{{value}}} }}""", src);

    public static string CloseBidi(string streamId, long? msgId = null, string src = "c1") =>
        RunningNode.Line($$"""{"type": "grpc_bidi_stream_close"{{MsgId(msgId)}}, "stream_id": "{{streamId}}"}""", src);

    public static string CloseClientStream(string streamId, long? msgId = null, string src = "c1") =>
        RunningNode.Line($$"""{"type": "grpc_client_stream_close"{{MsgId(msgId)}}, "stream_id": "{{streamId}}"}""", src);

    public static string Cancel(long call, long msgId, string src = "c1") =>
        RunningNode.Line($$"""{"type": "grpc_cancel", "msg_id": {{msgId}}, "call": {{call}}}""", src);

    public static string Credit(long call, long credit, string src = "c1") =>
        RunningNode.Line($$"""{"type": "grpc_window_update", "call": {{call}}, "credit": {{credit}}}""", src);

    public static string State(long call, long msgId, string src = "c1") =>
        RunningNode.Line($$"""{"type": "grpc_stream_state", "msg_id": {{msgId}}, "call": {{call}}}""", src);

    public static string Echo(long msgId, string src = "c1") => RunningNode.Line($$"""{"type": "echo", "msg_id": {{msgId}}, "echo": {{msgId}}}""", src);

    /// <summary>What a line of n1 to c1 says, without what is common to all lines: <c>{"type": "echo_ok", "in_reply_to": 1, …}</c>.</summary>
    public static string Said(string line)
    {
        var match = Form().Match(line);
        match.Success.Should().BeTrue($"every line has this form, and {line} too");
        return match.Groups["body"].Value + "}";
    }

    [GeneratedRegex("""^\{"src": "n1", "dest": "c1", "body": (?<body>\{"type": "\w+".*), "msg_id": (0|[1-9][0-9]*)\}\}$""", RegexOptions.Singleline)]
    private static partial Regex Form();

    private static string MsgId(long? msgId) => msgId is null ? "" : $", \"msg_id\": {msgId}";
}
