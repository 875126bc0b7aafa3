using System.Buffers;
using System.Text;
using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>Bytes as hexadecimal digits, two each: lower case out, either case in.</summary>
internal static class HexText
{
    private const int DigitsPerByte = 2;

    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <exception cref="WireFormatException">Something else than a digit, or half a byte at the end.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> text)
    {
        var other = text.IndexOfAnyExcept(Digits);
        if (other >= 0)
        {
            throw new WireFormatException(
                other / DigitsPerByte, $"expected two hexadecimal digits, got \"{MessageFormatException.Quote(WholeCharacters(text[other..]))}\"");
        }

        if (text.Length % DigitsPerByte != 0)
        {
            throw new WireFormatException(text.Length / DigitsPerByte, "expected two hexadecimal digits, got one: the last byte is cut off");
        }

        // Without the detour .NET 10 alone can do it (see src/ARCHITECTURE.md, "Machine code").
        return Convert.FromHexString(Encoding.ASCII.GetString(text));
    }

    /// <summary>The digits as a JSON string with its quotes.</summary>
    public static void WriteJson(JsonOutput output, ReadOnlySpan<byte> bytes)
    {
        output.WriteByte((byte)'"');
        output.WriteRaw(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
        output.WriteByte((byte)'"');
    }

    // What is quoted is the one character that is no digit, however many bytes it takes.
    private static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> text)
    {
        Rune.DecodeFromUtf8(text, out _, out var length);
        return text[..length];
    }
}
