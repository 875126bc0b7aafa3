namespace LogWatcher.Logs;

/// <summary>More files were rotated while a watch read its history than are kept open for it. Resumed from its cursors it loses nothing.</summary>
/// <param name="kept">So many are.</param>
internal sealed class SlowHistoryException(int kept)
    : Exception($"more than {kept} files were rotated while the watch read its history: go on behind the last entry of each source (after), or read faster");
