using System.Reflection;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace LogWatcher.Rpc;

/// <summary>The JSON of a type of message that only its descriptor tells: one that is a field's value.</summary>
internal abstract class MessageJson
{
    /// <summary>Whether JSON's null is a value of it: of a google.protobuf.Value it is.</summary>
    public abstract bool ReadsNull { get; }

    /// <summary>The one for messages of this type.</summary>
    /// <remarks>Machine code has it: of all methods for classes there is one code. (Not so for a type parameter that may be a struct.)</remarks>
    public static MessageJson Of(MessageDescriptor descriptor) =>
        (MessageJson)typeof(MessageJson).GetMethod(nameof(InstanceFor), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(descriptor.ClrType).Invoke(null, null)!;

    /// <inheritdoc cref="MessageJson{T}.ReadCurrent"/>
    public abstract IMessage ReadAny(ref JsonInput reader);

    /// <inheritdoc cref="MessageJson{T}.Write"/>
    public abstract void WriteAny(JsonOutput output, IMessage message);

    private static MessageJson<T> InstanceFor<T>()
        where T : class, IMessage<T>, new() => MessageJson<T>.Instance;
}

/// <summary>
/// The JSON of one type of message, straight from and to UTF-8: the proto3 JSON mapping
/// (protobuf.dev/programming-guides/json) as protocol.md has it. The plan of the fields is made at first use; after that there
/// is no reflection and no text in between, and boxing only of enums, of what is in a map, and of repeated numbers. Any number of threads at once.
/// </summary>
internal sealed class MessageJson<T> : MessageJson
    where T : class, IMessage<T>, new()
{
    private readonly T _empty = new();
    private readonly bool _isWellKnown;
    private readonly bool _isWrapper;
    private readonly bool _isDeferred;

    // Made once it is needed, which for some messages is never.
    private Plan? _plan;

    private MessageJson()
    {
        // A descriptor takes milliseconds to make, so it is asked for only where it can matter.
        if (typeof(T).Assembly == typeof(IMessage).Assembly)
        {
            _isWellKnown = WellKnownJson.Holds(_empty.Descriptor);
            _isWrapper = FieldPlan.IsWrapper(_empty.Descriptor);
        }

        _isDeferred = _empty is IDeferredMessage;
    }

    public static MessageJson<T> Instance { get; } = new();

    public override bool ReadsNull => typeof(T) == typeof(Value);

    private Plan Fields => _plan ??= new Plan(
        _empty is IListsFields<T> listing ? listing.Fields : [.. _empty.Descriptor.Fields.InDeclarationOrder().Select(FieldPlan.Make<T>)]);

    /// <summary>Reads one message; <c>null</c> is the empty one.</summary>
    /// <param name="utf8">The message and nothing else, but for white space.</param>
    /// <exception cref="MessageFormatException">It does not fit; the text names the field, what is wrong and what would be right.</exception>
    public T Parse(ReadOnlySpan<byte> utf8)
    {
        var reader = new JsonInput(utf8);
        var message = Parse(ref reader);
        try
        {
            reader.Read();
        }
        catch (JsonException e)
        {
            throw new MessageFormatException($"expected one JSON object, got more behind it ({e.Message})", e);
        }

        return message;
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    /// <param name="reader">
    /// Its next <see cref="JsonInput.Read"/> gives the value's first token (it has read nothing yet, or stands on the value's
    /// name); afterwards it stands on the value's last token.
    /// </param>
    public T Parse(ref JsonInput reader)
    {
        try
        {
            reader.Read();

            // A Value is the one message that null is a value of.
            return reader.TokenType == JsonTokenType.Null && !ReadsNull ? new T() : ReadCurrent(ref reader);
        }
        catch (JsonException e)
        {
            throw new MessageFormatException($"expected JSON, got text that is none ({e.Message})", e);
        }
        catch (InvalidOperationException e)
        {
            throw new MessageFormatException("expected text, got bytes that are no UTF-8, or an escape that is half of a surrogate pair", e);
        }
    }

    public override IMessage ReadAny(ref JsonInput reader) => ReadCurrent(ref reader);

    public override void WriteAny(JsonOutput output, IMessage message) => Write(output, (T)message);

    /// <summary>Writes the message in the course's form; an empty one is <c>{}</c>.</summary>
    public void Write(JsonOutput output, T message)
    {
        if (_isDeferred && ((IDeferredMessage)message).Content is { } content)
        {
            content.WriteJson(output);
            return;
        }

        if (_isWellKnown)
        {
            WellKnownJson.Write(output, message);
            return;
        }

        if (_isWrapper)
        {
            Fields.InOrder[0].WriteValue(output, message);
            return;
        }

        output.WriteByte((byte)'{');
        var isFirst = true;
        foreach (var field in Fields.InOrder)
        {
            if (field.Write(output, message, isFirst))
            {
                isFirst = false;
            }
        }

        output.WriteByte((byte)'}');
    }

    /// <summary>The same as <see cref="Parse(ref JsonInput)"/> inside of a message.</summary>
    /// <param name="reader">Stands on the value's first token; afterwards on its last.</param>
    /// <exception cref="MessageFormatException">The value does not fit.</exception>
    /// <exception cref="JsonException">The text is no JSON.</exception>
    /// <exception cref="InvalidOperationException">A name in it is no text.</exception>
    internal T ReadCurrent(ref JsonInput reader)
    {
        if (_isWellKnown)
        {
            return WellKnownJson.Read<T>(ref reader);
        }

        // An empty message's copy: generated code, where new T() would go through reflection.
        var message = _empty.Clone();
        if (_isWrapper)
        {
            Fields.InOrder[0].Read(ref reader, message);
            return message;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw MessageFormatException.Unexpected(ref reader, "an object");
        }

        FieldJson<T>? field = null;
        var next = 0;
        try
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                field = Find(ref reader, ref next);
                ReadField(ref reader, message, field);
            }
        }
        catch (MessageFormatException e) when (e.Within(field!.Name))
        {
            throw;
        }

        return message;
    }

    private static void ReadField(ref JsonInput reader, T message, FieldJson<T>? field)
    {
        if (field is null)
        {
            reader.Skip();
            return;
        }

        reader.Read();
        if (reader.TokenType == JsonTokenType.Null && !field.ReadsNull)
        {
            field.Clear(message);
        }
        else
        {
            field.Read(ref reader, message);
        }
    }

    /// <summary>
    /// The field of the name that the reader stands on, or null. Most clients write the fields in the order of the .proto, so
    /// the search begins behind the last one found; names of other lengths cost one comparison each.
    /// </summary>
    private FieldJson<T>? Find(ref JsonInput reader, ref int next)
    {
        if (reader.ValueIsEscaped)
        {
            return FindEscaped(ref reader);
        }

        var name = reader.ValueSpan;
        var names = Fields.Names;
        for (var i = next; i < names.Length; i++)
        {
            if (name.SequenceEqual(names[i].Name))
            {
                next = i + 1;
                return names[i].Field;
            }
        }

        for (var i = 0; i < next; i++)
        {
            if (name.SequenceEqual(names[i].Name))
            {
                next = i + 1;
                return names[i].Field;
            }
        }

        return null;
    }

    private FieldJson<T>? FindEscaped(ref JsonInput reader)
    {
        foreach (var (name, field) in Fields.Names)
        {
            if (reader.ValueTextEquals(name))
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>How the fields are read and written.</summary>
    private sealed class Plan
    {
        public Plan(FieldJson<T>[] fields)
        {
            InOrder = fields;
            Names = NamesOf(fields);
        }

        /// <summary>As the .proto declares them.</summary>
        public FieldJson<T>[] InOrder { get; }

        /// <summary>Every name a field is read by: first the names of the .proto in its order, which are those that are written.</summary>
        public (byte[] Name, FieldJson<T> Field)[] Names { get; }

        /// <summary>
        /// The names that a field may be given by, those as declared first. Plain loops: queries over pairs would be compiled at
        /// every start.
        /// </summary>
        private static (byte[] Name, FieldJson<T> Field)[] NamesOf(FieldJson<T>[] fields)
        {
            var seen = new List<string>(fields.Length * 3);
            var names = new (byte[] Name, FieldJson<T> Field)[fields.Length * 3];
            for (var index = 0; index < names.Length; index++)
            {
                var field = fields[index % fields.Length];
                var name = (index / fields.Length) switch
                {
                    0 => field.Name,
                    1 => field.JsonName,
                    _ => LowerCamelCase.Of(field.Name),
                };
                if (!seen.Contains(name))
                {
                    names[seen.Count] = (Encoding.UTF8.GetBytes(name), field);
                    seen.Add(name);
                }
            }

            return names[..seen.Count];
        }
    }
}
