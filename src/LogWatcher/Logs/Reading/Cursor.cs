namespace LogWatcher.Logs.Reading;

/// <summary>The place of an entry in its file.</summary>
internal sealed record Cursor(string Text);
