using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace LogWatcher.Rpc;

/// <summary>How one field of a message is read from JSON and written to it. Any number of threads at once.</summary>
internal abstract class FieldJson<TMessage>
    where TMessage : class, IMessage<TMessage>
{
    // `, "name": `; the first field of a message leaves the separator out.
    private const int SeparatorBytes = 2;
    private readonly byte[] _prefix;

    /// <param name="name">As the .proto has it; it is what is written.</param>
    /// <param name="jsonName">It is read by this one as well.</param>
    protected FieldJson(string name, string jsonName)
    {
        Name = name;
        JsonName = jsonName;
        _prefix = Encoding.UTF8.GetBytes(", \"" + name + "\": ");
    }

    public string Name { get; }

    public string JsonName { get; }

    /// <summary>Whether null goes to <see cref="Read"/>, and not to <see cref="Clear"/>.</summary>
    public abstract bool ReadsNull { get; }

    /// <summary>Unsets the field, if it is set.</summary>
    public abstract void Clear(TMessage message);

    /// <summary>Sets the field, in place of what it holds.</summary>
    /// <param name="reader">Stands on the value's first token; afterwards on its last.</param>
    /// <param name="message">The message whose field it is.</param>
    /// <exception cref="MessageFormatException">The value does not fit; its path begins inside of this field.</exception>
    public abstract void Read(ref JsonInput reader, TMessage message);

    /// <summary>Writes the field's name and value, if it is set.</summary>
    /// <returns>Whether it is set.</returns>
    public abstract bool Write(JsonOutput output, TMessage message, bool isFirst);

    /// <summary>Writes the value alone, set or not.</summary>
    public abstract void WriteValue(JsonOutput output, TMessage message);

    /// <summary>
    /// How the field's value is read and set: by its property, if that is of this type. Otherwise through the descriptor, which takes and
    /// gives objects: of an enum as its number, which is unboxed as either, and of a message as any message.
    /// </summary>
    protected static (Func<TMessage, TValue> Get, Action<TMessage, TValue> Set) Access<TValue>(FieldDescriptor descriptor)
    {
        var property = descriptor.ContainingType.ClrType.GetProperty(descriptor.PropertyName)!;
        if (property.PropertyType == typeof(TValue))
        {
            return (property.GetMethod!.CreateDelegate<Func<TMessage, TValue>>(), property.SetMethod!.CreateDelegate<Action<TMessage, TValue>>());
        }

        var accessor = descriptor.Accessor;
        return (message => (TValue)accessor.GetValue(message), (message, value) => accessor.SetValue(message, value));
    }

    /// <summary>What says whether a field with presence is set; messages have none, for null says it.</summary>
    protected static Func<TMessage, bool>? Presence(FieldDescriptor descriptor)
    {
        if (!descriptor.HasPresence || descriptor.FieldType is FieldType.Message or FieldType.Group)
        {
            return null;
        }

        var accessor = descriptor.Accessor;
        return accessor.HasValue;
    }

    protected void WriteName(JsonOutput output, bool isFirst) => output.WriteRaw(isFirst ? _prefix.AsSpan(SeparatorBytes) : _prefix);
}
