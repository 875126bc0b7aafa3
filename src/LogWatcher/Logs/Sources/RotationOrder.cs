using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Sources;

/// <summary>Which of a log's files have stood under its name after one of them.</summary>
/// <param name="log">The name.</param>
internal sealed class RotationOrder(string log)
{
    /// <summary>
    /// Whether what a sibling holds has stood under the name after what a file holds: it was written to later. (By their births
    /// one can't tell: what is truncated in place is older than the copy of what it held before. Only where both were written to
    /// in the same tick of the clock does that decide.) Of a compressed file the time may be that of its compression; so there
    /// the numbers count, if both have one.
    /// </summary>
    /// <param name="sibling">What the file system says of it.</param>
    /// <param name="path">Its path.</param>
    /// <param name="file">The file.</param>
    public bool IsYounger(FileStatus sibling, string path, LogFile file)
    {
        if ((LogFile.IsCompressedName(path) || file.IsCompressed)
            && Rotation.NumberOf(path, log) is { } siblings && Rotation.NumberOf(file.Path, log) is { } files)
        {
            return siblings < files;
        }

        var written = file.LastChange();
        return sibling.Changed > written || (sibling.Changed == written && sibling.BegunAt(path) > file.BegunAt);
    }

    /// <summary>Rotated siblings in the order in which they have stood under the name.</summary>
    public List<(string Path, FileStatus Status)> Sort(IEnumerable<(string Path, FileStatus Status)> siblings)
    {
        List<(string Path, FileStatus Status)> sorted = [.. siblings];
        var areNumbered = sorted.TrueForAll(sibling => Rotation.NumberOf(sibling.Path, log) is not null);
        var hasCompressed = sorted.Exists(sibling => LogFile.IsCompressedName(sibling.Path));
        return areNumbered && hasCompressed
            ? [.. sorted.OrderByDescending(sibling => Rotation.NumberOf(sibling.Path, log))]
            : [.. sorted.OrderBy(sibling => sibling.Status.Changed).ThenBy(sibling => sibling.Status.BegunAt(sibling.Path))];
    }
}
