using System.Text;
using LogWatcher.Rpc;

namespace LogWatcher.Node.Handlers;

/// <summary>
/// What the four openers share: reads what is called and how, and opens the call or ends it before it began.
/// </summary>
internal sealed class CallOpener(CallEnvironment environment, Lazy<MethodTable> methods)
    : IMethodVisitor<(CallRecord Record, CallOptions Options), LineCall>
{
    /// <summary>The type of line that opens a call of each kind.</summary>
    public static string OpenerOf(MethodKind kind) => kind switch
    {
        MethodKind.Unary => "grpc_call",
        MethodKind.ServerStreaming => "grpc_server_stream",
        MethodKind.ClientStreaming => "grpc_client_stream_open",
        _ => "grpc_bidi_stream_open",
    };

    /// <summary>Opens a call: it is registered; its deadline does not run yet, and its handler has not begun.</summary>
    /// <returns>Null: the call was refused, and has been answered.</returns>
    /// <exception cref="LineException">12: the opener is no opener; there is no call.</exception>
    public LineCall? Open(in Envelope envelope, MethodKind kind)
    {
        var msgId = envelope.RequireInteger(EnvelopeKey.MsgId, 0, Envelope.MaxMsgId);
        var service = envelope.RequireString(EnvelopeKey.Service);
        var methodName = envelope.RequireString(EnvelopeKey.Method);
        var src = envelope.Utf8(EnvelopeKey.Src);
        if (environment.Registry.IsLive(src, msgId))
        {
            throw new LineException(ErrorCode.MalformedRequest, $"body.msg_id {msgId} is that of a live call of this client; each needs its own");
        }

        try
        {
            var options = CallOptions.Read(envelope);
            return Open(src, msgId, FindMethod(service, methodName, kind, src, options), options);
        }
        catch (RpcException refusal)
        {
            environment.Registry.AddRefused(src, msgId);
            WriteRefusal(envelope, kind, msgId, refusal.Status);
            return null;
        }
    }

    LineCall IMethodVisitor<(CallRecord Record, CallOptions Options), LineCall>.Visit<TRequest, TResponse>(
        Method<TRequest, TResponse> method, (CallRecord Record, CallOptions Options) argument) =>
        new TypedLineCall<TRequest, TResponse>(environment, argument.Record, method, argument.Options);

    private Method FindMethod(string service, string name, MethodKind kind, ReadOnlySpan<byte> src, CallOptions options)
    {
        if (environment.IsStopping)
        {
            throw new RpcException(StatusCode.Unavailable, "the node is stopping");
        }

        try
        {
            return FindMethod(service, name, kind);
        }
        catch (RpcException unknown)
        {
            var peer = Encoding.UTF8.GetString(src);
            var call = new UnknownCall(service, name, kind, peer, peer, () => options.Metadata ?? new Metadata(), environment.Time);
            var refusal = environment.Interceptors.RefusalOf(call, unknown.Status);
            throw new RpcException(refusal.Code, refusal.Message);
        }
    }

    private Method FindMethod(string service, string name, MethodKind kind)
    {
        var method = methods.Value.Find(service, name);
        return method.Kind == kind
            ? method
            : throw new RpcException(
                StatusCode.Unimplemented, $"{method.FullName} is opened with {OpenerOf(method.Kind)}, not with {OpenerOf(kind)}");
    }

    private LineCall Open(ReadOnlySpan<byte> src, long msgId, Method method, CallOptions options)
    {
        var record = environment.Registry.Add(src, msgId, !method.TakesOneMessage);
        var call = method.Accept(this, (record, options));
        record.Call = call;
        return call;
    }

    private void WriteRefusal(in Envelope envelope, MethodKind kind, long msgId, Status status)
    {
        var isCall = kind is MethodKind.Unary or MethodKind.ClientStreaming;
        using var line = environment.Writer.Begin();
        ReplyHead.Write(line.Output, environment, envelope, isCall ? "grpc_call_ok"u8 : "grpc_stream_end"u8, msgId);
        CallLines.WriteStatus(line.Output, status);
        if (!isCall)
        {
            line.Output.WriteRaw(", \"count\": 0"u8);
        }

        line.Commit();
    }
}
