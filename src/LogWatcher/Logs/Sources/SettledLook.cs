using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Sources;

/// <summary>
/// What stands under some names at one moment. Names that move up while they are looked at may be passed over or seen twice: so it
/// is looked again until nothing has moved, or where they move faster than that, the system is asked for all of them at once.
/// </summary>
internal static class SettledLook
{
    /// <summary>Looks at names that change all the time, at most.</summary>
    public const int MaxLooks = 50;

    /// <summary>Looks in which names have moved each time, before the system is asked for all at once: that costs more where nothing moves.</summary>
    private const int LooksBeforeImage = 2;

    /// <summary>Where the system tells other numbers in a folder's list than of the files themselves, this is all that is lost on it.</summary>
    private const int MaxPasses = 10;

    /// <summary>The regular files that stand under the names, in their order.</summary>
    /// <param name="unfold">The names that are there, in ordinal order.</param>
    /// <param name="mayUnfold">Whether a name would be among them, were it there.</param>
    public static List<(string Path, FileStatus Status)> At(Func<IEnumerable<string>> unfold, Predicate<string> mayUnfold)
    {
        var found = Look(unfold());
        for (var look = 2; look <= MaxLooks; look++)
        {
            var before = found;
            found = Look(unfold());
            if (IsSame(found, before))
            {
                break;
            }

            if (look >= LooksBeforeImage && TryTakeImage(before, found, mayUnfold) is { } image)
            {
                return image;
            }
        }

        return found;
    }

    /// <summary>Opens a file that was seen under a path, wherever in its folder it stands by now; null if it cannot be opened.</summary>
    /// <param name="path">Where it was seen.</param>
    /// <param name="identity">Which it is.</param>
    /// <param name="source">Its name as a source, if that is another.</param>
    /// <param name="isGone">It has left the folder: it was deleted, or compressed.</param>
    public static LogFile? TryOpen(string path, FileIdentity identity, string? source, out bool isGone)
    {
        isGone = false;
        var at = path;
        for (var look = 0; look < MaxLooks; look++)
        {
            if (LogFile.TryOpen(at, source ?? path) is { } file)
            {
                if (file.Identity == identity)
                {
                    return file;
                }

                file.Dispose();
            }
            else if (StandsAt(at, identity))
            {
                // It may not be read.
                return null;
            }

            if (PathOf(identity, path) is not { } now)
            {
                break;
            }

            at = now;
        }

        isGone = true;
        return null;
    }

    /// <summary>
    /// Of what stood somewhere at one moment those that are no <see cref="Rotation.IsCompressedTwin"/>: beside what they are made of.
    /// </summary>
    public static List<(string Path, FileStatus Status)> WithoutTwins(List<(string Path, FileStatus Status)> present)
    {
        // Plain loops: a query over such pairs would be compiled at every start.
        var kept = new List<(string, FileStatus)>(present.Count);
        for (var index = 0; index < present.Count; index++)
        {
            // In their order, what it is made of stands right before it, but for names that go on otherwise behind that.
            var (path, status) = present[index];
            if (!LogFile.IsCompressedName(path) || IndexOf(present, path[..path.LastIndexOf('.')], index) is not (>= 0 and var twin)
                || !Rotation.IsCompressedTwin((path, status), present[twin]))
            {
                kept.Add((path, status));
            }
        }

        return kept;
    }

    private static int IndexOf(List<(string Path, FileStatus Status)> present, string path, int before)
    {
        var index = before - 1;
        while (index >= 0 && string.CompareOrdinal(present[index].Path, path) > 0)
        {
            index--;
        }

        return index >= 0 && present[index].Path == path ? index : -1;
    }

    private static bool StandsAt(string path, FileIdentity identity) => FileStatus.TryGet(path, out var status) && status.Identity == identity;

    /// <summary>Where in the folder of a path a file stands now; null: nowhere.</summary>
    private static string? PathOf(FileIdentity identity, string path)
    {
        foreach (var (name, inode) in FolderImage.TryTake(FolderImage.FolderOf(path)) ?? [])
        {
            if (inode == identity.Inode)
            {
                return name;
            }
        }

        // Some file systems tell other numbers in the list.
        return Rotation.FilesBeside(path).Find(name => StandsAt(name, identity));
    }

    /// <summary>
    /// The regular files that stand under the names at one moment in each of the folders; null if the system cannot tell.
    /// </summary>
    /// <param name="before">What was found in one look.</param>
    /// <param name="found">And in the next.</param>
    /// <param name="mayUnfold">Which other names are looked for.</param>
    private static List<(string Path, FileStatus Status)>? TryTakeImage(
        List<(string Path, FileStatus Status)> before, List<(string Path, FileStatus Status)> found, Predicate<string> mayUnfold)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, _) in before.Concat(found))
        {
            known.Add(path);
            folders.Add(FolderImage.FolderOf(path));
        }

        var all = new List<(string Path, FileStatus Status)>();
        foreach (var folder in folders)
        {
            if (TryTakeImage(folder, path => known.Contains(path) || mayUnfold(path)) is not { } image)
            {
                return null;
            }

            all.AddRange(image);
        }

        all.Sort(static (one, other) => string.CompareOrdinal(one.Path, other.Path));
        return all;
    }

    private static List<(string Path, FileStatus Status)>? TryTakeImage(string folder, Predicate<string> isOne)
    {
        for (var look = 0; look < MaxLooks && FolderImage.TryTake(folder)?.FindAll(entry => isOne(entry.Path)) is { } image; look++)
        {
            if (TryTellStatus(image, folder, out var isGone) is { } told)
            {
                return told;
            }

            // What has been deleted since may be in another by now: that is another moment.
            if (!isGone)
            {
                break;
            }
        }

        return null;
    }

    /// <summary>What the file system says of the files of an image, wherever they stand by now; null if it does not say it of all.</summary>
    private static List<(string Path, FileStatus Status)>? TryTellStatus(List<FolderImage.Entry> image, string folder, out bool isGone)
    {
        isGone = false;
        var statuses = new Dictionary<ulong, FileStatus>();
        var missing = image.FindAll(entry => entry.Inode != 0);
        for (var pass = 0; missing.Count > 0; pass++)
        {
            foreach (var (path, _) in missing)
            {
                // What has come there may be one of the others.
                if (FileStatus.TryGet(path, out var status))
                {
                    statuses.TryAdd(status.Identity.Inode, status);
                }
            }

            var wanted = missing.Where(entry => !statuses.ContainsKey(entry.Inode)).Select(entry => entry.Inode).ToHashSet();
            if (wanted.Count == 0)
            {
                break;
            }

            if (pass == MaxPasses || FolderImage.TryTake(folder) is not { } now)
            {
                return null;
            }

            missing = now.FindAll(entry => wanted.Contains(entry.Inode));
            if (missing.DistinctBy(entry => entry.Inode).Count() < wanted.Count)
            {
                isGone = true;
                return null;
            }
        }

        var told = new List<(string, FileStatus)>(image.Count);
        foreach (var (path, inode) in image)
        {
            // A link is no file of its own: what it leads to is what stands there.
            if ((inode != 0 ? statuses.TryGetValue(inode, out var status) : FileStatus.TryGet(path, out status)) && status.IsRegular)
            {
                told.Add((path, status));
            }
        }

        return told;
    }

    /// <summary>A plain loop: a query over such pairs would be compiled at every start.</summary>
    private static bool IsSame(List<(string Path, FileStatus Status)> found, List<(string Path, FileStatus Status)> before)
    {
        var same = 0;
        while (same < found.Count && same < before.Count
            && found[same].Path == before[same].Path && found[same].Status.Identity == before[same].Status.Identity)
        {
            same++;
        }

        return same == found.Count && same == before.Count;
    }

    private static List<(string Path, FileStatus Status)> Look(IEnumerable<string> paths)
    {
        var found = new List<(string, FileStatus)>();
        foreach (var path in paths)
        {
            if (FileStatus.TryGet(path, out var status) && status.IsRegular)
            {
                found.Add((path, status));
            }
        }

        return found;
    }
}
