using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace LogWatcher.Rpc;

/// <summary>
/// Finds the <see cref="FieldJson{TMessage}"/> of a field, once per message type. Reflection is used only where the descriptor
/// alone knows the C# type: enums, messages, and maps that are not from strings to strings.
/// </summary>
internal static class FieldPlan
{
    public static FieldJson<TMessage> Make<TMessage>(FieldDescriptor field)
        where TMessage : class, IMessage<TMessage>
    {
        if (field.IsMap)
        {
            return MakeMap<TMessage>(field);
        }

        return field.FieldType switch
        {
            FieldType.Bool => Of<TMessage, bool, BooleanJson>(field),
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => Of<TMessage, int, IntegerJson<int>>(field),
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Of<TMessage, long, IntegerJson<long>>(field),
            FieldType.UInt32 or FieldType.Fixed32 => Of<TMessage, uint, IntegerJson<uint>>(field),
            FieldType.UInt64 or FieldType.Fixed64 => Of<TMessage, ulong, IntegerJson<ulong>>(field),
            FieldType.Float => Of<TMessage, float, FloatingPointJson<float>>(field),
            FieldType.Double => Of<TMessage, double, FloatingPointJson<double>>(field),
            FieldType.String => Of<TMessage, string, StringJson>(field),
            FieldType.Bytes => Of<TMessage, ByteString, BytesJson>(field),
            _ => OfReflected<TMessage>(field),
        };
    }

    /// <summary>Whether this is one of the messages of google/protobuf/wrappers.proto, whose JSON is that of their one field.</summary>
    public static bool IsWrapper(MessageDescriptor message) => message.File.Name == "google/protobuf/wrappers.proto";

    private static FieldJson<TMessage> Of<TMessage, TValue, TJson>(FieldDescriptor field)
        where TMessage : class, IMessage<TMessage>
        where TJson : struct, IValueJson<TValue> =>
        field.IsRepeated ? new RepeatedFieldJson<TMessage, TValue, TJson>(field) : new SingularFieldJson<TMessage, TValue, TJson>(field);

    private static FieldJson<TMessage> OfReflected<TMessage>(FieldDescriptor field)
        where TMessage : class, IMessage<TMessage>
    {
        var (value, json) = TypesOf(field);
        var shape = field.IsRepeated ? typeof(RepeatedFieldJson<,,>) : typeof(SingularFieldJson<,,>);
        return Construct<TMessage>(shape, field, value, json);
    }

    private static FieldJson<TMessage> MakeMap<TMessage>(FieldDescriptor field)
        where TMessage : class, IMessage<TMessage>
    {
        var keyField = field.MessageType.FindFieldByNumber(1);
        var valueField = field.MessageType.FindFieldByNumber(2);
        if (keyField.FieldType == FieldType.String && valueField.FieldType == FieldType.String)
        {
            return new MapFieldJson<TMessage, string, StringJson, string, StringJson>(field);
        }

        var (key, keyJson) = TypesOf(keyField);
        var (value, json) = TypesOf(valueField);
        return Construct<TMessage>(typeof(MapFieldJson<,,,,>), field, key, keyJson, value, json);
    }

    private static FieldJson<TMessage> Construct<TMessage>(System.Type shape, FieldDescriptor field, params System.Type[] arguments)
        where TMessage : class, IMessage<TMessage> =>
        (FieldJson<TMessage>)Activator.CreateInstance(shape.MakeGenericType([typeof(TMessage), .. arguments]), field)!;

    /// <summary>The C# type of one value of the field, and the struct that knows its JSON.</summary>
    private static (System.Type Value, System.Type Json) TypesOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Bool => (typeof(bool), typeof(BooleanJson)),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => (typeof(int), typeof(IntegerJson<int>)),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => (typeof(long), typeof(IntegerJson<long>)),
        FieldType.UInt32 or FieldType.Fixed32 => (typeof(uint), typeof(IntegerJson<uint>)),
        FieldType.UInt64 or FieldType.Fixed64 => (typeof(ulong), typeof(IntegerJson<ulong>)),
        FieldType.Float => (typeof(float), typeof(FloatingPointJson<float>)),
        FieldType.Double => (typeof(double), typeof(FloatingPointJson<double>)),
        FieldType.String => (typeof(string), typeof(StringJson)),
        FieldType.Bytes => (typeof(ByteString), typeof(BytesJson)),
        FieldType.Enum when field.EnumType.ClrType == typeof(NullValue) => (typeof(NullValue), typeof(NullValueJson)),
        FieldType.Enum => (field.EnumType.ClrType, typeof(EnumJson<>).MakeGenericType(field.EnumType.ClrType)),
        _ when IsWrapper(field.MessageType) => WrapperTypesOf(field.MessageType.FindFieldByNumber(1)),
        _ => (field.MessageType.ClrType, typeof(MessageValueJson<>).MakeGenericType(field.MessageType.ClrType)),
    };

    private static (System.Type Value, System.Type Json) WrapperTypesOf(FieldDescriptor wrapped)
    {
        var (value, json) = TypesOf(wrapped);
        return value.IsValueType
            ? (typeof(Nullable<>).MakeGenericType(value), typeof(NumberWrapperJson<,>).MakeGenericType(value, json))
            : (value, typeof(TextWrapperJson<,>).MakeGenericType(value, json));
    }
}
