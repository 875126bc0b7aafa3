using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Sources;

/// <summary>The rotated siblings of a log at one moment, in the order in which they have stood under its name.</summary>
internal sealed class RotationOrder
{
    /// <summary>
    /// Looks at most, if a file is deleted, or comes to stand under the name, during each of them. One within the other, and all of
    /// them settled, so that there must not be many.
    /// </summary>
    private const int MaxLooks = 10;

    private readonly string _log;
    private readonly List<(string Path, FileStatus Status)> _siblings;
    private readonly Dictionary<FileIdentity, long> _nextBegun = [];

    private RotationOrder(string log, List<(string Path, FileStatus Status)> siblings)
    {
        _log = log;
        _siblings = Sort(siblings, log);
    }

    /// <summary>Looks at a log's siblings.</summary>
    /// <param name="log">The name.</param>
    public static RotationOrder Of(string log) => new(
        log,
        SettledLook.WithoutTwins(SettledLook.At(
            () => Rotation.FilesBeside(log).Where(path => Rotation.IsRotated(path, log)).Order(StringComparer.Ordinal),
            path => Rotation.IsRotated(path, log))));

    /// <summary>Opens the siblings that have stood under a log's name after one file and before another, in their order, whatever is renamed meanwhile.</summary>
    /// <param name="log">The name.</param>
    /// <param name="file">The one before them.</param>
    /// <param name="present">The one behind them: what stands, or stood a moment ago, under the name itself; null: nothing.</param>
    /// <param name="copied">The <see cref="FilePlace.HashOf"/> of the one that the first was copied from, and that was truncated then: it comes next.</param>
    public static List<LogFile> OpenBetween(string log, LogFile file, LogFile? present, ulong copied = 0)
    {
        var opened = new List<LogFile>();
        var isWhole = false;
        for (var look = 0; look < MaxLooks && !isWhole; look++)
        {
            isWhole = true;
            var at = 0;
            foreach (var (path, status) in Of(log).Between(file, present, copied))
            {
                var known = opened.FindIndex(other => other.Identity == status.Identity);
                if (known >= 0)
                {
                    at = known + 1;
                }
                else if (SettledLook.TryOpen(path, status.Identity, log, out var isGone) is { } sibling)
                {
                    // Found only now, it goes before those that are younger.
                    opened.Insert(at++, sibling);
                }
                else
                {
                    // Deleted between the look and the opening, it may be in a compressed one now.
                    isWhole &= !isGone;
                }
            }
        }

        // Where one copy of what is cut has its number before the extension, others may have that, too.
        var isCutInPlace = present is not null && copied == FilePlace.HashOf(present.Identity) && file.Identity != present.Identity
            && !Rotation.MayHaveComeBefore(file, present, log);
        foreach (var other in opened.Where(sibling => IsCopyOf(sibling, present)
            || (present is not null && !isCutInPlace && !Rotation.MayHaveComeBefore(sibling, present, log))).ToList())
        {
            opened.Remove(other);
            other.Dispose();
        }

        return opened;
    }

    /// <summary>
    /// Opens what stands under a log's name, and the siblings which have stood there after a file and before that. What comes to stand
    /// there meanwhile may be copied at once, and only beside it its copy is known as one: so then it is looked again.
    /// </summary>
    /// <inheritdoc cref="OpenBetween"/>
    public static List<LogFile> OpenSince(string log, LogFile file, out LogFile? present, ulong copied = 0)
    {
        for (var look = 1; ; look++)
        {
            present = LogFile.TryOpen(log);
            var opened = OpenBetween(log, file, present, copied);
            if (look == MaxLooks || present?.StandsAt(log) == true || (present is null && !File.Exists(log)))
            {
                return opened;
            }

            opened.ForEach(sibling => sibling.Dispose());
            present?.Dispose();
        }
    }

    /// <summary>Whether a file was among the siblings when they were looked at.</summary>
    public bool Includes(FileIdentity file) => IndexOf(file) >= 0;

    /// <summary>The place of a file among the siblings, the oldest first; -1: it was none of them.</summary>
    public int IndexOf(FileIdentity file) => _siblings.FindIndex(sibling => sibling.Status.Identity == file);

    /// <summary>Whether a sibling has stood under the name after a file.</summary>
    public bool IsYounger(FileIdentity sibling, LogFile file)
    {
        var index = IndexOf(sibling);
        return index >= 0 && index >= IndexBehind(file);
    }

    /// <summary>The earliest time at which a sibling that is younger than another was begun, in 100 ns since 1970; the highest there is if none is.</summary>
    /// <param name="sibling">One of those looked at.</param>
    public long NextBegun(FileIdentity sibling)
    {
        if (_nextBegun.Count == 0)
        {
            // Those of one kind: see Between.
            var (next, nextOther) = (long.MaxValue, long.MaxValue);
            for (var index = _siblings.Count - 1; index >= 0; index--)
            {
                var (path, status) = _siblings[index];
                ref var known = ref Rotation.HasWholeName(path, _log) ? ref next : ref nextOther;
                _nextBegun[status.Identity] = known;
                known = Math.Min(known, status.BegunAt(path));
            }
        }

        return _nextBegun[sibling];
    }

    /// <summary>Whether a sibling is a copy of what stands under the name, perhaps not a whole one yet: what stood there before it was made before it.</summary>
    public static bool IsCopyOf(LogFile sibling, LogFile? present) => present is not null
        && !(sibling.HasBirth && present.HasBirth && !sibling.IsCompressed && sibling.BegunAt < present.BegunAt)
        && (sibling.Length() == 0 || (!sibling.IsCompressed && sibling.IsBeginningOf(present)));

    private IEnumerable<(string Path, FileStatus Status)> Between(LogFile file, LogFile? present, ulong copied)
    {
        var end = present is null ? -1 : _siblings.FindIndex(sibling => sibling.Status.Identity == present.Identity);
        var start = IndexBehind(file);
        var between = _siblings.Take(end < 0 ? _siblings.Count : end).Skip(start);

        // A log's older files are all called alike: where one has its whole name, what has a number before the extension is another log.
        if (IndexOf(file.Identity) is >= 0 and var at)
        {
            var hasWholeName = Rotation.HasWholeName(_siblings[at].Path, _log);
            between = between.Where(sibling => Rotation.HasWholeName(sibling.Path, _log) == hasWholeName);
        }

        var next = copied == FilePlace.HashOf(file.Identity) ? -1 : _siblings.FindIndex(sibling => FilePlace.HashOf(sibling.Status.Identity) == copied);

        // Written to in the same tick of the clock as its copy, it seems older than that.
        return next >= 0 && next < start ? between.Prepend(_siblings[next]) : between;
    }

    /// <summary>Where those begin that are younger than a file.</summary>
    private int IndexBehind(LogFile file)
    {
        var index = _siblings.FindLastIndex(sibling => sibling.Status.Identity == file.Identity);
        if (index >= 0)
        {
            return index + 1;
        }

        // It is gone, or has no sibling's name: what was written to later is younger.
        var age = AgeOf(file.LastChange(), file.BegunAt, file.IsCompressed);
        return _siblings.FindLastIndex(sibling => AgeOf(sibling, _log).CompareTo(age) < 0) + 1;
    }

    /// <summary>
    /// Sorts by <see cref="AgeOf(long, long, bool, bool)"/>, but what was written to in the same tick by its numbers, if it has some. Numbers
    /// and dates tell it more exactly, where they agree with the times: an old file that is still written to is no younger for it.
    /// They do not agree where names are used again in turn. (The births alone do not tell: what is truncated in place is older than
    /// the copy of what it held before.)
    /// </summary>
    private static List<(string Path, FileStatus Status)> Sort(List<(string Path, FileStatus Status)> siblings, string log)
    {
        var numbered = siblings.Where(sibling => Rotation.NumberOf(sibling.Path, log) is not null)
            .OrderByDescending(sibling => Rotation.NumberOf(sibling.Path, log)).ToList();
        if (CountUpwards(numbered))
        {
            numbered.Reverse();
        }

        // When a file was compressed says nothing of what it holds.
        if (numbered.Count == siblings.Count && (siblings.Exists(sibling => LogFile.IsCompressedName(sibling.Path)) || Agrees(numbered)))
        {
            return numbered;
        }

        var dated = numbered.Count > 0 ? [] : siblings.OrderBy(sibling => sibling.Path, StringComparer.Ordinal).ToList();
        return dated.Count > 0 && Agrees(dated) ? dated : SortByAge(siblings, numbered, log);
    }

    private static List<(string Path, FileStatus Status)> SortByAge(
        List<(string Path, FileStatus Status)> siblings, List<(string Path, FileStatus Status)> numbered, string log)
    {
        var sorted = siblings.OrderBy(sibling => AgeOf(sibling, log)).ThenBy(sibling => sibling.Path, StringComparer.Ordinal).ToList();
        var byTick = numbered.GroupBy(sibling => sibling.Status.Changed).ToDictionary(tick => tick.Key, tick => new Queue<(string, FileStatus)>(tick));
        for (var index = 0; index < sorted.Count; index++)
        {
            if (Rotation.NumberOf(sorted[index].Path, log) is not null)
            {
                sorted[index] = byTick[sorted[index].Status.Changed].Dequeue();
            }
        }

        return sorted;
    }

    private static (long Changed, bool IsLast, bool IsBornThen, long Begun, bool IsPlain) AgeOf((string Path, FileStatus Status) sibling, string log)
    {
        var (path, status) = sibling;

        // A number moves up with every rotation; a name without one is the only one that the file has got.
        var isCompressed = LogFile.IsCompressedName(path);
        var isLast = Rotation.NumberOf(path, log) is null && !isCompressed && status.Born > 0
            && status.Born < status.Changed && status.Moved > status.Changed;
        return AgeOf(status.Changed, status.BegunAt(path), isCompressed, isLast);
    }

    /// <summary>
    /// The lower, the earlier what a file holds stood under the name: by the time of its last write, and within a tick of the clock by
    /// its birth. Of files born before the tick the younger one was there when the other was written to: it is a copy of what that
    /// held before. Where that is not known of a compressed one, it is the older: those are compressed first.
    /// </summary>
    /// <param name="changed">When it was written to last.</param>
    /// <param name="begun">Its birth, as far as it is known.</param>
    /// <param name="isCompressed">It was made of what stood under the name.</param>
    /// <param name="isLast">It stood under the name before the tick and after it: whatever else was written then was copied from it.</param>
    private static (long Changed, bool IsLast, bool IsBornThen, long Begun, bool IsPlain) AgeOf(long changed, long begun, bool isCompressed, bool isLast = false) =>
        (changed, isLast, begun >= changed, begun >= changed ? begun : -begun, !isCompressed);

    /// <summary>
    /// Some count upwards: then the file with the highest number was made last, and written to last. Compressing makes a new file, so
    /// those that are compressed are only compared with each other.
    /// </summary>
    private static bool CountUpwards(List<(string Path, FileStatus Status)> descending) =>
        descending.GroupBy(sibling => LogFile.IsCompressedName(sibling.Path)).OrderBy(kind => kind.Key)
            .FirstOrDefault(kind => kind.Skip(1).Any()) is { } kind
        && (First: kind.First().Status, Last: kind.Last().Status) is var (first, last)
        && first.Changed > last.Changed && first.Born >= last.Born;

    /// <summary>Whether an order is also that of the last writes, or of the births.</summary>
    private static bool Agrees(List<(string Path, FileStatus Status)> siblings) =>
        IsAscending(siblings, sibling => sibling.Status.Changed) || IsAscending(siblings, sibling => sibling.Status.BegunAt(sibling.Path));

    private static bool IsAscending(List<(string Path, FileStatus Status)> siblings, Func<(string Path, FileStatus Status), long> time) =>
        siblings.Zip(siblings.Skip(1)).All(pair => time(pair.First) <= time(pair.Second));
}
