using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace LogWatcher.Rpc;

/// <summary>float and double. What is no JSON number is one of the strings <c>NaN</c>, <c>Infinity</c>, <c>-Infinity</c>.</summary>
internal readonly struct FloatingPointJson<TFloat> : IValueJson<TFloat>
    where TFloat : struct, IBinaryFloatingPointIeee754<TFloat>, IMinMaxValue<TFloat>
{
    public TFloat Empty => default;

    public bool ReadsNull => false;

    private static string Expected => $"a number from {TFloat.MinValue} to {TFloat.MaxValue}, \"NaN\", \"Infinity\" or \"-Infinity\"";

    // Minus zero is a value, as it is in the protobuf bytes of today's other languages.
    public bool IsEmpty(TFloat value) => TFloat.IsZero(value) && !TFloat.IsNegative(value);

    public TFloat Read(ref JsonInput reader)
    {
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String))
        {
            throw MessageFormatException.Unexpected(ref reader, Expected);
        }

        // Nobody escapes digits, so that way may allocate.
        var text = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(StringJson.ReadText(ref reader)) : reader.ValueSpan;
        if (reader.TokenType == JsonTokenType.String && !ExactInteger.IsJsonNumber(text))
        {
            return text.SequenceEqual("NaN"u8) ? TFloat.NaN
                : text.SequenceEqual("Infinity"u8) ? TFloat.PositiveInfinity
                : text.SequenceEqual("-Infinity"u8) ? TFloat.NegativeInfinity
                : throw MessageFormatException.Unexpected(ref reader, Expected);
        }

        // What rounds to infinity is out of range; what rounds to zero is only inexact.
        return TFloat.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && TFloat.IsFinite(value)
            ? value
            : throw MessageFormatException.Unexpected(ref reader, Expected);
    }

    public void Write(JsonOutput output, TFloat value)
    {
        if (TFloat.IsNaN(value))
        {
            output.WriteRaw("\"NaN\""u8);
        }
        else if (TFloat.IsInfinity(value))
        {
            output.WriteRaw(TFloat.IsNegative(value) ? "\"-Infinity\""u8 : "\"Infinity\""u8);
        }
        else if (typeof(TFloat) == typeof(float))
        {
            output.WriteNumber(float.CreateTruncating(value));
        }
        else
        {
            output.WriteNumber(double.CreateTruncating(value));
        }
    }
}
