using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace LogWatcher.Rpc;

/// <summary>
/// Finds the <see cref="FieldJson{TMessage}"/> of a field, once per message type. Every type of value that is needed is named
/// here, none is put together at run time, so that all of it can be compiled ahead of time: enums are numbers, and messages are messages.
/// </summary>
internal static class FieldPlan
{
    public static FieldJson<TMessage> Make<TMessage>(FieldDescriptor field)
        where TMessage : class, IMessage<TMessage> =>
        field.IsMap ? new MapFieldJson<TMessage>(field) : Visit<FieldMaker<TMessage>, FieldJson<TMessage>>(field, new FieldMaker<TMessage>(field));

    /// <summary>For a key of a map, or a value.</summary>
    public static BoxedJson Boxed(FieldDescriptor field) => Visit<BoxedMaker, BoxedJson>(field, default);

    /// <summary>Whether this is one of the messages of google/protobuf/wrappers.proto, whose JSON is that of their one field.</summary>
    public static bool IsWrapper(MessageDescriptor message) => message.File.Name == "google/protobuf/wrappers.proto";

    private static TResult Visit<TMaker, TResult>(FieldDescriptor field, TMaker maker)
        where TMaker : struct, IMaker<TResult> => field.FieldType switch
        {
            FieldType.Bool => maker.Make<bool, BooleanJson>(default),
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => maker.Make<int, IntegerJson<int>>(default),
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => maker.Make<long, IntegerJson<long>>(default),
            FieldType.UInt32 or FieldType.Fixed32 => maker.Make<uint, IntegerJson<uint>>(default),
            FieldType.UInt64 or FieldType.Fixed64 => maker.Make<ulong, IntegerJson<ulong>>(default),
            FieldType.Float => maker.Make<float, FloatingPointJson<float>>(default),
            FieldType.Double => maker.Make<double, FloatingPointJson<double>>(default),
            FieldType.String => maker.Make<string, StringJson>(default),
            FieldType.Bytes => maker.Make<ByteString, BytesJson>(default),
            FieldType.Enum when field.EnumType.ClrType == typeof(NullValue) => maker.Make<NullValue, NullValueJson>(default),
            FieldType.Enum => maker.Make<int, EnumJson>(new EnumJson(field.EnumType)),
            _ when IsWrapper(field.MessageType) => VisitWrapped<TMaker, TResult>(field.MessageType.FindFieldByNumber(1), maker),
            _ => maker.Make<IMessage, MessageValueJson>(new MessageValueJson(MessageJson.Of(field.MessageType))),
        };

    private static TResult VisitWrapped<TMaker, TResult>(FieldDescriptor wrapped, TMaker maker)
        where TMaker : struct, IMaker<TResult> => wrapped.FieldType switch
        {
            FieldType.Bool => maker.Make<bool?, NumberWrapperJson<bool, BooleanJson>>(default),
            FieldType.Int32 => maker.Make<int?, NumberWrapperJson<int, IntegerJson<int>>>(default),
            FieldType.Int64 => maker.Make<long?, NumberWrapperJson<long, IntegerJson<long>>>(default),
            FieldType.UInt32 => maker.Make<uint?, NumberWrapperJson<uint, IntegerJson<uint>>>(default),
            FieldType.UInt64 => maker.Make<ulong?, NumberWrapperJson<ulong, IntegerJson<ulong>>>(default),
            FieldType.Float => maker.Make<float?, NumberWrapperJson<float, FloatingPointJson<float>>>(default),
            FieldType.Double => maker.Make<double?, NumberWrapperJson<double, FloatingPointJson<double>>>(default),
            FieldType.String => maker.Make<string?, TextWrapperJson<string, StringJson>>(default),
            _ => maker.Make<ByteString?, TextWrapperJson<ByteString, BytesJson>>(default),
        };

    /// <summary>What is made for a type of values.</summary>
    private interface IMaker<TResult>
    {
        TResult Make<TValue, TJson>(TJson json)
            where TJson : struct, IValueJson<TValue>;
    }

    private readonly struct FieldMaker<TMessage>(FieldDescriptor field) : IMaker<FieldJson<TMessage>>
        where TMessage : class, IMessage<TMessage>
    {
        public FieldJson<TMessage> Make<TValue, TJson>(TJson json)
            where TJson : struct, IValueJson<TValue> =>
            field.IsRepeated ? new RepeatedFieldJson<TMessage, TValue, TJson>(field, json) : new SingularFieldJson<TMessage, TValue, TJson>(field, json);
    }

    private readonly struct BoxedMaker : IMaker<BoxedJson>
    {
        public BoxedJson Make<TValue, TJson>(TJson json)
            where TJson : struct, IValueJson<TValue> => new BoxedJson<TValue, TJson>(json);
    }
}
