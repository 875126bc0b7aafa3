using System.Text;
using System.Text.Json;

namespace LogWatcher.Rpc;

/// <summary>
/// JSON that does not fit the message: an expected failure, for the caller to give its status (a client's request:
/// INVALID_ARGUMENT). The text is for the client, e.g. <c>items[3].x: expected true or false, got 1</c>.
/// </summary>
internal sealed class MessageFormatException : Exception
{
    // What a client sent is quoted so far and no further: an error must not be longer than what it is about.
    private const int MaxQuotedBytes = 40;

    private readonly string _problem;

    public MessageFormatException(string problem, Exception? inner = null)
        : base(problem, inner)
    {
        _problem = problem;
    }

    /// <summary>Where in the message, e.g. <c>entry.fields["k"]</c> or <c>items[3].x</c>; empty for the message itself.</summary>
    public string Path { get; private set; } = "";

    public override string Message => Path.Length == 0 ? _problem : $"{Path}: {_problem}";

    /// <param name="reader">Stands on the token that was not expected.</param>
    /// <param name="expected">What would be right, e.g. <c>true or false</c>.</param>
    /// <returns><c>expected …, got …</c>, quoting at most 40 bytes.</returns>
    public static MessageFormatException Unexpected(ref JsonInput reader, string expected)
    {
        var got = reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "an array",
            JsonTokenType.String or JsonTokenType.PropertyName => $"\"{Quote(reader.ValueSpan)}\"",
            JsonTokenType.None => "nothing",
            _ => Quote(reader.ValueSpan),
        };
        return new MessageFormatException($"expected {expected}, got {got}");
    }

    /// <summary>Text from the client, cut at a whole character so that it can be put into an error.</summary>
    public static string Quote(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= MaxQuotedBytes)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        var end = MaxQuotedBytes;
        while (end > MaxQuotedBytes - 3 && (utf8[end] & 0xc0) == 0x80)
        {
            end--;
        }

        return Encoding.UTF8.GetString(utf8[..end]) + "…";
    }

    /// <summary>
    /// Puts a step before <see cref="Path"/>. Made to be called from exception filters: these run from the innermost to the
    /// outermost before anything is unwound, so the path is complete after a single throw, however deep the message.
    /// </summary>
    /// <returns>Always false: the filter never catches.</returns>
    public bool Within(string step)
    {
        Path = Path.Length == 0 || Path[0] == '[' ? step + Path : $"{step}.{Path}";
        return false;
    }
}
