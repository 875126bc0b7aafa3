using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>The scalar types of a .proto, by their names.</summary>
internal static class ScalarTypes
{
    private static readonly Dictionary<string, ScalarType> ByName = All().ToDictionary(type => type.Name, StringComparer.Ordinal);

    public static IEnumerable<string> Names => ByName.Keys;

    /// <summary>The type of that name; null: there is none.</summary>
    public static ScalarType? Find(string name) => ByName.GetValueOrDefault(name);

    private static IEnumerable<ScalarType> All() =>
    [
        new NumberType<double, FloatingPointJson<double>>("double", WireType.I64, BitConverter.DoubleToUInt64Bits, BitConverter.UInt64BitsToDouble),
        new NumberType<float, FloatingPointJson<float>>(
            "float", WireType.I32, value => BitConverter.SingleToUInt32Bits(value), bits => BitConverter.UInt32BitsToSingle((uint)bits)),

        // A negative int32 is ten bytes long: on the wire it is the int64 of the same value.
        new NumberType<int, IntegerJson<int>>("int32", WireType.Varint, value => (ulong)(long)value, bits => (int)bits),
        new NumberType<long, IntegerJson<long>>("int64", WireType.Varint, value => (ulong)value, bits => (long)bits),
        new NumberType<uint, IntegerJson<uint>>("uint32", WireType.Varint, value => value, bits => (uint)bits),
        new NumberType<ulong, IntegerJson<ulong>>("uint64", WireType.Varint, value => value, bits => bits),
        new NumberType<int, IntegerJson<int>>("sint32", WireType.Varint, value => (uint)((value << 1) ^ (value >> 31)), bits => UnZigZag((uint)bits)),
        new NumberType<long, IntegerJson<long>>("sint64", WireType.Varint, value => (ulong)((value << 1) ^ (value >> 63)), UnZigZag),
        new NumberType<uint, IntegerJson<uint>>("fixed32", WireType.I32, value => value, bits => (uint)bits),
        new NumberType<ulong, IntegerJson<ulong>>("fixed64", WireType.I64, value => value, bits => bits),
        new NumberType<int, IntegerJson<int>>("sfixed32", WireType.I32, value => (uint)value, bits => (int)bits),
        new NumberType<long, IntegerJson<long>>("sfixed64", WireType.I64, value => (ulong)value, bits => (long)bits),
        new NumberType<bool, BooleanJson>("bool", WireType.Varint, value => value ? 1UL : 0, bits => bits != 0),
        new TextType(),
        new BytesType(),
    ];

    // ZigZag (protobuf.dev, "Encoding", "Signed Integers"): 0, -1, 1, -2, … are 0, 1, 2, 3, …
    private static int UnZigZag(uint bits) => (int)(bits >> 1) ^ -(int)(bits & 1);

    private static long UnZigZag(ulong bits) => (long)(bits >> 1) ^ -(long)(bits & 1);
}
