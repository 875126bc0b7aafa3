using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using LogWatcher.Rpc;

namespace LogWatcher.Tests.Support;

/// <summary>
/// A conversation of the line door, had over HTTP/2: its lines are made into calls of gRPC, and the messages and the status of each call
/// must be those that its answers tell. Order counts within a call, as gRPC has it.
/// </summary>
internal sealed class Http2Conversation(FrameClient client, MethodTable methods)
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    // Every line with a msg_id that belongs to a call, since answers name the line that they answer.
    private readonly Dictionary<(string Client, long MsgId), Http2Call> _byMsgId = [];
    private readonly Dictionary<string, Http2Call> _byStream = [];

    public async Task HoldAsync(Conversation conversation)
    {
        // What the end of stdin brings has no like here.
        foreach (var line in conversation.Lines.TakeWhile(line => line != Conversation.EndOfInput))
        {
            if (line.StartsWith(Conversation.Said))
            {
                using var parsed = JsonDocument.Parse(line[2..]);
                await SayAsync(parsed.RootElement.GetProperty("src").GetString()!, parsed.RootElement.GetProperty("body"));
            }
            else if (line.StartsWith(Conversation.Answered))
            {
                using var parsed = JsonDocument.Parse(line[2..]);
                await HearAsync(parsed.RootElement.GetProperty("dest").GetString()!, parsed.RootElement.GetProperty("body"));
            }
        }
    }

    private async Task SayAsync(string from, JsonElement body)
    {
        var type = body.GetProperty("type").GetString()!;
        if (type == "init")
        {
            return;
        }

        var call = type switch
        {
            "grpc_cancel" => _byMsgId[(from, body.GetProperty("call").GetInt64())],
            _ when body.TryGetProperty("stream_id", out var stream) => _byStream[stream.GetString()!],
            _ => await OpenAsync(body),
        };
        if (body.TryGetProperty("msg_id", out var msgId) && type != "grpc_cancel")
        {
            _byMsgId[(from, msgId.GetInt64())] = call;
        }

        await (type switch
        {
            "grpc_call" or "grpc_server_stream" => call.SendAsync(Parse(body, "request", call.Method.Descriptor.InputType), isLast: true),
            "grpc_client_stream_send" or "grpc_bidi_stream_send" => call.SendAsync(Parse(body, "data", call.Method.Descriptor.InputType), isLast: false),
            "grpc_client_stream_close" or "grpc_bidi_stream_close" => call.CloseAsync(),
            "grpc_cancel" => call.CancelAsync(),
            "grpc_client_stream_open" or "grpc_bidi_stream_open" => Task.CompletedTask,
            _ => throw new ArgumentException($"gRPC has nothing like {type}"),
        });
    }

    private async Task<Http2Call> OpenAsync(JsonElement body)
    {
        var method = methods.Find(body.GetProperty("service").GetString()!, body.GetProperty("method").GetString()!);
        return new Http2Call(client, method, await client.OpenAsync("/" + method.FullName));
    }

    private async Task HearAsync(string to, JsonElement body)
    {
        var type = body.GetProperty("type").GetString()!;
        if (type is "init_ok" or "grpc_cancel_ok")
        {
            return;
        }

        var call = _byMsgId[(to, body.GetProperty("in_reply_to").GetInt64())];
        if (type.EndsWith("_open_ok", StringComparison.Ordinal))
        {
            _byStream[body.GetProperty("stream_id").GetString()!] = call;
            return;
        }

        if (body.TryGetProperty("data", out _) || body.TryGetProperty("response", out _))
        {
            await ExpectMessageAsync(call, Parse(body, body.TryGetProperty("data", out _) ? "data" : "response", call.Method.Descriptor.OutputType));
        }

        if (body.TryGetProperty("status", out var status) && !call.IsCancelled)
        {
            (await call.EndAsync()).Should().Be(
                (status.GetString(), body.TryGetProperty("message", out var message) ? message.GetString() : null),
                "so ended {0} on the line door", call.Method.FullName);
        }
    }

    private static async Task ExpectMessageAsync(Http2Call call, IMessage expected)
    {
        var type = call.Method.Descriptor.OutputType;
        var message = type.Parser.ParseFrom(await call.NextMessageAsync());
        var settled = Parser.Parse(Varying.Settle(Formatter.Format(message)), type);
        settled.Should().Be(expected, "so answered {0} on the line door", call.Method.FullName);
    }

    private static IMessage Parse(JsonElement body, string field, MessageDescriptor type) =>
        Parser.Parse(body.TryGetProperty(field, out var json) ? json.GetRawText() : "{}", type);
}
