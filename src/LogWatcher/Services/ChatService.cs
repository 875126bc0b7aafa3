using LogWatcher.Protos.V1;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary><c>logwatcher.v1.Chat</c>: seed 000's bidirectional example.</summary>
internal sealed class ChatService : IListsMethods
{
    public Method[] List(MethodFactory methods) => [methods.Bidi<ChatText, ChatText>(nameof(BiDiChat), BiDiChat)];

    /// <summary>Answers each message with one: <c>echo: </c> and its text.</summary>
    [Example("""{"text":"hello"}""")]
    public async IAsyncEnumerable<ChatText> BiDiChat(IAsyncEnumerable<ChatText> requests, CallContext context)
    {
        await foreach (var request in requests)
        {
            yield return new ChatText { Text = "echo: " + request.Text };
        }
    }
}
