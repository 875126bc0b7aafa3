using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Live;

/// <summary>
/// Has the file system tell when something in some folders changes, once for all who follow files there. A hint only: where it cannot
/// (network file systems, the limits of inotify), nothing is said and the polls are all there is. Any thread; what it tells comes on
/// threads of the system's.
/// </summary>
internal sealed class FolderHints
{
    /// <summary>
    /// Folders watched at most. Each costs a thread and one of the few inotify instances that a user has (128 by default), which
    /// others need too.
    /// </summary>
    public const int MaxFolders = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Folder> _folders = new(StringComparer.Ordinal);

    /// <summary>How many folders the file system tells of.</summary>
    public int Watched
    {
        get
        {
            lock (_gate)
            {
                return _folders.Values.Count(folder => folder.IsWatched);
            }
        }
    }

    /// <summary>
    /// Tells of a folder too, if that is possible. To be said again from time to time: should the folder have come since, or another
    /// have come in its place, that one is watched from then on.
    /// </summary>
    /// <param name="folder">As it is to be told.</param>
    /// <param name="run">Whom. Until <see cref="Remove"/>.</param>
    public void Add(string folder, LiveRun run)
    {
        lock (_gate)
        {
            if (!_folders.TryGetValue(folder, out var watched))
            {
                if (_folders.Count >= MaxFolders)
                {
                    DropGone();
                }

                if (_folders.Count >= MaxFolders)
                {
                    return;
                }

                watched = new Folder(folder);
                _folders.Add(folder, watched);
            }
            else if (!watched.IsStill(folder))
            {
                _folders[folder] = watched.Renew(folder);
                watched = _folders[folder];
            }

            watched.Add(run);
        }
    }

    /// <summary>Gives up the places of folders that are no longer there; should one come again, it is told of again.</summary>
    private void DropGone()
    {
        foreach (var (name, folder) in _folders)
        {
            if (!folder.IsStill(name) || !Directory.Exists(name))
            {
                _folders.Remove(name);
                folder.Dispose();
            }
        }
    }

    /// <summary>Tells somebody nothing more.</summary>
    public void Remove(LiveRun run)
    {
        lock (_gate)
        {
            foreach (var (name, folder) in _folders)
            {
                if (folder.Without(run))
                {
                    _folders.Remove(name);
                    folder.Dispose();
                }
            }
        }
    }

    /// <summary>One folder, and who is told of it.</summary>
    private sealed class Folder : IDisposable
    {
        private readonly FileSystemWatcher? _watcher;
        private readonly (FileIdentity, long) _which;

        // Replaced as a whole: what is told comes without the lock.
        private volatile LiveRun[] _runs = [];

        public Folder(string folder)
        {
            _which = Which(folder);
            try
            {
                _watcher = Watch(folder);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // Not tried again while it is the same: what has run out seldom comes back, and the poll does the work.
            }
        }

        public bool IsWatched => _watcher is not null;

        /// <summary>Whether it is the folder that stands there: of one that was deleted the file system tells nothing more.</summary>
        public bool IsStill(string folder) => _which == Which(folder);

        /// <summary>Another that tells the same of what stands there now; this one tells nothing more.</summary>
        public Folder Renew(string folder)
        {
            Dispose();
            return new Folder(folder) { _runs = Interlocked.Exchange(ref _runs, []) };
        }

        public void Add(LiveRun run) => _runs = _runs.Contains(run) ? _runs : [.. _runs, run];

        /// <returns>Whether nobody is left.</returns>
        public bool Without(LiveRun run)
        {
            _runs = _runs.Contains(run) ? [.. _runs.Where(other => other != run)] : _runs;
            return _runs.Length == 0;
        }

        public void Dispose() => _watcher?.Dispose();

        private static (FileIdentity Identity, long Born) Which(string folder) =>
            FileStatus.TryGet(folder, out var status) ? (status.Identity, status.Born) : default;

        private FileSystemWatcher Watch(string folder)
        {
            var watcher = new FileSystemWatcher(folder)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.Size | NotifyFilters.LastWrite,
            };
            try
            {
                watcher.Changed += (_, change) => Tell(folder, change.Name ?? "");
                watcher.Created += (_, _) => TellOfNames();
                watcher.Deleted += (_, _) => TellOfNames();
                watcher.Renamed += (_, _) => TellOfNames();

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

        private void Tell(string folder, string name)
        {
            foreach (var run in _runs)
            {
                run.AskName(folder, name);
            }
        }

        private void TellOfNames()
        {
            foreach (var run in _runs)
            {
                run.AskSearch();
            }
        }
    }
}
