using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace LogWatcher.Rpc;

/// <summary>An enum: the name from the .proto, or the number where there is none; names and numbers are read.</summary>
internal readonly struct EnumJson<TEnum> : IValueJson<TEnum>
    where TEnum : struct, System.Enum
{
    private const int MaxNamesInError = 12;

    private static readonly (byte[] Name, TEnum Value)[] Names = ReadNames(out QuotedNames);

    // By number, with quotes: ready to be written.
    private static readonly Dictionary<int, byte[]> QuotedNames;

    public TEnum Empty => default;

    public bool ReadsNull => false;

    private static string Expected => $"one of {string.Join(", ", Names.Take(MaxNamesInError).Select(entry => Encoding.UTF8.GetString(entry.Name)))}"
        + (Names.Length > MaxNamesInError ? ", …, or a number" : ", or a number");

    public bool IsEmpty(TEnum value) => Unsafe.BitCast<TEnum, int>(value) == 0;

    public TEnum Read(ref JsonInput reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return Unsafe.BitCast<int, TEnum>(default(IntegerJson<int>).Read(ref reader));
        }

        if (reader.TokenType == JsonTokenType.String)
        {
            var text = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(StringJson.ReadText(ref reader)) : reader.ValueSpan;
            foreach (var (name, value) in Names)
            {
                if (text.SequenceEqual(name))
                {
                    return value;
                }
            }
        }

        throw MessageFormatException.Unexpected(ref reader, Expected);
    }

    public void Write(JsonOutput output, TEnum value)
    {
        var number = Unsafe.BitCast<TEnum, int>(value);
        if (QuotedNames.TryGetValue(number, out var quoted))
        {
            output.WriteRaw(quoted);
        }
        else
        {
            output.WriteNumber((long)number);
        }
    }

    private static (byte[] Name, TEnum Value)[] ReadNames(out Dictionary<int, byte[]> quotedNames)
    {
        var names = new List<(byte[], TEnum)>();
        quotedNames = [];
        foreach (var field in typeof(TEnum).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            var original = field.GetCustomAttribute<OriginalNameAttribute>();
            var name = original?.Name ?? field.Name;
            var value = (TEnum)field.GetValue(null)!;
            names.Add((Encoding.UTF8.GetBytes(name), value));

            // Of several names for one number the first in the .proto is written.
            if (original?.PreferredAlias ?? true)
            {
                quotedNames.TryAdd(Unsafe.BitCast<TEnum, int>(value), Encoding.UTF8.GetBytes($"\"{name}\""));
            }
        }

        return [.. names];
    }
}

/// <summary>google.protobuf.NullValue, whose one value is written as JSON's null.</summary>
internal readonly struct NullValueJson : IValueJson<NullValue>
{
    public NullValue Empty => NullValue.NullValue;

    public bool ReadsNull => true;

    public bool IsEmpty(NullValue value) => value == NullValue.NullValue;

    public NullValue Read(ref JsonInput reader) =>
        reader.TokenType == JsonTokenType.Null ? NullValue.NullValue : default(EnumJson<NullValue>).Read(ref reader);

    public void Write(JsonOutput output, NullValue value) => output.WriteRaw("null"u8);
}
