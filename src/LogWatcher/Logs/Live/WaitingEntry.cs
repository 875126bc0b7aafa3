namespace LogWatcher.Logs.Live;

/// <summary>An entry in a watch's queue.</summary>
/// <param name="Entry">Shared with other watches.</param>
/// <param name="LineBytes">How long the line is that it comes from.</param>
internal readonly record struct WaitingEntry(LogEntry Entry, int LineBytes);
