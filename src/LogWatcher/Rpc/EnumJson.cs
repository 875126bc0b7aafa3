using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace LogWatcher.Rpc;

/// <summary>
/// An enum, by its number: the name from the .proto is written, or the number where there is none; names and numbers are read.
/// The enum's own C# type is in none of the types here, so that nothing has to be compiled for it at run time.
/// </summary>
internal readonly struct EnumJson(EnumDescriptor descriptor) : IValueJson<int>
{
    private readonly Names _names = new(descriptor);

    public int Empty => 0;

    public bool ReadsNull => false;

    public bool IsEmpty(int value) => value == 0;

    public int Read(ref JsonInput reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return default(IntegerJson<int>).Read(ref reader);
        }

        if (reader.TokenType == JsonTokenType.String)
        {
            var text = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(StringJson.ReadText(ref reader)) : reader.ValueSpan;
            foreach (var (name, value) in _names.All)
            {
                if (text.SequenceEqual(name))
                {
                    return value;
                }
            }
        }

        throw MessageFormatException.Unexpected(ref reader, _names.Expected);
    }

    public void Write(JsonOutput output, int value)
    {
        if (_names.Quoted.TryGetValue(value, out var quoted))
        {
            output.WriteRaw(quoted);
        }
        else
        {
            output.WriteNumber((long)value);
        }
    }

    private sealed class Names
    {
        private const int MaxNamesInError = 12;

        public Names(EnumDescriptor descriptor)
        {
            All = [.. descriptor.Values.Select(value => (Encoding.UTF8.GetBytes(value.Name), value.Number))];
            foreach (var value in descriptor.Values)
            {
                // Of several names for one number the first in the .proto is written.
                Quoted.TryAdd(value.Number, Encoding.UTF8.GetBytes($"\"{value.Name}\""));
            }
        }

        public (byte[] Name, int Value)[] All { get; }

        /// <summary>By number, with quotes: ready to be written.</summary>
        public Dictionary<int, byte[]> Quoted { get; } = [];

        public string Expected => $"one of {string.Join(", ", All.Take(MaxNamesInError).Select(entry => Encoding.UTF8.GetString(entry.Name)))}"
            + (All.Length > MaxNamesInError ? ", …, or a number" : ", or a number");
    }
}

/// <summary>google.protobuf.NullValue, whose one value is written as JSON's null.</summary>
internal readonly struct NullValueJson : IValueJson<NullValue>
{
    private static readonly EnumJson Number = new(StructReflection.Descriptor.FindTypeByName<EnumDescriptor>(nameof(NullValue)));

    public NullValue Empty => NullValue.NullValue;

    public bool ReadsNull => true;

    public bool IsEmpty(NullValue value) => value == NullValue.NullValue;

    public NullValue Read(ref JsonInput reader) =>
        reader.TokenType == JsonTokenType.Null ? NullValue.NullValue : (NullValue)Number.Read(ref reader);

    public void Write(JsonOutput output, NullValue value) => output.WriteRaw("null"u8);
}
