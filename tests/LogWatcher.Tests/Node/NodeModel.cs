using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LogWatcher.Tests.Node;

/// <summary>
/// What a node that serves the probe must answer, told by protocol.md alone: it shares no code with the node, and is as plain as
/// it can be instead of fast. One line after another; nothing in it waits.
/// </summary>
/// <param name="maxCalls">Live calls of one client; ten times as many in all.</param>
internal sealed class NodeModel(int maxCalls)
{
    private const int MaxRemembered = 10_000;
    private const int ClientsWorthOfCalls = 10;

    private readonly List<ExpectedLine> _answers = [];
    private readonly List<ModelCall> _opened = [];
    private readonly Dictionary<(string Src, long MsgId), ModelCall> _byMsgId = [];
    private readonly Dictionary<string, ModelCall> _byStream = [];
    private readonly Queue<ModelCall> _ended = [];
    private readonly HashSet<ModelCall> _live = [];
    private string? _nodeId;
    private long _nextMsgId;
    private int _streams;

    /// <summary>All calls that were not refused, in the order of opening.</summary>
    public IReadOnlyList<ModelCall> Opened => _opened;

    /// <summary>How many lines for people there must be by now.</summary>
    public int LogLines { get; private set; }

    /// <summary>What the node must answer to a line, which is good JSON or none at all.</summary>
    public List<ExpectedLine> Take(string line)
    {
        _answers.Clear();
        if (TryParse(line) is not { } root)
        {
            LogLines++;
            return [];
        }

        var asked = new AskedLine(root.GetProperty("src").GetString()!, root.GetProperty("dest").GetString()!, root.GetProperty("body"));
        try
        {
            CarryOut(asked);
        }
        catch (LineFault fault)
        {
            var inReplyTo = asked.MsgIdOrNull is { } msgId ? $", \"in_reply_to\": {msgId}" : "";
            Write(_nodeId ?? asked.Dest, asked.Src, $"error\"{inReplyTo}, \"code\": {fault.Code}, \"text\": {ExpectedLine.FreeText}", fault.Names);
        }

        return [.. _answers];
    }

    /// <summary>What the node must say when stdin has ended: nobody can send what a call waits for.</summary>
    public List<ExpectedLine> EndInput()
    {
        _answers.Clear();
        foreach (var call in _opened.Where(call => call.State != "CLOSED"))
        {
            var isSilent = !call.IsEndless && call.State == "OPEN" && call.Ready.Count == 0;
            if (isSilent)
            {
                call.State = "CLOSED";
            }
            else
            {
                End(call, new Ending("CANCELLED", ExpectedLine.FreeText));
            }
        }

        return [.. _answers];
    }

    private static JsonElement? TryParse(string line)
    {
        try
        {
            return JsonDocument.Parse(line).RootElement;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void CarryOut(AskedLine asked)
    {
        var type = asked.Text("type");
        if (type == "error")
        {
            LogLines++;
            return;
        }

        if (asked.Has("msg_id"))
        {
            asked.Integer("msg_id", 0, AskedLine.MaxMsgId);
        }

        if (asked.Has("in_reply_to"))
        {
            LogLines++;
            return;
        }

        if (_nodeId is null && type != "init")
        {
            throw new LineFault(11);
        }

        switch (type)
        {
            case "init":
                Init(asked);
                break;
            case "echo":
                Reply(asked, "echo_ok", $", \"echo\": {asked.Body.GetProperty("echo").GetRawText()}");
                break;
            case "grpc_call" or "grpc_server_stream" or "grpc_client_stream_open" or "grpc_bidi_stream_open":
                Open(asked, type);
                break;
            case "grpc_client_stream_send" or "grpc_bidi_stream_send":
                Send(asked, StreamOfFamily(asked, type));
                break;
            case "grpc_client_stream_close" or "grpc_bidi_stream_close":
                Close(asked, StreamOfFamily(asked, type));
                break;
            case "grpc_cancel":
                Cancel(asked);
                break;
            case "grpc_window_update":
                UpdateWindow(asked);
                break;
            case "grpc_stream_state":
                var call = CallOf(asked);
                Reply(asked, "grpc_stream_state_ok", $"{call.StreamField}, \"state\": \"{call.State}\"");
                break;
            default:
                throw new LineFault(10);
        }
    }

    private void Init(AskedLine asked)
    {
        var nodeId = asked.Text("node_id");
        if (_nodeId is not null && _nodeId != nodeId)
        {
            throw new LineFault(22);
        }

        _nodeId = nodeId;
        Reply(asked, "init_ok", "");
    }

    private void Open(AskedLine asked, string opener)
    {
        var msgId = asked.Integer("msg_id", 0, AskedLine.MaxMsgId);
        var service = asked.Text("service");
        var method = asked.Text("method");
        if (_byMsgId.TryGetValue((asked.Src, msgId), out var known) && known.State != "CLOSED")
        {
            throw new LineFault(12, "msg_id");
        }

        long? window = asked.Has("window") ? asked.Integer("window", 1, int.MaxValue) : null;
        var call = new ModelCall(asked.Src, msgId, opener, method, window);
        if (WhyRefused(call, service) is { } refusal)
        {
            _byMsgId[(call.Src, call.MsgId)] = call;
            End(call, refusal);
            return;
        }

        _opened.Add(call);
        _live.Add(call);
        _byMsgId[(call.Src, call.MsgId)] = call;
        if (call.IsStream)
        {
            call.StreamId = $"s{++_streams}";
            _byStream[call.StreamId] = call;
            Reply(asked, opener + "_ok", call.StreamField);
        }
        else
        {
            Push(call, asked, "request");
            call.State = call.State == "OPEN" ? "HALF_CLOSED" : call.State;
        }

        Run(call);
    }

    private Ending? WhyRefused(ModelCall call, string service)
    {
        if (service is not ("Probe" or "probe.Probe"))
        {
            return new Ending("UNIMPLEMENTED", ExpectedLine.FreeText, Names: "probe.Probe");
        }

        if (ModelCall.OpenerOf(call.Method) is not { } opener)
        {
            return new Ending("UNIMPLEMENTED", ExpectedLine.FreeText, Names: "EchoThrice");
        }

        if (opener != call.Opener)
        {
            return new Ending("UNIMPLEMENTED", ExpectedLine.FreeText, Names: opener);
        }

        return _live.Count >= maxCalls * ClientsWorthOfCalls || _live.Count(live => live.Src == call.Src) >= maxCalls
            ? new Ending("RESOURCE_EXHAUSTED", ExpectedLine.FreeText)
            : null;
    }

    private ModelCall StreamOfFamily(AskedLine asked, string type)
    {
        var call = StreamOf(asked);
        if (call.State == "CLOSED")
        {
            throw new LineFault(22, "CLOSED");
        }

        // Lines of the other family of streams are refused like those that do not go with the stream's state.
        return type.StartsWith(call.Opener[..^"open".Length], StringComparison.Ordinal) ? call : throw new LineFault(22, call.Opener);
    }

    private void Send(AskedLine asked, ModelCall call)
    {
        if (call.State == "HALF_CLOSED")
        {
            throw new LineFault(22, "HALF_CLOSED");
        }

        // All that wait are sends which the handler has not taken in: it would have taken them if it could.
        if (call.Window is { } window && call.Waiting.Count >= window)
        {
            End(call, new Ending("RESOURCE_EXHAUSTED", ExpectedLine.FreeText, Names: "window"));
            return;
        }

        Push(call, asked, "data");
        Run(call);
    }

    private void Close(AskedLine asked, ModelCall call)
    {
        if (call.State == "HALF_CLOSED")
        {
            throw new LineFault(22, "HALF_CLOSED");
        }

        call.State = "HALF_CLOSED";
        call.EndAnswers = asked.MsgIdOrNull ?? call.EndAnswers;
        Run(call);
    }

    private void Cancel(AskedLine asked)
    {
        var call = CallOf(asked);
        if (call.State == "CLOSED")
        {
            throw new LineFault(22, "CLOSED");
        }

        End(call, new Ending("CANCELLED", ExpectedLine.FreeText));
        Reply(asked, "grpc_cancel_ok", "");
    }

    private void UpdateWindow(AskedLine asked)
    {
        var credit = asked.Integer("credit", 1, int.MaxValue);
        var call = CallOf(asked);
        if (call.State == "CLOSED")
        {
            return;
        }

        call.Credit = call.Credit + credit ?? throw new LineFault(22);
        Run(call);
    }

    private ModelCall StreamOf(AskedLine asked) =>
        _byStream.TryGetValue(asked.Text("stream_id"), out var call) && call.Src == asked.Src ? call : throw new LineFault(20);

    private ModelCall CallOf(AskedLine asked)
    {
        if (asked.Has("stream_id") == asked.Has("call"))
        {
            throw new LineFault(12, "stream_id");
        }

        return asked.Has("stream_id") ? StreamOf(asked)
            : _byMsgId.TryGetValue((asked.Src, asked.Integer("call", 0, AskedLine.MaxMsgId)), out var call) ? call
            : throw new LineFault(20);
    }

    /// <summary>Leaves a message to the handler, or ends the call that it does not fit.</summary>
    private void Push(ModelCall call, AskedLine asked, string key)
    {
        if (call.WhyUnfit(asked.Field(key), key) is { } name)
        {
            End(call, new Ending("INVALID_ARGUMENT", ExpectedLine.FreeText, Names: name));
        }
        else
        {
            call.Waiting.Enqueue((asked.Field(key), asked.MsgIdOrNull));
        }
    }

    /// <summary>Has the handler go on for as long as it can: until it asks for a message or waits for credit.</summary>
    private void Run(ModelCall call)
    {
        while (call.State != "CLOSED")
        {
            if (call.Ready.TryPeek(out var data))
            {
                if (call.Credit == 0)
                {
                    return;
                }

                call.Ready.Dequeue();
                call.Credit--;
                call.Sent++;
                var head = call.IsStream
                    ? $"grpc_bidi_stream_recv\", \"in_reply_to\": {call.RecvAnswers}"
                    : $"grpc_stream_msg\", \"in_reply_to\": {call.MsgId}, \"seq\": {call.Sent}";
                Write(_nodeId!, call.Src, $"{head}, \"data\": {data}");
            }
            else if (call.Outcome is { } outcome)
            {
                LogLines += outcome.IsBug ? 1 : 0;
                End(call, outcome);
            }
            else if (call.Waiting.TryDequeue(out var message))
            {
                call.RecvAnswers = message.MsgId ?? call.RecvAnswers;
                TellOfRoom(call);
                call.Handle(message.Data);
            }
            else if (call.State == "HALF_CLOSED" && !call.IsStuck)
            {
                call.HandleEndOfRequests();
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>The handler has taken in a message: the client hears of it once that makes half its window or more.</summary>
    private void TellOfRoom(ModelCall call)
    {
        call.Freed++;
        if (call.State == "OPEN" && call.Window is { } window && call.Freed * 2 >= window)
        {
            Write(_nodeId!, call.Src, $"grpc_window_update\", \"in_reply_to\": {call.MsgId}{call.StreamField}, \"credit\": {call.Freed}");
            call.Freed = 0;
        }
    }

    private void End(ModelCall call, Ending ending)
    {
        call.State = "CLOSED";
        _live.Remove(call);
        Remember(call);
        var fields = new StringBuilder();
        fields.Append(CultureInfo.InvariantCulture, $"{(call.GivesOneMessage ? "grpc_call_ok" : "grpc_stream_end")}\", \"in_reply_to\": {call.EndAnswers}");
        if (!call.GivesOneMessage)
        {
            fields.Append(call.StreamField);
        }

        fields.Append(CultureInfo.InvariantCulture, $", \"status\": \"{ending.Status}\"");
        if (ending.Message is not null)
        {
            fields.Append(CultureInfo.InvariantCulture, $", \"message\": {ending.Message}");
        }

        if (!call.GivesOneMessage)
        {
            fields.Append(CultureInfo.InvariantCulture, $", \"count\": {call.Sent}");
        }
        else if (ending.Status == "OK")
        {
            fields.Append(CultureInfo.InvariantCulture, $", \"response\": {ending.Response}");
        }

        Write(_nodeId!, call.Src, fields.ToString(), ending.Names);
    }

    private void Remember(ModelCall ended)
    {
        _ended.Enqueue(ended);
        if (_ended.Count <= MaxRemembered)
        {
            return;
        }

        var oldest = _ended.Dequeue();
        _byStream.Remove(oldest.StreamId ?? "");
        if (_byMsgId.TryGetValue((oldest.Src, oldest.MsgId), out var latest) && latest == oldest)
        {
            _byMsgId.Remove((oldest.Src, oldest.MsgId));
        }
    }

    /// <summary>Answers a line that bore a msg_id; one without is carried out and gets no reply.</summary>
    private void Reply(AskedLine asked, string type, string fields)
    {
        if (asked.MsgIdOrNull is { } msgId)
        {
            Write(_nodeId!, asked.Src, $"{type}\", \"in_reply_to\": {msgId}{fields}");
        }
    }

    private void Write(string src, string dest, string typeAndFields, string? names = null) =>
        _answers.Add(new ExpectedLine(
            $$$"""{"src": "{{{src}}}", "dest": "{{{dest}}}", "body": {"type": "{{{typeAndFields}}}, "msg_id": {{{_nextMsgId++}}}}}""", names));
}

/// <summary>What is wrong with a line.</summary>
/// <param name="Names">A word that the error's text must contain.</param>
internal sealed class LineFault(int code, string? names = null) : Exception
{
    public int Code { get; } = code;

    public string? Names { get; } = names;
}

/// <summary>A line as the model reads it.</summary>
internal sealed record AskedLine(string Src, string Dest, JsonElement Body)
{
    public const long MaxMsgId = (1L << 53) - 1;

    public long? MsgIdOrNull =>
        Field("msg_id") is { ValueKind: JsonValueKind.Number } given && given.TryGetInt64(out var msgId) && msgId is >= 0 and <= MaxMsgId ? msgId : null;

    public bool Has(string name) => Body.TryGetProperty(name, out _);

    public JsonElement Field(string name) => Body.TryGetProperty(name, out var field) ? field : default;

    public string Text(string name) =>
        Field(name) is { ValueKind: JsonValueKind.String } given ? given.GetString()! : throw new LineFault(12, name);

    public long Integer(string name, long min, long max) =>
        Field(name) is { ValueKind: JsonValueKind.Number } given && given.TryGetInt64(out var value) && value >= min && value <= max
            ? value
            : throw new LineFault(12, name);
}
