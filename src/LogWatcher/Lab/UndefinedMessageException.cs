namespace LogWatcher.Lab;

/// <summary>A message is asked for, by name or as a field's type, of which the client has defined none.</summary>
internal sealed class UndefinedMessageException(string problem) : Exception(problem);
