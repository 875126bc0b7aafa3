using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>A scalar type whose values are so many bits on the wire: all numbers, and bool.</summary>
/// <param name="toWire">The bits that are written.</param>
/// <param name="fromWire">The value of bits that were read; bits that it has no room for are dropped, as protobuf's parsers do.</param>
internal sealed class NumberType<TValue, TJson>(string name, WireType wireType, Func<TValue, ulong> toWire, Func<ulong, TValue> fromWire)
    : ScalarType(name, wireType)
    where TValue : struct
    where TJson : struct, IValueJson<TValue>
{
    private readonly IKeyJson<TValue>? _keys = default(TJson) as IKeyJson<TValue>;

    public override bool CanBeKey => _keys is not null;

    public override object Default => default(TValue);

    public override bool IsDefault(object value) => default(TJson).IsEmpty((TValue)value);

    public override object ReadJson(ref JsonInput reader) => default(TJson).Read(ref reader);

    public override object ReadJsonKey(ref JsonInput reader) => _keys!.ReadKey(ref reader);

    public override void WriteJsonKey(JsonOutput output, object key) => _keys!.WriteKey(output, (TValue)key);

    public override void Write(WireWriter writer, object value)
    {
        var bits = toWire((TValue)value);
        switch (WireType)
        {
            case WireType.I32: writer.WriteI32((uint)bits); break;
            case WireType.I64: writer.WriteI64(bits); break;
            default: writer.WriteVarint(bits); break;
        }
    }

    public override object Read(ref WireReader reader) => fromWire(WireType switch
    {
        WireType.I32 => reader.ReadI32(),
        WireType.I64 => reader.ReadI64(),
        _ => reader.ReadVarint(),
    });
}
