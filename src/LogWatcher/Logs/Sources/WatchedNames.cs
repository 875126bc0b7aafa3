namespace LogWatcher.Logs.Sources;

/// <summary>The names of the files that a watch wants, of all that <c>--logs</c> named. Any thread.</summary>
/// <param name="sources">The paths of <c>--logs</c>.</param>
/// <param name="selection">Which of their files are wanted.</param>
internal class WatchedNames(IReadOnlyList<LogSource> sources, SourceSelection selection)
{
    /// <summary>Those that are there now, in order.</summary>
    public virtual SortedSet<string> Unfold() => Unfold(selection.Includes);

    /// <summary>Whether a file of this name, were it there, would be one of them.</summary>
    public bool MayUnfold(string path) => selection.Includes(path) && IsOfSources(path);

    /// <summary>Whether a name that a cursor was given for is wanted.</summary>
    public bool Includes(string source) => selection.Includes(source);

    /// <summary>Whether a path is one of the logs', wanted or not, or of what rotation has made of them: no other is ever opened.</summary>
    public bool MayHold(string path) => sources.Any(source => source.MayHold(path));

    /// <summary>The folders in which files come and go, as far as they are known without a search.</summary>
    public HashSet<string> Folders()
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            source.AddFolders(folders);
        }

        return folders;
    }

    /// <summary>
    /// The names that cursors may be of: of all files that are there now, wanted or not, and of those that are asked for by just these, as
    /// one may have left.
    /// </summary>
    public SortedSet<string> NamesOfCursors()
    {
        var names = Unfold(_ => true);
        HashSet<string> folders = [.. Folders().Select(folder => folder == "." ? "" : folder), .. names.Select(name => Path.GetDirectoryName(name) ?? "/")];
        foreach (var wanted in selection.Globs.Where(glob => !Glob.IsPattern(glob)))
        {
            // A client says them: they lead into no other folder.
            var name = Path.GetFileName(wanted);
            if (name is not ("" or "." or ".."))
            {
                names.UnionWith(folders.Where(folder => name == wanted || folder == Path.GetDirectoryName(wanted))
                    .Select(folder => Path.Combine(folder, name)).Where(IsOfSources));
            }
        }

        return names;
    }

    private bool IsOfSources(string path) => sources.Any(source => source.Names(path));

    private SortedSet<string> Unfold(Predicate<string> isWanted)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            source.Unfold(names);
        }

        names.RemoveWhere(name => !isWanted(name));
        return names;
    }
}
