using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace LogWatcher.Node;

/// <summary>What reading its tokens leaves open about a line's text: whether it is text at all.</summary>
internal static class JsonText
{
    private const int UnicodeEscapeLength = 6;

    /// <summary>
    /// Looks for bytes that are no UTF-8 and for escapes of lone surrogates, in one vectorised pass each; the reader finds
    /// neither unless somebody asks for the string that holds it.
    /// </summary>
    /// <returns>What is wrong and at which byte, counted from 1; null if nothing is.</returns>
    public static string? FindFault(ReadOnlySpan<byte> line)
    {
        if (IsPlain(line))
        {
            return null;
        }

        if (!Utf8.IsValid(line))
        {
            return $"bad UTF-8 at byte {FirstBadByte(line) + 1}";
        }

        var lone = FirstLoneSurrogate(line);
        return lone < 0 ? null : $"a lone surrogate at byte {lone + 1}: \\ud800 to \\udbff and \\udc00 to \\udfff come in pairs";
    }

    /// <summary>The bytes that a quoted and escaped JSON string stands for.</summary>
    /// <param name="quoted">The string with its quotes, which the reader has accepted and which has no fault.</param>
    public static byte[] Unescape(ReadOnlySpan<byte> quoted)
    {
        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        var unescaped = new byte[quoted.Length];
        return unescaped[..reader.CopyString(unescaped)];
    }

    /// <summary>The reader's complaint without its line number, which is always the first.</summary>
    public static string Explain(JsonException exception)
    {
        var message = exception.Message;
        var suffix = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var reason = (suffix < 0 ? message : message[..suffix]).TrimEnd('.');
        return string.Create(CultureInfo.InvariantCulture, $"{reason}, at byte {(exception.BytePositionInLine ?? 0) + 1}");
    }

    /// <summary>Whether it is ASCII without escapes, as most lines are.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> line)
    {
        if (line.Length < Vector256<byte>.Count)
        {
            foreach (var value in line)
            {
                if (value is >= 0x80 or (byte)'\\')
                {
                    return false;
                }
            }

            return true;
        }

        // The last bytes are looked at together with some before them, for the second time.
        var found = NotPlainIn(line[^Vector256<byte>.Count..]);
        for (; line.Length >= Vector256<byte>.Count; line = line[Vector256<byte>.Count..])
        {
            found |= NotPlainIn(line);
        }

        return found == Vector256<byte>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> NotPlainIn(ReadOnlySpan<byte> line)
    {
        var bytes = Vector256.Create(line);
        return (bytes & Vector256.Create((byte)0x80)) | Vector256.Equals(bytes, Vector256.Create((byte)'\\'));
    }

    private static int FirstBadByte(ReadOnlySpan<byte> line)
    {
        var position = 0;
        while (Rune.DecodeFromUtf8(line[position..], out _, out var consumed) == OperationStatus.Done)
        {
            position += consumed;
        }

        return position;
    }

    private static int FirstLoneSurrogate(ReadOnlySpan<byte> line)
    {
        var position = 0;
        while (line[position..].IndexOf((byte)'\\') is var offset and >= 0)
        {
            position += offset;
            if (EscapedUnit(line[position..]) is not { } unit || !char.IsSurrogate(unit))
            {
                // An escape is two bytes long or, with its digits, six: what follows the first two is no escape's start.
                position = Math.Min(position + 2, line.Length);
            }
            else if (char.IsHighSurrogate(unit) && EscapedUnit(line[(position + UnicodeEscapeLength)..]) is { } next && char.IsLowSurrogate(next))
            {
                position += 2 * UnicodeEscapeLength;
            }
            else
            {
                return position;
            }
        }

        return -1;
    }

    private static char? EscapedUnit(ReadOnlySpan<byte> text) =>
        text.Length >= UnicodeEscapeLength
        && text[0] == '\\'
        && text[1] == 'u'
        && ushort.TryParse(text[2..UnicodeEscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : null;
}
