using System.Text;
using LogWatcher.Rpc;

namespace LogWatcher.Cli;

/// <summary>
/// What <c>logwatcher services</c> prints: every method with its kind, and a line that calls it. Lines that begin with <c>{</c> are for the
/// node as they stand, all of them or the first and any other.
/// </summary>
internal static class ServiceList
{
    public const string Command = "services";

    private const string Init = """{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}""";

    public static string Of(MethodTable methods)
    {
        var text = new StringBuilder(Init).Append('\n');
        var msgId = 1;
        foreach (var method in methods.Methods)
        {
            text.Append('\n').Append(method.FullName).Append(": ").Append(KindOf(method)).Append(", ").Append(SignatureOf(method)).Append('\n');
            text.Append(Line(OpenerOf(method, ++msgId))).Append('\n');
            if (!method.TakesOneMessage)
            {
                // The number of the stream is the node's answer to the line above; it is the first one's here.
                text.Append("  then ").Append(Line($$"""{"type":"{{TypeOf(method)}}_send","stream_id":"s1","data":{{method.Example}}}""")).Append('\n');
                text.Append("  and  ").Append(Line($$"""{"type":"{{TypeOf(method)}}_close","stream_id":"s1"}""")).Append('\n');
            }
        }

        return text.ToString().TrimEnd('\n');
    }

    private static string Line(string body) => $$"""{"src":"c1","dest":"n1","body":{{body}}}""";

    private static string OpenerOf(Method method, int msgId)
    {
        var names = $"\"service\":\"{method.Service}\",\"method\":\"{method.Name}\"";
        return method.TakesOneMessage
            ? $$"""{"type":"{{TypeOf(method)}}","msg_id":{{msgId}},{{names}},"request":{{method.Example}}}"""
            : $$"""{"type":"{{TypeOf(method)}}_open","msg_id":{{msgId}},{{names}}}""";
    }

    private static string SignatureOf(Method method)
    {
        var (request, response) = (method.Descriptor.InputType.FullName, method.Descriptor.OutputType.FullName);
        return $"{(method.TakesOneMessage ? "" : "stream ")}{request} → {(method.GivesOneMessage ? "" : "stream ")}{response}";
    }

    private static string KindOf(Method method) => method.Kind switch
    {
        MethodKind.Unary => "unary",
        MethodKind.ServerStreaming => "server streaming",
        MethodKind.ClientStreaming => "client streaming",
        _ => "bidirectional",
    };

    private static string TypeOf(Method method) => method.Kind switch
    {
        MethodKind.Unary => "grpc_call",
        MethodKind.ServerStreaming => "grpc_server_stream",
        MethodKind.ClientStreaming => "grpc_client_stream",
        _ => "grpc_bidi_stream",
    };
}
