using System.IO.Enumeration;
using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Sources;

/// <summary>One path of <c>--logs</c>: a file, a folder (every file in it) or a glob. Unfolds to names of files.</summary>
internal sealed class LogSource
{
    /// <summary>Folders within each other that <c>**</c> goes down at most: more is a file system gone wrong.</summary>
    private const int MaxDepth = 64;

    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = true,
        RecurseSubdirectories = false,
    };

    private readonly string _path;
    private readonly Glob? _glob;
    private readonly bool _isFolder;

    private LogSource(string path, Glob? glob, bool isFolder)
    {
        _path = path;
        _glob = glob;
        _isFolder = isFolder;
    }

    /// <summary>What a path means: what is there under exactly this name, or else what its pattern comes to match.</summary>
    /// <exception cref="LogSourceException">Nothing is there and the path is no pattern; or it cannot be read.</exception>
    public static LogSource Open(string path)
    {
        if (path.Length == 0)
        {
            throw new LogSourceException("an empty path names no log: give a file, a folder or a glob");
        }

        if (!FileStatus.TryGet(path, out var status))
        {
            return Glob.IsPattern(path)
                ? new LogSource(path, new Glob(path), isFolder: false)
                : throw new LogSourceException($"no such file or folder: {path}");
        }

        if (!status.IsFolder && !status.IsRegular)
        {
            throw new LogSourceException($"neither a file nor a folder: {path}");
        }

        if (status.IsRegular)
        {
            using var file = LogFile.TryOpen(path) ?? throw new LogSourceException($"cannot be read: {path}");
        }

        return new LogSource(path, null, status.IsFolder);
    }

    /// <summary>Adds the names of the files that are there now. What is no regular file shows at its opening.</summary>
    public void Unfold(ISet<string> names)
    {
        if (_isFolder)
        {
            AddMatching(_path, "*", includeHidden: true, names);
        }
        else if (_glob is not null)
        {
            Unfold(_glob.Names[0].Length == 0 ? "/" : "", _glob.Names[0].Length == 0 ? 1 : 0, 0, names);
        }
        else
        {
            names.Add(_path);
        }
    }

    /// <summary>
    /// Whether a file of this name, were it there, would be one of the source's, or one that rotation has made of such a file. What a
    /// request can lead to is only that: a cursor is what a client says.
    /// </summary>
    public bool MayHold(string path)
    {
        var name = LogFile.IsCompressedName(path) ? path[..path.LastIndexOf('.')] : path;
        return Names(path) || Names(name) || this switch
        {
            // What is beside the folder is not in it, whatever its name begins with.
            { _isFolder: true } => false,
            { _glob: null } => Rotation.IsSibling(path, _path),
            _ => Rotation.LogsOf(path).Any(log => Names(log) && Rotation.IsSibling(path, log)),
        };
    }

    /// <summary>Whether a file of this name, were it there, would be one of the source's.</summary>
    public bool Names(string path) => this switch
    {
        { _isFolder: true } => path == Path.Combine(_path, Path.GetFileName(path)),
        { _glob: not null } => (_glob.Names.Count > 1 || !path.Contains('/', StringComparison.Ordinal)) && _glob.MatchesSource(path),
        _ => path == _path,
    };

    /// <summary>Adds the folders in which files of this source come and go, as far as they are known without a search.</summary>
    public void AddFolders(ISet<string> folders)
    {
        if (_isFolder)
        {
            folders.Add(_path);
            return;
        }

        var literal = _path;
        while (Glob.IsPattern(literal))
        {
            literal = Path.GetDirectoryName(literal) ?? "";
        }

        var folder = _glob is null ? Path.GetDirectoryName(_path) ?? "/" : literal;
        folders.Add(folder.Length == 0 ? "." : folder);
    }

    private void Unfold(string folder, int at, int depth, ISet<string> names)
    {
        var name = _glob!.Names[at];
        var isLast = at == _glob.Names.Count - 1;
        if (name == Glob.AnyFolders)
        {
            UnfoldAnyFolders(folder, at, depth, names);
        }
        else if (!Glob.IsPattern(name))
        {
            // No need to look through a folder for a name that is known.
            var path = Path.Combine(folder, name);
            if (!isLast)
            {
                Unfold(name.Length == 0 ? folder : path, at + 1, depth, names);
            }
            else if (FileStatus.TryGet(path, out var status) && status.IsRegular)
            {
                names.Add(path);
            }
        }
        else if (isLast)
        {
            AddMatching(folder, name, includeHidden: false, names);
        }
        else
        {
            foreach (var entry in List(folder))
            {
                if (entry.IsFolder && Glob.MatchesName(name, entry.Name))
                {
                    Unfold(Path.Combine(folder, entry.Name), at + 1, depth, names);
                }
            }
        }
    }

    /// <summary>Links to folders are not gone into: they may lead back to where they stand.</summary>
    private void UnfoldAnyFolders(string folder, int at, int depth, ISet<string> names)
    {
        if (at == _glob!.Names.Count - 1)
        {
            AddMatching(folder, "*", includeHidden: false, names);
        }
        else
        {
            Unfold(folder, at + 1, depth, names);
        }

        if (depth == MaxDepth)
        {
            return;
        }

        foreach (var entry in List(folder))
        {
            if (entry.IsFolder && !entry.IsLink && !entry.Name.StartsWith('.'))
            {
                Unfold(Path.Combine(folder, entry.Name), at, depth + 1, names);
            }
        }
    }

    private static void AddMatching(string folder, string pattern, bool includeHidden, ISet<string> names)
    {
        foreach (var entry in List(folder))
        {
            if (!entry.IsFolder && (includeHidden || Glob.MatchesName(pattern, entry.Name)))
            {
                names.Add(Path.Combine(folder, entry.Name));
            }
        }
    }

    /// <summary>What is in a folder; nothing when it cannot be read or is gone.</summary>
    private static List<FolderEntry> List(string folder)
    {
        try
        {
            return [.. new FileSystemEnumerable<FolderEntry>(
                folder.Length == 0 ? "." : folder,
                static (ref entry) => new FolderEntry(
                    entry.FileName.ToString(), entry.IsDirectory, (entry.Attributes & FileAttributes.ReparsePoint) != 0),
                Everything)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>A name in a folder; of a link, <c>IsFolder</c> says what it leads to.</summary>
    private readonly record struct FolderEntry(string Name, bool IsFolder, bool IsLink);
}
