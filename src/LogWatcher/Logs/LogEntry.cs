using System.Text;

namespace LogWatcher.Logs;

/// <summary>One entry of a log as it is delivered (logs.md, "Request and entry"). What is empty is not there.</summary>
/// <param name="Level">None when the line has none.</param>
/// <param name="Message">The message alone, without the time and level before it.</param>
/// <param name="Time">In UTC; null when the line has none.</param>
/// <param name="Source">The file's path as <c>--logs</c> gave or unfolded it; empty for the sample.</param>
/// <param name="Fields">The rest of a structured line, in its order, each name once.</param>
/// <param name="Place">The place behind it; null in the sample, which has none.</param>
/// <param name="Suppressed">Matches dropped for this watcher right before this entry.</param>
internal sealed record LogEntry(
    LogLevel Level,
    string Message,
    LogTime? Time,
    string Source,
    IReadOnlyList<KeyValuePair<string, string>> Fields,
    EntryPlace? Place = null,
    long Suppressed = 0)
{
    /// <summary>Up to so many fields are compared with each other; above, a set finds those given twice.</summary>
    private const int MaxFieldsToCompare = 32;

    /// <summary>Makes an entry of a view; bad UTF-8 becomes U+FFFD here.</summary>
    public static LogEntry From(EntryView view, EntryPlace? place = null) =>
        new(view.Level, Encoding.UTF8.GetString(view.Message), view.Time, view.Source, FieldsOf(view), place);

    private static KeyValuePair<string, string>[] FieldsOf(EntryView view)
    {
        var count = view.FieldCount;
        if (count == 0)
        {
            return [];
        }

        var seen = count > MaxFieldsToCompare ? new HashSet<string>(count, StringComparer.Ordinal) : null;
        var fields = new KeyValuePair<string, string>[count];
        var first = count;

        // Backwards, so that of a key given twice the last one stays.
        for (var index = count - 1; index >= 0; index--)
        {
            var name = Encoding.UTF8.GetString(view.FieldName(index));
            if (seen?.Add(name) ?? !Contains(fields.AsSpan(first), name))
            {
                fields[--first] = new(name, Encoding.UTF8.GetString(view.FieldValue(index)));
            }
        }

        return first == 0 ? fields : fields[first..];
    }

    private static bool Contains(ReadOnlySpan<KeyValuePair<string, string>> fields, string name)
    {
        foreach (var field in fields)
        {
            if (field.Key == name)
            {
                return true;
            }
        }

        return false;
    }
}
