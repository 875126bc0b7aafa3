namespace LogWatcher.Lab;

/// <summary>The messages that one client has defined. One thread at a time.</summary>
internal sealed class ClientSchemas
{
    private readonly Dictionary<string, (MessageSchema Schema, int TextBytes)> _byName = new(StringComparer.Ordinal);

    // What is known to need nothing that is not defined. To define a name can't take anything from that but through the fields
    // of the new message, so all of it is looked at again.
    private readonly HashSet<string> _complete = new(StringComparer.Ordinal);

    public int Count => _byName.Count;

    /// <summary>How long the text was that defined the message, in bytes; 0: there is none of that name.</summary>
    public int TextBytesOf(string name) => _byName.TryGetValue(name, out var known) ? known.TextBytes : 0;

    /// <summary>Defines a message; one of the same name is no more: whoever changes a schema while exploring sends it again.</summary>
    public void Define(MessageSchema schema, int textBytes)
    {
        _byName[schema.Name] = (schema, textBytes);
        _complete.Clear();
    }

    /// <summary>A message that a field of a message from <see cref="Require"/> is of.</summary>
    public MessageSchema this[string name] => _byName[name].Schema;

    /// <summary>The message of that name, all that it holds being defined, however deep.</summary>
    /// <exception cref="UndefinedMessageException">It is not defined, or a message that it needs is not.</exception>
    public MessageSchema Require(string name)
    {
        if (!_byName.TryGetValue(name, out var asked))
        {
            throw new UndefinedMessageException($"this client has defined no message \"{name}\": send \"proto_define\" first");
        }

        var waiting = new Stack<MessageSchema>([asked.Schema]);
        var seen = new HashSet<string>(StringComparer.Ordinal) { name };
        while (waiting.TryPop(out var schema))
        {
            foreach (var field in schema.Fields)
            {
                if (field.NeededMessage is not { } needed || _complete.Contains(needed) || !seen.Add(needed))
                {
                    continue;
                }

                waiting.Push(_byName.TryGetValue(needed, out var found)
                    ? found.Schema
                    : throw new UndefinedMessageException($"{schema.Name}.{field.Name} is of the type \"{needed}\", which this client has not defined"));
            }
        }

        _complete.UnionWith(seen);
        return asked.Schema;
    }
}
