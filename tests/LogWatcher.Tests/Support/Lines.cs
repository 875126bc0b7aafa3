namespace LogWatcher.Tests.Support;

/// <summary>Lines that many tests send.</summary>
internal static class Lines
{
    public const string Init = """{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}""";

    public const string InitOk = """{"src": "n1", "dest": "c0", "body": {"type": "init_ok", "in_reply_to": 1, "msg_id": 0}}""";

    /// <summary>A line of the client c1.</summary>
    public static string Of(string body) => "{\"src\":\"c1\",\"dest\":\"n1\",\"body\":" + body + "}";

    public static string Echo(int msgId) => Of($$"""{"type":"echo","msg_id":{{msgId}},"echo":"alive"}""");

    public static string Open(int msgId, string options = "") =>
        Of($$"""{"type":"grpc_bidi_stream_open","msg_id":{{msgId}},"service":"Chat","method":"BiDiChat"{{options}}}""");

    public static string Send(int msgId, string stream, string text) =>
        Of($$$"""{"type":"grpc_bidi_stream_send","msg_id":{{{msgId}}},"stream_id":"{{{stream}}}","data":{"text":"{{{text}}}"}}""");

    public static string Close(int msgId, string stream) =>
        Of($$"""{"type":"grpc_bidi_stream_close","msg_id":{{msgId}},"stream_id":"{{stream}}"}""");

    public static string Watch(int msgId, string request, string options = "") =>
        Of($$$"""{"type":"grpc_server_stream","msg_id":{{{msgId}}},"service":"LogWatcher","method":"WatchLogs","request":{{{{request}}}}{{{options}}}}""");
}
