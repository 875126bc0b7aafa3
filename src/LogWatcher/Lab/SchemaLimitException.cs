namespace LogWatcher.Lab;

/// <summary>One schema more would be more than the node holds.</summary>
internal sealed class SchemaLimitException(string problem) : Exception(problem);
