using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace LogWatcher.Rpc;

/// <summary>
/// The well-known types whose JSON is not that of their fields. They are rare and their rules are many, so Google.Protobuf's
/// own formatter and parser do them; what it writes is only respaced. An Any can hold the well-known types alone.
/// </summary>
internal static class WellKnownJson
{
    private static readonly TypeRegistry AnyTypes = TypeRegistry.FromFiles(
        AnyReflection.Descriptor,
        DurationReflection.Descriptor,
        EmptyReflection.Descriptor,
        FieldMaskReflection.Descriptor,
        StructReflection.Descriptor,
        TimestampReflection.Descriptor,
        WrappersReflection.Descriptor);

    // What came through a JsonInput is never too deep here.
    private static readonly JsonParser Parser = new(new JsonParser.Settings(JsonInput.MaxDepth, AnyTypes).WithIgnoreUnknownFields(true));

    private static readonly JsonFormatter Formatter = new(new JsonFormatter.Settings(false, AnyTypes).WithPreserveProtoFieldNames(true));

    /// <summary>Whether this is one of them.</summary>
    public static bool Holds(MessageDescriptor descriptor) =>
        descriptor == Timestamp.Descriptor || descriptor == Duration.Descriptor || descriptor == FieldMask.Descriptor
        || descriptor == Struct.Descriptor || descriptor == Value.Descriptor || descriptor == ListValue.Descriptor
        || descriptor == Any.Descriptor;

    /// <param name="reader">Stands on the value's first token; afterwards on its last.</param>
    /// <exception cref="MessageFormatException">The value does not fit.</exception>
    public static T Read<T>(ref JsonInput reader)
        where T : class, IMessage<T>, new()
    {
        var text = new JsonOutput();
        JsonRespacer.WriteCurrent(ref reader, text);
        try
        {
            return Parser.Parse<T>(Encoding.UTF8.GetString(text.Written));
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            throw new MessageFormatException(
                $"expected a {new T().Descriptor.FullName} in JSON, got {MessageFormatException.Quote(text.Written)} ({e.Message})", e);
        }
    }

    /// <exception cref="InvalidOperationException">The message holds what its type has no JSON for, e.g. a Timestamp in the year 10000.</exception>
    public static void Write(JsonOutput output, IMessage message)
    {
        var reader = new JsonInput(Encoding.UTF8.GetBytes(Formatter.Format(message)));
        JsonRespacer.Write(ref reader, output);
    }
}
