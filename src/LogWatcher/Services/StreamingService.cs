using System.Globalization;
using LogWatcher.Protos.Streaming;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary><c>streaming.StreamingService</c> (seed 003): one method of each kind.</summary>
internal sealed class StreamingService(Pace pace)
{
    private const int DefaultMessages = 10;
    private const double MessageSeconds = 0.5;
    private const double EchoSeconds = 0.2;

    [Example("""{"content":"hello","sender":"ann"}""")]
    public Task<Message> UnaryCall(Message request, CallContext context) => Task.FromResult(FromServer("Echo: " + request.Content, context));

    /// <exception cref="RpcException">INVALID_ARGUMENT: <c>max_messages</c> is negative.</exception>
    [Example("""{"topic":"news","max_messages":3}""")]
    public async IAsyncEnumerable<Message> ServerStreaming(StreamRequest request, CallContext context)
    {
        RequestChecks.RejectNegative("max_messages", request.MaxMessages);
        var count = request.MaxMessages == 0 ? DefaultMessages : request.MaxMessages;
        for (var number = 1L; number <= count; number++)
        {
            yield return FromServer(string.Create(CultureInfo.InvariantCulture, $"Message {number} for topic {request.Topic}"), context);
            if (number < count)
            {
                await pace.WorkAsync(MessageSeconds, context);
            }
        }
    }

    /// <summary>Counts messages, and their characters as the seed's language does: by code points.</summary>
    [Example("""{"content":"Hello from client"}""")]
    public async Task<StreamResponse> ClientStreaming(IAsyncEnumerable<Message> requests, CallContext context)
    {
        var (messages, length) = (0, 0L);
        await foreach (var request in requests)
        {
            messages++;
            foreach (var _ in request.Content.EnumerateRunes())
            {
                length++;
            }
        }

        return new StreamResponse
        {
            MessagesProcessed = messages,
            Status = string.Create(CultureInfo.InvariantCulture, $"Processed {messages} messages, total length: {length}"),
        };
    }

    [Example("""{"content":"Hello","sender":"client"}""")]
    public async IAsyncEnumerable<Message> BidirectionalStreaming(IAsyncEnumerable<Message> requests, CallContext context)
    {
        await foreach (var request in requests)
        {
            yield return FromServer(request.Content.Length > 0 ? "Echo: " + request.Content : "ERROR: Empty message content", context);
            await pace.WorkAsync(EchoSeconds, context);
        }
    }

    private static Message FromServer(string content, CallContext context) =>
        new() { Content = content, Sender = "server", Timestamp = context.Time.GetUtcNow().ToUnixTimeMilliseconds() };
}
