using System.Collections;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;

namespace LogWatcher.Tests.Support;

/// <summary>Messages of any type with random content, fond of the values at the edges. The same seed makes the same messages.</summary>
internal sealed class RandomMessage(int seed)
{
    private const int MaxDepth = 4;

    private static readonly string[] Texts = ["", "a", "\"\\/\b\f\n\r\t\0\u001f\u007f", "é€😀\u2028", "null", "5", "<script>", new('x', 300)];

    private readonly Random _random = new(seed);

    public T Next<T>()
        where T : IMessage, new() => (T)Fill(new T(), 0);

    private IMessage Fill(IMessage message, int depth)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            // Messages that hold themselves have to end somewhere.
            if (_random.Next(2) == 0 || (depth >= MaxDepth && HoldsMessages(field)))
            {
                continue;
            }

            if (field.IsMap)
            {
                var map = (IDictionary)field.Accessor.GetValue(message);
                for (var count = _random.Next(4); count > 0; count--)
                {
                    map[Value(field.MessageType.FindFieldByNumber(1), depth)!] = Value(field.MessageType.FindFieldByNumber(2), depth);
                }
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                for (var count = _random.Next(4); count > 0; count--)
                {
                    list.Add(Value(field, depth));
                }
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, depth));
            }
        }

        return message;
    }

    private static bool HoldsMessages(FieldDescriptor field) =>
        (field.IsMap ? field.MessageType.FindFieldByNumber(2) : field).FieldType == FieldType.Message;

    private object? Value(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => (int)Integer(),
        FieldType.UInt32 or FieldType.Fixed32 => (uint)Integer(),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Integer(),
        FieldType.UInt64 or FieldType.Fixed64 => (ulong)Integer(),
        FieldType.Bool => _random.Next(2) == 0,
        FieldType.Float => Pick(0f, 1.5f, -0.1f, float.MaxValue, float.Epsilon, float.NaN, float.PositiveInfinity, (float)_random.NextDouble()),
        FieldType.Double => Pick(0d, 24.5, -0.1, double.MinValue, double.Epsilon, double.NaN, double.NegativeInfinity, _random.NextDouble() * 1e100),
        FieldType.String => Pick(Texts) + Pick(Texts),
        FieldType.Bytes => ByteString.CopyFrom(Bytes()),
        FieldType.Enum when field.EnumType.ClrType == typeof(NullValue) => NullValue.NullValue,
        FieldType.Enum => Enum.ToObject(field.EnumType.ClrType, Pick(0, 1, -2, 77)),
        _ => Message(field.MessageType, depth + 1),
    };

    private object? Message(MessageDescriptor type, int depth)
    {
        if (type.File == WrappersReflection.Descriptor)
        {
            return Value(type.FindFieldByNumber(1), depth);
        }

        return type.FullName switch
        {
            "google.protobuf.Timestamp" => new Timestamp { Seconds = _random.Next(), Nanos = Pick(0, 1, 1_000_000, 999_999_999) },
            "google.protobuf.Duration" => new Duration { Seconds = _random.Next(1000), Nanos = Pick(0, 5, 500_000_000) },
            "google.protobuf.FieldMask" => new FieldMask { Paths = { "a.b_c", "d" } },
            "google.protobuf.Value" => depth > MaxDepth ? Google.Protobuf.WellKnownTypes.Value.ForNull() : JsonValue(depth),
            "google.protobuf.ListValue" => new ListValue { Values = { JsonValue(depth), JsonValue(depth) } },
            "google.protobuf.Struct" => new Struct { Fields = { ["k" + Pick(Texts)] = JsonValue(depth) } },
            "google.protobuf.Any" => Any.Pack(new Duration { Seconds = _random.Next(1000) }),
            _ => Fill((IMessage)Activator.CreateInstance(type.ClrType)!, depth),
        };
    }

    private Value JsonValue(int depth) => _random.Next(depth > MaxDepth ? 4 : 6) switch
    {
        0 => Google.Protobuf.WellKnownTypes.Value.ForNull(),
        1 => Google.Protobuf.WellKnownTypes.Value.ForNumber(Pick(0, 1.5, -1e30, 7)),
        2 => Google.Protobuf.WellKnownTypes.Value.ForString(Pick(Texts)),
        3 => Google.Protobuf.WellKnownTypes.Value.ForBool(true),
        4 => Google.Protobuf.WellKnownTypes.Value.ForList(JsonValue(depth + 1), JsonValue(depth + 1)),
        _ => Google.Protobuf.WellKnownTypes.Value.ForStruct(new Struct { Fields = { ["k"] = JsonValue(depth + 1) } }),
    };

    private long Integer() => Pick(
        0, 1, -1, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 53, (1L << 53) + 1, -(1L << 53), -(1L << 53) - 1, long.MaxValue, long.MinValue, _random.NextInt64());

    private byte[] Bytes()
    {
        var bytes = new byte[_random.Next(20)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];
}
