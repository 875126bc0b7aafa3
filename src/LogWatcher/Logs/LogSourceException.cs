namespace LogWatcher.Logs;

/// <summary>A path of <c>--logs</c> cannot be watched; the message names it and says why.</summary>
internal sealed class LogSourceException(string message) : Exception(message);
