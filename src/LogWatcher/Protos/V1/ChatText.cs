using LogWatcher.Rpc;

namespace LogWatcher.Protos.V1;

/// <summary>What a client says first of all, as often as not.</summary>
public sealed partial class ChatText : IListsFields<ChatText>
{
    FieldJson<ChatText>[] IListsFields<ChatText>.Fields =>
        [new SingularFieldJson<ChatText, string, StringJson>("text", message => message.Text, (message, text) => message.Text = text)];
}
