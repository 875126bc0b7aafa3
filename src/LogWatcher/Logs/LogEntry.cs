using System.Text;

namespace LogWatcher.Logs;

/// <summary>One entry of a log as it is delivered (logs.md, "Request and entry"). What is empty is not there.</summary>
/// <param name="Level">None when the line has none.</param>
/// <param name="Text">The message alone, without the time and level before it; and the rest of a structured line.</param>
/// <param name="Time">In UTC; null when the line has none.</param>
/// <param name="Source">The file's path as <c>--logs</c> gave or unfolded it; empty for the sample.</param>
/// <param name="Place">The place behind it; null in the sample, which has none.</param>
/// <param name="Suppressed">Matches dropped for this watcher right before this entry.</param>
internal sealed record LogEntry(LogLevel Level, EntryText Text, LogTime? Time, string Source, EntryPlace? Place = null, long Suppressed = 0)
{
    public string Message => Encoding.UTF8.GetString(Text.Message);

    /// <summary>The rest of a structured line, in its order, each name once.</summary>
    public IEnumerable<KeyValuePair<string, string>> Fields
    {
        get
        {
            for (var index = 0; index < Text.FieldCount; index++)
            {
                yield return new(Encoding.UTF8.GetString(Text.FieldName(index)), Encoding.UTF8.GetString(Text.FieldValue(index)));
            }
        }
    }

    /// <summary>Makes an entry of a view; bad UTF-8 becomes U+FFFD here.</summary>
    /// <param name="view">What it is made of.</param>
    /// <param name="place">The place behind it.</param>
    /// <param name="reused">Becomes its text: that of an entry that nobody needs any more; null: a new one is made.</param>
    public static LogEntry From(EntryView view, EntryPlace? place = null, EntryText? reused = null) =>
        new(view.Level, EntryText.Of(view, reused), view.Time, view.Source, place);
}
