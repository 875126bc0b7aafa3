namespace LogWatcher.Logs.Live;

/// <summary>An entry in a watch's queue.</summary>
/// <param name="Entry">Shared with other watches.</param>
/// <param name="TextBytes">How much memory its text takes.</param>
internal readonly record struct WaitingEntry(LogEntry Entry, int TextBytes);
