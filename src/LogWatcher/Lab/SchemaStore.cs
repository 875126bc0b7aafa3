namespace LogWatcher.Lab;

/// <summary>What all clients have defined, each for itself. One thread at a time.</summary>
internal sealed class SchemaStore
{
    /// <summary>Messages of one client.</summary>
    public const int MaxSchemasOfClient = 1_000;

    /// <summary>
    /// The text of all schemas of all clients together, with the clients' names: how many clients there are is up to those who send.
    /// What is made of the text takes several times as much.
    /// </summary>
    public const int MaxTextBytes = 16 * 1024 * 1024;

    private static readonly ClientSchemas None = new();

    private readonly Dictionary<string, ClientSchemas> _byClient = new(StringComparer.Ordinal);
    private int _textBytes;

    /// <summary>What a client has defined, to look at.</summary>
    public ClientSchemas Of(string client) => _byClient.GetValueOrDefault(client, None);

    /// <summary>Defines a message for one client, in place of its message of that name if it has one.</summary>
    /// <param name="textBytes">How long the text of the schema is.</param>
    /// <exception cref="SchemaLimitException">It would be one more than there may be; nothing has changed.</exception>
    public void Define(string client, MessageSchema schema, int textBytes)
    {
        var schemas = Of(client);
        var replacedBytes = schemas.TextBytesOf(schema.Name);
        if (replacedBytes == 0 && schemas.Count >= MaxSchemasOfClient)
        {
            throw new SchemaLimitException(
                $"this client has defined {MaxSchemasOfClient} messages, and may define no more; one that it has may be defined again");
        }

        var moreBytes = textBytes - replacedBytes + (schemas == None ? client.Length : 0);
        if (moreBytes > MaxTextBytes - _textBytes)
        {
            throw new SchemaLimitException($"the schemas of all clients would be longer than {MaxTextBytes} bytes");
        }

        if (schemas == None)
        {
            _byClient.Add(client, schemas = new ClientSchemas());
        }

        schemas.Define(schema, textBytes);
        _textBytes += moreBytes;
    }
}
