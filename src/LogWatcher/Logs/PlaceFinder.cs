using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs;

/// <summary>Finds the files of places that cursors tell: by number, by content, and where many begin alike by their times.</summary>
/// <param name="names">The names of all files that are watched and there.</param>
/// <param name="folders">The folders in which such files come and go.</param>
/// <param name="mayOpen">Whether a path may be searched: no other is ever opened.</param>
/// <param name="orders">In which order siblings have stood under a log's name.</param>
internal sealed class PlaceFinder(
    IReadOnlyCollection<string> names, IReadOnlyCollection<string> folders, Predicate<string> mayOpen, RotationOrders orders)
{
    /// <summary>Looks for a file at most, each settled, where others come and go all the time.</summary>
    private const int MaxLooks = 10;

    // The latest look at all that may be searched, for all places.
    private List<(string Path, FileStatus Status)>? _present;

    /// <summary>Finds the file of a place, and what it holds before that: it may be cut at any moment, and is known again by that.</summary>
    /// <param name="sought">The place.</param>
    /// <param name="guard">Null where nothing is to be known: before the place is nothing, or the file is compressed and never cut.</param>
    /// <returns>Null: it is gone.</returns>
    public LogFile? Find(in Sought sought, out ContentGuard? guard)
    {
        guard = null;
        var place = sought.Place;
        for (var look = 1; look <= MaxLooks && FindSettled(sought) is { } found; look++)
        {
            if (found.IsCompressed || place.Position.Offset == 0)
            {
                return found;
            }

            guard = found.LoadBeginning(place.Position.Offset);
            if (guard is not null && place.IsIn(found))
            {
                return found;
            }

            // Cut just now.
            found.Dispose();
            _present = null;
        }

        return null;
    }

    /// <summary>Looks for the file of a place, until a look has found all that there is; null if it is gone.</summary>
    private LogFile? FindSettled(in Sought sought)
    {
        for (var look = 1; ; look++)
        {
            var present = Present();
            var search = new Search(sought, Candidates(sought.Source, present), orders, isLast: look == MaxLooks);
            var found = search.Run();
            if (found is not null || look == MaxLooks)
            {
                return found;
            }

            // What was deleted since may be in a compressed one by now, and what was truncated in a copy.
            _present = null;
            if (!search.IsOneGone && IdentitiesOf(Present()).SetEquals(IdentitiesOf(present)))
            {
                return null;
            }
        }
    }

    private static HashSet<FileIdentity> IdentitiesOf(List<(string Path, FileStatus Status)> files) => [.. files.Select(file => file.Status.Identity)];

    /// <summary>Where a file may be, the likeliest first.</summary>
    private static List<(string Path, FileStatus Status)> Candidates(string? source, List<(string Path, FileStatus Status)> present)
    {
        return source is null ? present : [.. present.OrderBy(file => Rank(file.Path))];

        int Rank(string path) => path == source ? 0 : !Rotation.IsRotated(path, source) ? 3 : LogFile.IsCompressedName(path) ? 2 : 1;
    }

    /// <summary>All that a cursor may lead to, at one moment.</summary>
    private List<(string Path, FileStatus Status)> Present() => _present ??= SettledLook.At(
        () => new SortedSet<string>(
            names.Concat(folders.Select(folder => Path.Combine(folder == "." ? "" : folder, "*")))
                .DistinctBy(Path.GetDirectoryName).SelectMany(Rotation.FilesBeside).Concat(names).Where(path => mayOpen(path)),
            StringComparer.Ordinal),
        mayOpen);

    /// <summary>One search for a place among what was there at one moment.</summary>
    /// <param name="sought">The place.</param>
    /// <param name="candidates">Where it may be, the likeliest first.</param>
    /// <param name="orders">As for the finder.</param>
    /// <param name="isLast">What has been deleted meanwhile is not looked for again.</param>
    private sealed class Search(Sought sought, List<(string Path, FileStatus Status)> candidates, RotationOrders orders, bool isLast)
    {
        private readonly FilePlace _place = sought.Place;

        /// <summary>A candidate was deleted before it could be opened; known once all have been.</summary>
        public bool IsOneGone { get; private set; }

        public LogFile? Run()
        {
            // Which file it was comes first: another may hold the same.
            var same = FindByNumber();
            if (_place.Position.Offset == 0 || (same is not null && _place.ChangedBy == 0))
            {
                return same;
            }

            if (_place.ChangedBy == 0)
            {
                return FirstByContent();
            }

            var found = FirstInTime(same);

            // Whatever its times are: they may have been set.
            return found is null && _place.Position.Offset >= ContentMark.MaxHeadBytes && (!IsOneGone || isLast) ? FirstByContent() : found;
        }

        /// <summary>
        /// The file that has the number. Of one of which nothing was delivered only that is known, which a compressed one that was made
        /// since may have got.
        /// </summary>
        private LogFile? FindByNumber()
        {
            var same = candidates.Where(file => FilePlace.HashOf(file.Status.Identity) == _place.FileHash
                    && !(_place.Position.Offset == 0 && LogFile.IsCompressedName(file.Path)))
                .Select(TryOpen).FirstOrDefault(file => file is not null);
            if (same is not null && (_place.IsTooOldFor(same) || sought.IsTooOldFor(same)))
            {
                same.Dispose();
                same = null;
            }

            return same;
        }

        /// <summary>What was begun later can only be a copy of it. All files of a program may begin alike, for longer than a mark tells.</summary>
        private LogFile? FirstByContent() => candidates
            .OrderBy(file => sought.ReadBy > 0 && file.Status.BegunAt(file.Path) > sought.ReadBy && !LogFile.IsCompressedName(file.Path))
            .Select(TryOpen).FirstOrDefault(file => file is not null);

        /// <summary>
        /// Of several that begin alike it is the first that was written to then or later; if the file itself is there, only a copy that was
        /// made of it before it was truncated, and begun again with the same; no copy has the log's own name. What can't be one is not opened.
        /// Null, too, if it is to be looked for again.
        /// </summary>
        /// <param name="same">The file that has the number; null: there is none.</param>
        private LogFile? FirstInTime(LogFile? same)
        {
            List<LogFile> alike = [.. candidates
                .Where(file => IsInTime(file.Status.Identity, file.Status.Changed, file.Status.BegunAt(file.Path), same)
                    && (same is null || (IsBeside(file.Path) && file.Path != sought.Source)))
                .Select(TryOpen).OfType<LogFile>()];
            var found = IsOneGone && !isLast ? null : Choose(alike, same) ?? same;
            alike.Append(same).Where(file => file != found).ToList().ForEach(file => file?.Dispose());
            return found;
        }

        /// <summary>In one tick of the clock there may be several: one that ends there was cut there, and the older place had another file.</summary>
        private LogFile? Choose(List<LogFile> alike, LogFile? same) => alike
            .Where(file => IsInTime(file.Identity, file.LastChange(), file.BegunAt, same)
                && !(same is not null && (IsBackupOf(same, file) || IsYounger(file, same))) && !alike.Exists(other => IsBeginningOfLonger(file, other)))
            .OrderByDescending(file => IsBeside(file.Path) || IsOfSameLog(file.Path))
            .ThenBy(file => same is null && sought.IsTooOldFor(file))
            .ThenBy(file => same is null && IsBegunLater(file))
            .ThenByDescending(file => IsBeside(file.Path))
            .ThenBy(file => file.LastChange())
            .ThenByDescending(file => file.LoadWhole()?.Offset == _place.Position.Offset)
            .ThenBy(file => file.Identity == sought.Older?.Identity)
            .ThenBy(file => alike.Count < 2 ? 0 : AgeOf(file))
            .FirstOrDefault();

        /// <summary>Whether a file was written to then or later; and if the file itself is there, made later, and before that was written to last.</summary>
        private bool IsInTime(FileIdentity identity, long changed, long begun, LogFile? same) => changed + FilePlace.ChangeUnit > _place.ChangedBy
            && (same is null || (identity != same.Identity && begun > _place.ChangedBy + FilePlace.ChangeUnit
                && Math.Max(changed, begun) <= same.LastChange()));

        /// <summary>Whether a file was begun only when the place's file had been written to that far: it is no more than a copy of that.</summary>
        private bool IsBegunLater(LogFile file) => !file.IsCompressed && file.HasBirth && file.BegunAt >= _place.ChangedBy;

        /// <summary>
        /// Whether the file itself holds all that a copy does: it was not truncated since. A short one that ends at the place may be a copy
        /// all the same, and the file begun again with the same.
        /// </summary>
        private bool IsBackupOf(LogFile same, LogFile copy)
        {
            if (same.IsCompressed)
            {
                return false;
            }

            if (!copy.IsCompressed)
            {
                return IsLongEnough(copy.Length()) && copy.IsBeginningOf(same);
            }

            return copy.BeginsLike(same) && copy.LoadWhole() is { } whole && IsLongEnough(whole.Offset) && whole.Offset <= same.Length();

            bool IsLongEnough(long length) => length > _place.Position.Offset || length >= ContentMark.MaxHeadBytes;
        }

        /// <summary>Whether another copy holds all that one does behind the place, and more.</summary>
        private bool IsBeginningOfLonger(LogFile copy, LogFile other) =>
            other != copy && !copy.IsCompressed && !other.IsCompressed && copy.Length() > _place.Position.Offset && other.Length() > copy.Length()
            && copy.IsBeginningOf(other);

        /// <summary>
        /// Whether a sibling has stood under the log's name after the file itself: then it is no copy of what that held before. (A compressed
        /// one may only have got the number.)
        /// </summary>
        private bool IsYounger(LogFile sibling, LogFile same) => !same.IsCompressed && sought.Source is { } source && orders.Of(source, sibling) is { } order
            && order.IndexOf(same.Identity) is >= 0 and var index && order.IndexOf(sibling.Identity) > index;

        /// <summary>Other logs of the program may begin like this one.</summary>
        private bool IsBeside(string path) => sought.Source is not { } source || path == source || Rotation.IsSibling(path, source);

        /// <summary>What has one of the names that rotation gives goes on to the next, though a watch may know it by that.</summary>
        private bool IsOfSameLog(string path) => sought.Source is { } source
            && Rotation.LogsOf(source).Any(log => Rotation.IsRotated(source, log) && Rotation.IsRotated(path, log));

        /// <summary>In one tick of the clock several may have been written to.</summary>
        private int AgeOf(LogFile file) => sought.Source is { } source ? orders.Of(source, file)?.IndexOf(file.Identity) ?? int.MaxValue : 0;

        private LogFile? TryOpen((string Path, FileStatus Status) candidate)
        {
            var file = SettledLook.TryOpen(candidate.Path, candidate.Status.Identity, source: null, out var hasLeft);
            IsOneGone |= hasLeft;
            if (file is null || _place.IsIn(file))
            {
                return file;
            }

            file.Dispose();
            return null;
        }
    }
}

/// <summary>A place that a cursor tells.</summary>
/// <param name="Place">The place.</param>
/// <param name="Source">The name its file stood under; null: unknown.</param>
/// <param name="Older">What stood there before it, which is another one; null: unknown.</param>
/// <param name="ReadBy">See <see cref="Cursor.ReadBy"/>.</param>
internal readonly record struct Sought(FilePlace Place, string? Source, LogFile? Older, long ReadBy)
{
    /// <summary>Whether a file that has the number was begun only after the place had been read: the number was given to another.</summary>
    public bool IsTooOldFor(LogFile file) => ReadBy > 0 && !file.IsCompressed && file.HasBirth && file.BegunAt > ReadBy;
}
