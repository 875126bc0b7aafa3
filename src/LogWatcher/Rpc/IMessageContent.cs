namespace LogWatcher.Rpc;

/// <summary>What a message holds without having it in its fields. One thread at a time.</summary>
internal interface IMessageContent
{
    /// <summary>Writes the JSON that the message would have with all its fields.</summary>
    void WriteJson(JsonOutput output);

    /// <summary>The bytes that the message would have with all its fields. Good until asked for again.</summary>
    ReadOnlySpan<byte> ToProto();
}
