using Google.Protobuf;
using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>A scalar's object as JSON: 64-bit integers as numbers while they fit 2^53, bytes as base64.</summary>
internal static class ScalarJson
{
    public static void Write(JsonOutput output, object value)
    {
        switch (value)
        {
            case int number: default(IntegerJson<int>).Write(output, number); break;
            case long number: default(IntegerJson<long>).Write(output, number); break;
            case uint number: default(IntegerJson<uint>).Write(output, number); break;
            case ulong number: default(IntegerJson<ulong>).Write(output, number); break;
            case float number: default(FloatingPointJson<float>).Write(output, number); break;
            case double number: default(FloatingPointJson<double>).Write(output, number); break;
            case bool truth: default(BooleanJson).Write(output, truth); break;
            case ByteString bytes: default(BytesJson).Write(output, bytes); break;
            default: default(StringJson).Write(output, (string)value); break;
        }
    }

    /// <summary>The same, but that a whole float or double keeps its fraction, 7.0, as seed 002 shows it: so one sees what it is.</summary>
    public static void WriteWithFraction(JsonOutput output, object value)
    {
        var start = output.Length;
        Write(output, value);
        if (value is float or double && !output.Written[start..].ContainsAny(".E\""u8))
        {
            output.WriteRaw(".0"u8);
        }
    }
}
