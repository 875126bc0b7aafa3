using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>
/// One of protobuf's scalar types (protobuf.dev, "Language Guide (proto 3)", "Scalar Value Types"): its values from JSON and to
/// it, from bytes and to them. A value is an object of the C# type that Google.Protobuf gives it.
/// </summary>
internal abstract class ScalarType(string name, WireType wireType)
{
    /// <summary>As a .proto names it.</summary>
    public string Name { get; } = name;

    public WireType WireType { get; } = wireType;

    /// <summary>Whether several values of a repeated field share one LEN record: proto3 packs whatever is a number.</summary>
    public bool IsPacked => WireType != WireType.Len;

    /// <summary>Whether a map's keys may be of this type: integers, bool and string.</summary>
    public abstract bool CanBeKey { get; }

    /// <summary>The value of a field that is not there.</summary>
    public abstract object Default { get; }

    /// <summary>Whether proto3 leaves a field with this value out.</summary>
    public abstract bool IsDefault(object value);

    /// <param name="reader">Stands on the value's token.</param>
    /// <exception cref="MessageFormatException">The token is no value of this type.</exception>
    public abstract object ReadJson(ref JsonInput reader);

    /// <param name="reader">Stands on the name that is a map's key.</param>
    /// <exception cref="MessageFormatException">The name is no value of this type.</exception>
    public abstract object ReadJsonKey(ref JsonInput reader);

    /// <summary>A map's key as the name of a property, with its quotes.</summary>
    public abstract void WriteJsonKey(JsonOutput output, object key);

    /// <summary>The value without its tag; that of LEN with its length.</summary>
    public abstract void Write(WireWriter writer, object value);

    /// <summary>Reads a value that stands right behind its tag, or among packed ones.</summary>
    /// <exception cref="WireFormatException">It is cut off, or no value of this type.</exception>
    public abstract object Read(ref WireReader reader);
}
