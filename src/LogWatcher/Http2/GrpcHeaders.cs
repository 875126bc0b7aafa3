using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace LogWatcher.Http2;

/// <summary>The headers and trailers of gRPC's own (grpc/grpc <c>doc/PROTOCOL-HTTP2.md</c>): names, forms, values made once.</summary>
internal static class GrpcHeaders
{
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Timeout = "grpc-timeout";

    private const int MaxTimeoutDigits = 8;

    private static readonly StringValues[] Codes = [.. Enumerable.Range(0, 17).Select(code => new StringValues(code.ToString(CultureInfo.InvariantCulture)))];

    // "Percent-Encoded": these stand for themselves, all other bytes are %XX.
    private static readonly SearchValues<char> Unescaped = SearchValues.Create(
        [.. Enumerable.Range(0x20, 0x7F - 0x20).Select(code => (char)code).Where(c => c != '%')]);

    /// <summary>A status code's number as a header's value.</summary>
    public static StringValues Code(Rpc.StatusCode code) => Codes[(int)code];

    /// <summary>Reads a <c>grpc-timeout</c>: 1 to 8 digits and one of <c>H M S m u n</c>.</summary>
    /// <param name="timeout">Rounded up to whole 100 ns.</param>
    /// <returns>False: it is none.</returns>
    public static bool TryParseTimeout(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > MaxTimeoutDigits + 1
            || !uint.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        const long NanosecondsPerTick = 100;
        long? ticks = text[^1] switch
        {
            'H' => number * TimeSpan.TicksPerHour,
            'M' => number * TimeSpan.TicksPerMinute,
            'S' => number * TimeSpan.TicksPerSecond,
            'm' => number * TimeSpan.TicksPerMillisecond,
            'u' => number * TimeSpan.TicksPerMicrosecond,
            'n' => (number + NanosecondsPerTick - 1) / NanosecondsPerTick,
            _ => null,
        };
        timeout = TimeSpan.FromTicks(ticks ?? 0);
        return ticks is not null;
    }

    /// <summary>A status' message as <c>grpc-message</c> has it: UTF-8, <c>%XX</c> in upper case for what is not printable ASCII, and for <c>%</c>.</summary>
    public static string EncodeMessage(string message)
    {
        if (!message.AsSpan().ContainsAnyExcept(Unescaped))
        {
            return message;
        }

        var encoded = new StringBuilder(message.Length + 16);
        foreach (var value in System.Text.Encoding.UTF8.GetBytes(message))
        {
            if (value < 0x80 && Unescaped.Contains((char)value))
            {
                encoded.Append((char)value);
            }
            else
            {
                encoded.Append('%').Append(value.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return encoded.ToString();
    }
}
