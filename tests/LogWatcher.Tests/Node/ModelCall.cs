using System.Globalization;
using System.Text.Json;

namespace LogWatcher.Tests.Node;

/// <summary>How a call of the model ends.</summary>
/// <param name="Message">As it stands in the line; null: there is none.</param>
/// <param name="Names">A word that a free message must contain.</param>
/// <param name="Response">What a call that gives one message answers, if it ends well.</param>
/// <param name="IsBug">Whether people hear of it.</param>
internal sealed record Ending(string Status, string? Message = null, string? Names = null, string? Response = null, bool IsBug = false);

/// <summary>A call of the model, and what the probe's handlers do that need no waiting.</summary>
internal sealed class ModelCall(string src, long msgId, string opener, string method, long? window)
{
    private long _sum;

    public string Src { get; } = src;

    public long MsgId { get; } = msgId;

    public string Opener { get; } = opener;

    public string Method { get; } = method;

    /// <summary>The client's credit for messages that the handler has not taken in; null: no flow control.</summary>
    public long? Window { get; } = window;

    /// <summary>The server's credit; null: no flow control.</summary>
    public long? Credit { get; set; } = window;

    public string State { get; set; } = "OPEN";

    /// <summary>Null: the call is no stream, or was refused.</summary>
    public string? StreamId { get; set; }

    public long RecvAnswers { get; set; } = msgId;

    public long EndAnswers { get; set; } = msgId;

    public long Sent { get; set; }

    /// <summary>Messages taken in of which the client has not heard.</summary>
    public long Freed { get; set; }

    /// <summary>What the client has sent and the handler has not taken in.</summary>
    public Queue<(JsonElement Data, long? MsgId)> Waiting { get; } = [];

    /// <summary>What the handler has for the client and has not sent.</summary>
    public Queue<string> Ready { get; } = [];

    /// <summary>How the call ends once everything that is ready was sent; null: the handler asks for more.</summary>
    public Ending? Outcome { get; private set; }

    /// <summary>Whether the handler waits for something that never comes here.</summary>
    public bool IsStuck => Method == "Tick";

    public bool IsEndless => Method is "Tick" or "EchoEndless";

    public bool IsStream => Opener is "grpc_client_stream_open" or "grpc_bidi_stream_open";

    public bool GivesOneMessage => Opener is "grpc_call" or "grpc_client_stream_open";

    public string StreamField => StreamId is null ? "" : $", \"stream_id\": \"{StreamId}\"";

    /// <summary>How a method is opened; null: there is no such method.</summary>
    public static string? OpenerOf(string method) => method switch
    {
        "Answer" or "Nothing" or "Fail" => "grpc_call",
        "Count" or "CountAndFail" or "Tick" => "grpc_server_stream",
        "Sum" or "SumToZero" => "grpc_client_stream_open",
        "Echo" or "EchoThrice" or "EchoEndless" => "grpc_bidi_stream_open",
        _ => null,
    };

    /// <summary>The name of what does not fit the method's message; null: it fits.</summary>
    /// <param name="data">Undefined: left out, and so the empty message.</param>
    /// <param name="key">Where it stands.</param>
    public string? WhyUnfit(JsonElement data, string key) => data.ValueKind switch
    {
        JsonValueKind.Undefined => null,
        JsonValueKind.Object => data.EnumerateObject().FirstOrDefault(field => !IsFit(field)).Value.ValueKind == JsonValueKind.Undefined
            ? null
            : data.EnumerateObject().First(field => !IsFit(field)).Name,
        _ => key,
    };

    /// <summary>The handler has taken in a message.</summary>
    public void Handle(JsonElement data)
    {
        var text = Method is "Answer" or "Echo" or "EchoThrice" or "EchoEndless" ? TextOf(data, "text") : "";
        switch (Method)
        {
            case "Answer":
                Outcome = new Ending("OK", Response: TextMessage(text));
                break;
            case "Nothing":
                Outcome = Bug();
                break;
            case "Fail":
                Outcome = FailureOf(data);
                break;
            case "Count":
                CountTo(NumberOf(data, "count"));
                Outcome = new Ending("OK");
                break;
            case "CountAndFail":
                CountTo(NumberOf(data, "after"));
                Outcome = FailureOf(data);
                break;
            case "Tick":
                CountTo(1);
                break;
            case "SumToZero" when NumberOf(data, "value") == 0:
                HandleEndOfRequests();
                break;
            case "Sum" or "SumToZero":
                _sum += NumberOf(data, "value");
                break;
            case "EchoThrice" when text is "bye" or "fail" or "crash":
                Outcome = text == "bye" ? new Ending("OK") : text == "fail" ? new Ending("ABORTED", "\"asked to fail\"") : Bug();
                break;
            default:
                for (var times = Method == "EchoThrice" ? 3 : 1; times > 0; times--)
                {
                    Ready.Enqueue(TextMessage(text));
                }

                break;
        }
    }

    /// <summary>The handler has heard that no more messages come.</summary>
    public void HandleEndOfRequests() =>
        Outcome = new Ending("OK", Response: GivesOneMessage ? NumberMessage(_sum) : null);

    /// <summary>Whether a field is what the method's message says of it; fields that it does not know mean nothing.</summary>
    private bool IsFit(JsonProperty field) => (Method, field.Name) switch
    {
        ("Answer" or "Nothing" or "Echo" or "EchoThrice" or "EchoEndless", "text") => field.Value.ValueKind == JsonValueKind.String,
        ("Fail" or "CountAndFail", "message") => field.Value.ValueKind == JsonValueKind.String,
        ("Fail" or "CountAndFail", "code" or "after") => IsInteger(field.Value),
        ("Count" or "Tick", "count") => IsInteger(field.Value),
        ("Sum" or "SumToZero", "value") => IsInteger(field.Value),
        _ => true,
    };

    private static bool IsInteger(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? value.TryGetInt64(out _)
        : value.ValueKind == JsonValueKind.String && long.TryParse(value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    private static long NumberOf(JsonElement data, string name) =>
        data.ValueKind != JsonValueKind.Object || !data.TryGetProperty(name, out var value) ? 0
        : value.ValueKind == JsonValueKind.Number ? value.GetInt64()
        : long.Parse(value.GetString()!, CultureInfo.InvariantCulture);

    private static string TextOf(JsonElement data, string name) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty(name, out var value) ? value.GetString()! : "";

    private static string TextMessage(string text) => text.Length == 0 ? "{}" : $"{{\"text\": {Quote(text)}}}";

    private static string NumberMessage(long value) => value == 0 ? "{}" : $"{{\"value\": {value}}}";

    private static string Quote(string text) =>
        "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n").Replace("\t", "\\t") + "\"";

    private static Ending Bug() => new("UNKNOWN", ExpectedLine.FreeText, IsBug: true);

    private static Ending FailureOf(JsonElement data) => NumberOf(data, "code") switch
    {
        0 => Bug(),
        5 => new Ending("NOT_FOUND", Quote(TextOf(data, "message"))),
        7 => new Ending("PERMISSION_DENIED", Quote(TextOf(data, "message"))),
        var code => throw new ArgumentException($"the walks ask for no status {code}"),
    };

    private void CountTo(long count)
    {
        for (var value = 1L; value <= count; value++)
        {
            Ready.Enqueue(NumberMessage(value));
        }
    }
}
