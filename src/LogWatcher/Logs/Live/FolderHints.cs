namespace LogWatcher.Logs.Live;

/// <summary>
/// Has the file system tell when something in some folders changes. A hint only: where it cannot (network file systems, the
/// limits of inotify), nothing is said and the polls are all there is. Under the feed's lock; what it tells comes on threads of the
/// system's.
/// </summary>
/// <param name="onChange">Gets the folder as it was given and the name in it that has changed.</param>
/// <param name="onNames">Names have come or gone.</param>
internal sealed class FolderHints(Action<string, string> onChange, Action onNames) : IDisposable
{
    /// <summary>
    /// Folders watched at most. Each costs a thread and one of the few inotify instances that a user has (128 by default), which
    /// others need too.
    /// </summary>
    private const int MaxFolders = 16;

    private readonly Dictionary<string, FileSystemWatcher?> _watchers = new(StringComparer.Ordinal);

    /// <summary>Watches a folder too, if that is possible and it isn't watched yet.</summary>
    public void Add(string folder)
    {
        if (_watchers.Count >= MaxFolders || _watchers.ContainsKey(folder))
        {
            return;
        }

        try
        {
            _watchers[folder] = Watch(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Not tried again: what has run out seldom comes back, and the poll does the work.
            _watchers[folder] = null;
        }
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers.Values)
        {
            watcher?.Dispose();
        }
    }

    private FileSystemWatcher Watch(string folder)
    {
        var watcher = new FileSystemWatcher(folder)
        {
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.Size | NotifyFilters.LastWrite,
        };
        try
        {
            watcher.Changed += (_, change) => onChange(folder, change.Name ?? "");
            watcher.Created += (_, _) => onNames();
            watcher.Deleted += (_, _) => onNames();
            watcher.Renamed += (_, _) => onNames();

            // Too many at once for its buffer: the poll finds them.
            watcher.Error += (_, _) => { };
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch
        {
            watcher.Dispose();
            throw;
        }
    }
}
