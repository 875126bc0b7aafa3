namespace LogWatcher.Rpc;

/// <summary>What a message is to hold, before it is put into the message's fields. One thread at a time.</summary>
internal interface IMessageContent
{
    /// <summary>Writes the JSON that the message would have with all its fields.</summary>
    void WriteJson(JsonOutput output);

    /// <summary>Puts all of it into the message's fields, in place of what they hold.</summary>
    void FillMessage();
}
