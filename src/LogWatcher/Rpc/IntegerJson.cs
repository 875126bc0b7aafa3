using System.Numerics;
using System.Text;
using System.Text.Json;

namespace LogWatcher.Rpc;

/// <summary>int32, uint32, int64 and uint64, whatever their form on the wire. Past 2^53 they are written as strings.</summary>
internal readonly struct IntegerJson<TInteger> : IValueJson<TInteger>, IKeyJson<TInteger>
    where TInteger : struct, IBinaryInteger<TInteger>, IMinMaxValue<TInteger>
{
    // Up to here every reader of JSON that keeps numbers as doubles (JavaScript first of all) has the number exactly.
    private const ulong MaxExactDouble = 1UL << 53;

    private static readonly ulong MaxMagnitude = ulong.CreateTruncating(TInteger.MaxValue);

    // The magnitude of the lowest value; 0 for unsigned integers.
    private static readonly ulong MinMagnitude = TInteger.IsNegative(TInteger.MinValue) ? MaxMagnitude + 1 : 0;

    public TInteger Empty => default;

    public bool ReadsNull => false;

    private static string Expected => $"an integer from {TInteger.MinValue} to {TInteger.MaxValue}";

    public bool IsEmpty(TInteger value) => value == default;

    public TInteger Read(ref JsonInput reader)
    {
        if (reader.TokenType is JsonTokenType.Number or JsonTokenType.String)
        {
            return Parse(ref reader);
        }

        throw MessageFormatException.Unexpected(ref reader, Expected);
    }

    public void Write(JsonOutput output, TInteger value)
    {
        var negative = TInteger.IsNegative(value);
        var number = long.CreateTruncating(value);
        var magnitude = negative ? 0UL - (ulong)number : (ulong)number;
        if (magnitude > MaxExactDouble)
        {
            WriteKey(output, value);
        }
        else
        {
            output.WriteNumber(number);
        }
    }

    public TInteger ReadKey(ref JsonInput reader) => Parse(ref reader);

    public void WriteKey(JsonOutput output, TInteger key)
    {
        output.WriteByte((byte)'"');
        if (TInteger.IsNegative(key))
        {
            output.WriteNumber(long.CreateTruncating(key));
        }
        else
        {
            output.WriteNumber(ulong.CreateTruncating(key));
        }

        output.WriteByte((byte)'"');
    }

    private static TInteger Parse(ref JsonInput reader)
    {
        // Nobody escapes digits, so that way may allocate.
        var text = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(StringJson.ReadText(ref reader)) : reader.ValueSpan;
        if (!ExactInteger.TryParse(text, out var negative, out var magnitude)
            || magnitude > (negative ? MinMagnitude : MaxMagnitude))
        {
            throw MessageFormatException.Unexpected(ref reader, Expected);
        }

        return TInteger.CreateTruncating(negative ? 0UL - magnitude : magnitude);
    }
}
