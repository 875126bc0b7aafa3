using LogWatcher.Logs.Live;
using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs;

/// <summary>
/// Opens the files of a watch's history: those that its cursors tell of, each behind its place, and all others that stand under its names
/// at one moment.
/// </summary>
/// <param name="names">What it watches.</param>
/// <param name="query">What it asks for.</param>
/// <param name="time">The clock of times without a year.</param>
internal sealed class HistoryOpener(WatchedNames names, WatchQuery query, TimeProvider time)
{
    /// <summary>Opens them. Nothing is read yet.</summary>
    /// <param name="isAlone">Nothing else comes between their entries.</param>
    /// <exception cref="CursorGoneException">The data behind one of the query's cursors is gone.</exception>
    public History Open(bool isAlone)
    {
        var history = new History(query.Filter, time, query.Range, query.NeedsLiveTimes) { IsAlone = isAlone };
        var seen = new HashSet<FileIdentity>();

        try
        {
            // What comes to stand somewhere after this moment is found behind what stood there.
            var present = SettledLook.WithoutTwins(SettledLook.At(names.Unfold, names.MayUnfold));
            Resumption? resumption = null;
            var resumed = new Dictionary<string, (HistoryReader Newest, HistoryReader? Older)>(StringComparer.Ordinal);
            if (query.After.Count > 0)
            {
                resumption = Resumption.Find(query.After, names.NamesOfCursors(), names.Folders(), names.MayHold, names.Includes);
                Resume(resumption, history, seen, resumed);
            }

            OpenUnseen(present, history, seen, resumption);
            foreach (var reader in history.Readers)
            {
                // So that a cursor of what stands under a name now also tells how far the one before it has come.
                var (newest, older) = resumed.GetValueOrDefault(reader.File.Source);
                reader.Older = newest == reader ? older : newest;
            }

            return history;
        }
        catch
        {
            history.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Adds the files that stood under the names at one moment and are not there yet. A file that is renamed before it is opened is
    /// opened where it stands then, as what it was.
    /// </summary>
    private void OpenUnseen(
        List<(string Path, FileStatus Status)> present, History history, HashSet<FileIdentity> seen, Resumption? resumption)
    {
        var wanted = new Dictionary<FileIdentity, string>();
        foreach (var (path, status) in present)
        {
            // A second name of a file is a link.
            if (!seen.Contains(status.Identity))
            {
                wanted.TryAdd(status.Identity, path);
            }
        }

        // What may have been made of another since comes behind that: when the first such one is looked at, all others are there.
        List<HistoryReader>? deleted = null;
        var opened = OpenAll(wanted, seen);
        var bySource = new Dictionary<string, HistoryReader>(StringComparer.Ordinal);
        foreach (var reader in history.Readers)
        {
            bySource[reader.File.Source] = reader;
        }

        foreach (var file in opened.Count > 1
            ? opened.OrderBy(file => file.IsCompressed).ThenBy(file => file.Source, StringComparer.Ordinal)
            : opened.AsEnumerable())
        {
            var isDone = resumption?.IsDone(file) == true;
            if (resumption?.IsCopyOfNext(file) == true || (file.IsCompressed
                ? isDone || (deleted ??= [.. history.Readers.Where(reader => reader.File.IsDeleted())]).Exists(reader => file.IsMadeOf(reader.File))
                : isDone && query.Follow && resumption!.IsCopyOfPresent(file)))
            {
                // What becomes of a copy is seen by those who follow its log.
                file.Dispose();
                continue;
            }

            // What stood under the same name a moment ago comes first.
            var added = history.Add(file, new LinePosition(isDone ? file.Length() : 0), bySource.GetValueOrDefault(file.Source));
            GoOnToEnd(added);
            bySource[file.Source] = added;
        }
    }

    /// <summary>
    /// Opens files by their identity, the likeliest place first. If one is deleted before that, the compressed ones are opened that have
    /// come since: one of them was made of it.
    /// </summary>
    /// <param name="wanted">The name under which each was seen.</param>
    /// <param name="seen">Those that are open already.</param>
    private List<LogFile> OpenAll(Dictionary<FileIdentity, string> wanted, HashSet<FileIdentity> seen)
    {
        var opened = new Dictionary<FileIdentity, LogFile>();
        var files = new List<LogFile>();
        try
        {
            OpenAll(wanted, seen, opened, files);
            return files;
        }
        catch
        {
            // Those that are in both have but one owner.
            foreach (var file in opened.Values.Union(files))
            {
                file.Dispose();
            }

            throw;
        }
    }

    private void OpenAll(
        Dictionary<FileIdentity, string> wanted, HashSet<FileIdentity> seen, Dictionary<FileIdentity, LogFile> opened, List<LogFile> files)
    {
        var paths = new List<string>();
        foreach (var (_, path) in wanted)
        {
            paths.Add(path);
        }

        // Where names have moved up by one, most are found at those of others.
        OpenAt(paths, wanted, opened);
        if (opened.Count < wanted.Count)
        {
            OpenAt([.. names.Unfold()], wanted, opened);
        }

        // Plain loops: what queries make of pairs with a number of a file would be compiled at every start.
        var gone = new List<string>();
        foreach (var (identity, path) in wanted)
        {
            if (opened.TryGetValue(identity, out var file))
            {
                files.Add(file);
            }
            else if (SettledLook.TryOpen(path, identity, source: null, out var isGone) is { } moved)
            {
                files.Add(moved);
            }
            else if (isGone && !LogFile.IsCompressedName(path))
            {
                gone.Add(path);
            }
        }

        if (gone.Count > 0)
        {
            OpenCompressed(gone, identity => seen.Contains(identity) || wanted.ContainsKey(identity), files);
        }
    }

    /// <summary>Opens compressed files that were made of deleted ones, or may have been: what they were not made of has been opened.</summary>
    private void OpenCompressed(List<string> gone, Predicate<FileIdentity> isKnown, List<LogFile> files)
    {
        // With what they may be made of: beside that they hold nothing of their own.
        var present = SettledLook.WithoutTwins(SettledLook.At(
            () => new SortedSet<string>(gone.SelectMany(Rotation.FilesBeside).Where(IsOne), StringComparer.Ordinal), IsOne));
        foreach (var (path, status) in present)
        {
            if (LogFile.IsCompressedName(path) && !isKnown(status.Identity) && SettledLook.TryOpen(path, status.Identity, source: null, out _) is { } file)
            {
                files.Add(file);
            }
        }

        bool IsOne(string path) => names.MayUnfold(path)
            || gone.Contains(LogFile.IsCompressedName(path) ? path[..path.LastIndexOf('.')] : path);
    }

    /// <summary>Opens what is wanted of that which stands at some paths now.</summary>
    private static void OpenAt(List<string> paths, Dictionary<FileIdentity, string> wanted, Dictionary<FileIdentity, LogFile> opened)
    {
        foreach (var path in paths)
        {
            if (FileStatus.TryGet(path, out var status) && wanted.ContainsKey(status.Identity) && !opened.ContainsKey(status.Identity)
                && LogFile.TryOpen(path) is { } file)
            {
                // Another may have come there in between, which may be wanted too.
                if (!wanted.TryGetValue(file.Identity, out var name) || !opened.TryAdd(file.Identity, name == path ? file : file.As(name)))
                {
                    file.Dispose();
                }
            }
        }
    }

    /// <summary>Adds the files that the query's cursors tell of, each behind its place.</summary>
    /// <param name="resumption">Where they are.</param>
    /// <param name="history">Gets them.</param>
    /// <param name="seen">Gets their identities.</param>
    /// <param name="bySource">Gets for each source that has a cursor the readers of its files.</param>
    private void Resume(
        Resumption resumption, History history, HashSet<FileIdentity> seen,
        Dictionary<string, (HistoryReader Newest, HistoryReader? Older)> bySource)
    {
        var readers = new Dictionary<ResumedFile, HistoryReader>();
        foreach (var file in resumption.Files)
        {
            var reader = history.Add(file.File, file.From, file.Behind is null ? null : readers[file.Behind], file.Guard);
            reader.Delivered = file.Delivered;
            GoOnToEnd(reader);
            if (query.Follow && !file.File.IsCompressed && resumption.Files.Any(next => next.Behind == file))
            {
                // What comes behind it stands in another file.
                reader.GoOnTo(long.MaxValue, HistoryEnd.TakeLines);
            }

            readers.Add(file, reader);
            seen.Add(file.File.Identity);
        }

        foreach (var (source, (newest, older)) in resumption.BySource)
        {
            bySource[source] = (readers[newest], older is null ? null : readers[older]);
            if (older is not null)
            {
                readers[older].IsOlderPart = true;
            }
        }
    }

    /// <summary>Sets where a file's history ends: what is written while it is read is for those who follow.</summary>
    private void GoOnToEnd(HistoryReader reader)
    {
        var file = reader.File;
        var end = query.Follow || file.IsCompressed ? long.MaxValue : file.Length();
        var leavesRest = query.Follow && !file.IsCompressed;

        // To what was last written to some time ago, no more lines of the same entry will come.
        var isQuiet = FileClock.Now - file.LastChange() >= FileFollower.MaxOpenWait.Ticks;
        reader.GoOnTo(end, !leavesRest ? HistoryEnd.TakeRest : isQuiet ? HistoryEnd.TakeLines : HistoryEnd.LeaveRest);
    }
}
