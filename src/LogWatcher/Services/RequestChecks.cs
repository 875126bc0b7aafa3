using System.Globalization;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>What a field of a request may hold; each check names the field.</summary>
internal static class RequestChecks
{
    /// <summary>An interval or a step that is not given is a second.</summary>
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    /// <summary>As long as the platform's timers run.</summary>
    private static readonly TimeSpan MaxInterval = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void RejectNegative(string field, int value)
    {
        if (value < 0)
        {
            throw Invalid(field, string.Create(CultureInfo.InvariantCulture, $"expected 0 or more, got {value}"));
        }
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void RejectMore(string field, int count, int most)
    {
        if (count > most)
        {
            throw Invalid(field, string.Create(CultureInfo.InvariantCulture, $"expected at most {most}, got {count}"));
        }
    }

    /// <summary>The time that a number of units says; 0 is a second.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it is negative, or longer than 49 days.</exception>
    public static TimeSpan Interval(string field, int count, TimeSpan unit)
    {
        RejectNegative(field, count);
        RejectMore(field, count, (int)Math.Min(int.MaxValue, MaxInterval / unit));
        return count == 0 ? DefaultInterval : count * unit;
    }

    /// <summary>A name that a client gives: not empty, and of a length that people would give a name.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static string Name(string field, string value)
    {
        const int MaxNameChars = 256;
        return value.Length switch
        {
            0 => throw Invalid(field, "expected a name, got nothing"),
            > MaxNameChars => throw Invalid(field, string.Create(CultureInfo.InvariantCulture, $"expected at most {MaxNameChars} characters, got {value.Length}")),
            _ => value,
        };
    }

    /// <summary>A value that is wrong, as it is told back: its beginning, if it is long.</summary>
    public static string Quote(string text)
    {
        const int MaxQuotedChars = 64;
        if (text.Length <= MaxQuotedChars)
        {
            return $"\"{text}\"";
        }

        var length = char.IsHighSurrogate(text[MaxQuotedChars - 1]) ? MaxQuotedChars - 1 : MaxQuotedChars;
        return $"\"{text[..length]}…\"";
    }

    /// <summary>Why a file can't be used, as a client is told: where it stands is none of theirs.</summary>
    public static string ReasonOf(Exception failure)
    {
        // .NET's messages have the path in quotes, in most cases behind the reason.
        var path = failure.Message.IndexOf('\'', StringComparison.Ordinal);
        return failure switch
        {
            UnauthorizedAccessException => "access is denied",
            FileNotFoundException or DirectoryNotFoundException => "it is not there",
            _ => (path < 0 ? failure.Message : failure.Message[..path]).TrimEnd(' ', ':'),
        };
    }

    public static RpcException Invalid(string field, string text) => new(StatusCode.InvalidArgument, $"{field}: {text}");
}
