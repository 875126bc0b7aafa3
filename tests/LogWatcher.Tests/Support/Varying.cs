using System.Text.RegularExpressions;

namespace LogWatcher.Tests.Support;

/// <summary>
/// What is different each time, or at each door, in what the node says: put in its place is something of the same type that always is
/// the same, so that a transcript can be compared, and be read as messages.
/// </summary>
internal static partial class Varying
{
    public static string Settle(string json)
    {
        json = Milliseconds().Replace(json, "\"timestamp\": 1700000000000");
        json = TimeOfDay().Replace(json, "\"timestamp\": \"12:34:56\"");
        json = Client().Replace(json, "\"source\": \"CLIENT\"");
        json = CollectedCursor().Replace(json, "${head}\"CURSOR\"");
        json = Measured().Replace(json, "${name}1");
        return Door().Replace(json, "\"door\": \"DOOR\"");
    }

    /// <summary>Now, in milliseconds since 1970; a client's own timestamp has fewer digits in the transcripts.</summary>
    [GeneratedRegex("""
        "timestamp": "?[0-9]{13}"?
        """)]
    private static partial Regex Milliseconds();

    [GeneratedRegex("""
        "timestamp": "[0-9]{2}:[0-9]{2}:[0-9]{2}"
        """)]
    private static partial Regex TimeOfDay();

    /// <summary>The client that an entry was collected from.</summary>
    [GeneratedRegex("""
        "source": "(c1|127\.0\.0\.1)"
        """)]
    private static partial Regex Client();

    /// <summary>Of an entry that was collected: it tells of this run of the node.</summary>
    [GeneratedRegex("""
        (?<head>"source": "CLIENT".*"cursor": )"[^"]*"
        """)]
    private static partial Regex CollectedCursor();

    /// <summary>Metrics of the process and of the bytes on the wire.</summary>
    [GeneratedRegex("""
        (?<name>"metric_name": "\w*bytes\w*", "value": )[0-9.E+]+
        """)]
    private static partial Regex Measured();

    [GeneratedRegex("""
        "door": "(stdin|http2)"
        """)]
    private static partial Regex Door();
}
