using System.Globalization;
using Google.Protobuf;

namespace LogWatcher.Tests.Support;

/// <summary>
/// Schemas of random fields, and messages of them: as JSON in the node's form, and as the bytes that Google.Protobuf's
/// CodedOutputStream makes of the same values. The same random numbers make the same.
/// </summary>
internal sealed class RandomSchema
{
    private const int MaxFields = 12;
    private const int MaxDepth = 3;

    private static readonly string[] Types =
    [
        "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes",
    ];

    private readonly Random _random;
    private readonly List<(int Number, string Type, bool IsRepeated, RandomSchema? Message)> _fields = [];

    private RandomSchema(Random random, int depth, List<RandomSchema> all)
    {
        _random = random;
        Name = $"M{all.Count}";
        all.Add(this);
        var numbers = new SortedSet<int>();
        for (var count = random.Next(MaxFields); count > 0; count--)
        {
            var number = random.Pick(random.Next(1, 16), random.Next(16, 2048), random.Next(20_000, 1 << 29), 18_999, 536_870_911);
            if (!numbers.Add(number))
            {
                continue;
            }

            var message = depth < MaxDepth && random.Next(5) == 0 ? new RandomSchema(random, depth + 1, all) : null;
            _fields.Add((number, message?.Name ?? random.Pick<string>(Types), random.Next(3) == 0, message));
        }

        // As whoever writes a schema may have them; they are written by their numbers all the same.
        Text = $$"""{"name":"{{Name}}","fields":[{{string.Join(',', _fields.OrderBy(_ => random.Next()).Select(field =>
            $$"""{"name":"f{{field.Number}}","number":{{field.Number}},"type":"{{field.Type}}"{{(field.IsRepeated ? ",\"repeated\":true" : "")}}}"""))}}]}""";
        _fields.Sort((one, other) => one.Number.CompareTo(other.Number));
    }

    public string Name { get; }

    /// <summary>What proto_define takes.</summary>
    public string Text { get; }

    /// <summary>A schema with those that its fields need; itself the first.</summary>
    public static List<RandomSchema> Create(Random random)
    {
        var all = new List<RandomSchema>();
        _ = new RandomSchema(random, 1, all);
        return all;
    }

    /// <summary>A message: its data as proto_decode shows it, and its bytes.</summary>
    public (string Data, byte[] Bytes) Message()
    {
        var data = new List<string>();
        using var bytes = new MemoryStream();
        using var output = new CodedOutputStream(bytes);
        foreach (var (number, type, isRepeated, message) in _fields)
        {
            if (_random.Next(4) == 0)
            {
                continue;
            }

            var values = Enumerable.Range(0, isRepeated ? _random.Next(1, 5) : 1)
                .Select(_ => message is null ? Scalar(type, isDefaultToo: isRepeated) : Nested(message)).ToList();
            var json = string.Join(", ", values.Select(value => value.Json));
            data.Add($"\"f{number}\": {(isRepeated ? $"[{json}]" : json)}");
            WriteField(output, number, type, isRepeated, message is not null, values.ConvertAll(value => value.Write));
        }

        output.Flush();
        return ($"{{{string.Join(", ", data)}}}", bytes.ToArray());
    }

    private static void WriteField(
        CodedOutputStream output, int number, string type, bool isRepeated, bool isMessage, List<Action<CodedOutputStream>> writes)
    {
        if (isRepeated && !isMessage && type is not ("string" or "bytes"))
        {
            using var packed = new MemoryStream();
            using var inner = new CodedOutputStream(packed);
            writes.ForEach(write => write(inner));
            inner.Flush();
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(packed.ToArray()));
            return;
        }

        foreach (var write in writes)
        {
            output.WriteTag(number, type switch
            {
                "double" or "fixed64" or "sfixed64" => WireFormat.WireType.Fixed64,
                "float" or "fixed32" or "sfixed32" => WireFormat.WireType.Fixed32,
                "string" or "bytes" => WireFormat.WireType.LengthDelimited,
                _ => isMessage ? WireFormat.WireType.LengthDelimited : WireFormat.WireType.Varint,
            });
            write(output);
        }
    }

    private static (string Json, Action<CodedOutputStream> Write) Nested(RandomSchema message)
    {
        var (data, bytes) = message.Message();
        return (data, output => output.WriteBytes(ByteString.CopyFrom(bytes)));
    }

    /// <summary>A value of a type; a default one only where it is written, in a list.</summary>
    private (string Json, Action<CodedOutputStream> Write) Scalar(string type, bool isDefaultToo)
    {
        var number = Integer(isDefaultToo);
        var text = _random.Pick("a", "é😀\"\\", "null", new string('x', 200));
        var bytes = new byte[_random.Next(1, 20)];
        _random.NextBytes(bytes);
        var real = _random.Pick(1.5, -0.1, 1e100, double.Epsilon, 7, _random.NextDouble());
        var single = _random.Pick(1.5f, -0.1f, 1e30f, float.Epsilon, 7, _random.NextSingle());
        var (int32, uint32) = (Small((int)number, isDefaultToo), Small((uint)number, isDefaultToo));
        return type switch
        {
            "double" => (real.ToString("R", CultureInfo.InvariantCulture), output => output.WriteDouble(real)),
            "float" => (single.ToString("R", CultureInfo.InvariantCulture), output => output.WriteFloat(single)),
            "int32" => ($"{int32}", output => output.WriteInt32(int32)),
            "sint32" => ($"{int32}", output => output.WriteSInt32(int32)),
            "sfixed32" => ($"{int32}", output => output.WriteSFixed32(int32)),
            "uint32" => ($"{uint32}", output => output.WriteUInt32(uint32)),
            "fixed32" => ($"{uint32}", output => output.WriteFixed32(uint32)),
            "int64" => (Long(number), output => output.WriteInt64(number)),
            "sint64" => (Long(number), output => output.WriteSInt64(number)),
            "sfixed64" => (Long(number), output => output.WriteSFixed64(number)),
            "uint64" => (Long((ulong)number), output => output.WriteUInt64((ulong)number)),
            "fixed64" => (Long((ulong)number), output => output.WriteFixed64((ulong)number)),
            "bool" => isDefaultToo && number % 2 == 0 ? ("false", output => output.WriteBool(false)) : ("true", output => output.WriteBool(true)),
            "string" => ($"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"", output => output.WriteString(text)),
            _ => ($"\"{Convert.ToBase64String(bytes)}\"", output => output.WriteBytes(ByteString.CopyFrom(bytes))),
        };
    }

    private long Integer(bool isDefaultToo) => _random.Pick(
        isDefaultToo ? 0 : 1, 1, -1, 127, 128, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 53, (1L << 53) + 1, long.MaxValue, long.MinValue, _random.NextInt64());

    private static T Small<T>(T value, bool isDefaultToo)
        where T : struct, System.Numerics.INumber<T> => value == T.Zero && !isDefaultToo ? T.One : value;

    private static string Long(long value) => value is >= -(1L << 53) and <= 1L << 53 ? $"{value}" : $"\"{value}\"";

    private static string Long(ulong value) => value <= 1UL << 53 ? $"{value}" : $"\"{value}\"";
}
