using System.Text;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>
/// The lines that the node writes for one call, up to the comma before their msg_id: protocol.md's tables, in their order of
/// keys. Used under the writer's lock alone.
/// </summary>
internal sealed class CallLines
{
    private readonly byte[] _head;
    private readonly Method _method;
    private readonly CallRecord _record;
    private bool _areHeadersWritten;

    public CallLines(ReadOnlySpan<byte> nodeId, CallRecord record, Method method)
    {
        _record = record;
        _method = method;
        var head = new JsonOutput();
        NodeIdentity.WriteHead(head, nodeId, record.Owner.Name);
        _head = head.Written.ToArray();
    }

    private bool IsStream => _record.StreamNumber > 0;

    /// <summary>Writes <c>, "stream_id": "s…"</c> of a call that is a stream, and nothing of one that is none.</summary>
    public static void WriteStreamId(JsonOutput output, CallRecord record)
    {
        if (record.StreamNumber > 0)
        {
            output.WriteRaw(", \"stream_id\": \"s"u8);
            output.WriteNumber(record.StreamNumber);
            output.WriteByte((byte)'"');
        }
    }

    /// <summary>Writes <c>, "status": …</c> and, unless it is OK, <c>, "message": …</c>.</summary>
    public static void WriteStatus(JsonOutput output, Status status)
    {
        output.WriteRaw(", \"status\": \""u8);
        output.WriteRaw(Encoding.UTF8.GetBytes(status.Name));
        output.WriteByte((byte)'"');
        if (status.Code != StatusCode.Ok)
        {
            output.WriteRaw(", \"message\": "u8);
            output.WriteString(status.Message);
        }
    }

    /// <summary><c>grpc_stream_msg</c> or <c>grpc_bidi_stream_recv</c>, up to the data.</summary>
    /// <param name="answers">The msg_id that a message of a stream answers.</param>
    /// <param name="seq">The message's number on its call, from 1.</param>
    public void BeginMessage(JsonOutput output, long answers, long seq)
    {
        output.WriteRaw(_head);
        if (IsStream)
        {
            output.WriteRaw("grpc_bidi_stream_recv\", \"in_reply_to\": "u8);
            output.WriteNumber(answers);
        }
        else
        {
            output.WriteRaw("grpc_stream_msg\", \"in_reply_to\": "u8);
            output.WriteNumber(_record.MsgId);
            output.WriteRaw(", \"seq\": "u8);
            output.WriteNumber(seq);
        }

        output.WriteRaw(", \"data\": "u8);
    }

    /// <summary>What stands behind the data.</summary>
    public void FinishMessage(JsonOutput output, Metadata? headers) => WriteHeaders(output, headers);

    /// <summary>
    /// <c>grpc_stream_end</c>, or <c>grpc_call_ok</c> where the server sends one message: then up to the response if it is OK.
    /// </summary>
    /// <param name="answers">The msg_id that the end answers.</param>
    /// <param name="count">Messages sent.</param>
    public void BeginEnd(JsonOutput output, Status status, long answers, long count)
    {
        output.WriteRaw(_head);
        output.WriteRaw(_method.GivesOneMessage ? "grpc_call_ok\", \"in_reply_to\": "u8 : "grpc_stream_end\", \"in_reply_to\": "u8);
        output.WriteNumber(answers);
        if (!_method.GivesOneMessage)
        {
            WriteStreamId(output, _record);
            WriteStatus(output, status);
            output.WriteRaw(", \"count\": "u8);
            output.WriteNumber(count);
            return;
        }

        WriteStatus(output, status);
        if (status.Code == StatusCode.Ok)
        {
            output.WriteRaw(", \"response\": "u8);
        }
    }

    /// <summary>What stands behind the count or the response.</summary>
    public void FinishEnd(JsonOutput output, Metadata? headers, Metadata? trailers)
    {
        WriteHeaders(output, headers);
        if (trailers is not null)
        {
            output.WriteRaw(", \"trailers\": "u8);
            MetadataJson.Write(output, trailers);
        }
    }

    /// <summary><c>grpc_window_update</c>: the client may send so many more.</summary>
    public void WriteWindowUpdate(JsonOutput output, int credit)
    {
        output.WriteRaw(_head);
        output.WriteRaw("grpc_window_update\", \"in_reply_to\": "u8);
        output.WriteNumber(_record.MsgId);
        WriteStreamId(output, _record);
        output.WriteRaw(", \"credit\": "u8);
        output.WriteNumber(credit);
    }

    /// <summary>Initial metadata goes with the first message that answers the call, and with no other.</summary>
    private void WriteHeaders(JsonOutput output, Metadata? headers)
    {
        if (!_areHeadersWritten && headers is not null)
        {
            output.WriteRaw(", \"headers\": "u8);
            MetadataJson.Write(output, headers);
        }

        _areHeadersWritten = true;
    }
}
