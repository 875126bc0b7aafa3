using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Sources;

/// <summary>Which of a log's files have stood under its name after one of them.</summary>
/// <param name="log">The name.</param>
internal sealed class RotationOrder(string log)
{
    /// <summary>Looks at names that change all the time, at most.</summary>
    private const int MaxLooks = 10;

    /// <summary>
    /// Whether what a sibling holds has stood under the name after what a file holds: it was written to later. (By their births
    /// one can't tell: what is truncated in place is older than the copy of what it held before. Only where both were written to
    /// in the same tick of the clock does that decide.) Of a compressed file the time may be that of its compression; so there
    /// the numbers must agree, if both have one.
    /// </summary>
    /// <param name="sibling">What the file system says of it.</param>
    /// <param name="path">Its path.</param>
    /// <param name="file">The file.</param>
    public bool IsYounger(FileStatus sibling, string path, LogFile file)
    {
        var order = sibling.Changed.CompareTo(file.LastChange());
        order = order != 0 ? order : sibling.BegunAt(path).CompareTo(file.BegunAt);

        // A compression makes a time later, never earlier.
        var isSure = !file.IsCompressed && (order < 0 || (order > 0 && !LogFile.IsCompressedName(path)));
        if (isSure)
        {
            return order > 0;
        }

        var now = PathOf(file);
        return (Rotation.NumberOf(path, log), Rotation.NumberOf(now, log)) switch
        {
            ({ } siblings, { } files) => siblings < files,
            (null, null) when order == 0 && now.Length > 0 => string.CompareOrdinal(path, now) > 0,
            _ => order >= 0,
        };
    }

    /// <summary>Where a sibling stands now; empty if it is nowhere to be found.</summary>
    private string PathOf(LogFile file) => FileStatus.TryGet(file.Path, out var status) && status.Identity == file.Identity
        ? file.Path
        : Rotation.Rotated(log).Find(sibling => sibling.Status.Identity == file.Identity).Path ?? "";

    /// <summary>Opens the siblings that have stood under the name after a file, in their order, whatever is renamed meanwhile.</summary>
    /// <param name="file">The file.</param>
    /// <param name="present">What stands under the name now, which is none of them; null: nothing.</param>
    public List<LogFile> OpenYounger(LogFile file, LogFile? present)
    {
        var opened = new Dictionary<FileIdentity, LogFile>();
        var sorted = new List<FileIdentity>();
        var isWhole = false;
        var look = 0;
        for (; look < MaxLooks && !isWhole; look++)
        {
            isWhole = true;
            foreach (var (path, status) in Younger(file))
            {
                if (status.Identity == present?.Identity || opened.ContainsKey(status.Identity))
                {
                    continue;
                }

                var sibling = LogFile.TryOpen(path, log);
                if (sibling is null || !Keep(sibling, status))
                {
                    // Renamed between the look and the opening.
                    sibling?.Dispose();
                    isWhole = false;
                }
            }
        }

        return sorted.ConvertAll(identity => opened[identity]);

        bool Keep(LogFile sibling, FileStatus status)
        {
            if (sibling.Identity != status.Identity)
            {
                return false;
            }

            // Found only now, it goes before those that are younger.
            opened.Add(sibling.Identity, sibling);
            var at = look == 0 ? -1 : sorted.FindIndex(other => opened[other].LastChange() > status.Changed);
            sorted.Insert(at < 0 ? sorted.Count : at, sibling.Identity);
            return true;
        }
    }

    /// <summary>
    /// The siblings that have stood under the name after a file. Names that move up while they are
    /// looked at may be passed over or seen twice: so it is looked again until nothing has moved.
    /// </summary>
    public List<(string Path, FileStatus Status)> Younger(LogFile file)
    {
        var last = new List<(string Path, FileStatus Status)>();
        for (var look = 0; look < MaxLooks; look++)
        {
            var siblings = Rotation.Rotated(log);
            var isSettled = look > 0 && siblings.Select(Place).ToHashSet().SetEquals(last.Select(Place));
            last = siblings;
            if (isSettled)
            {
                break;
            }
        }

        return Sort(last.Where(sibling => sibling.Status.Identity != file.Identity && IsYounger(sibling.Status, sibling.Path, file)));

        static (string Path, FileIdentity Identity) Place((string Path, FileStatus Status) sibling) => (sibling.Path, sibling.Status.Identity);
    }

    /// <summary>Rotated siblings in the order in which they have stood under the name.</summary>
    private List<(string Path, FileStatus Status)> Sort(IEnumerable<(string Path, FileStatus Status)> siblings)
    {
        List<(string Path, FileStatus Status)> sorted = [.. siblings];
        var areNumbered = sorted.TrueForAll(sibling => Rotation.NumberOf(sibling.Path, log) is not null);
        var hasCompressed = sorted.Exists(sibling => LogFile.IsCompressedName(sibling.Path));
        return areNumbered && hasCompressed
            ? [.. sorted.OrderByDescending(sibling => Rotation.NumberOf(sibling.Path, log))]
            : [.. sorted.OrderBy(sibling => sibling.Status.Changed).ThenBy(sibling => sibling.Status.BegunAt(sibling.Path))
                .ThenByDescending(sibling => Rotation.NumberOf(sibling.Path, log) ?? 0).ThenBy(sibling => sibling.Path, StringComparer.Ordinal)];
    }
}
