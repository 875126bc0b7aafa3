using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs;

/// <summary>A cursor leads to data that is no longer there.</summary>
/// <param name="cursor">The cursor, which the message names: whoever gave many knows by that which one to leave out.</param>
/// <param name="source">What it is of; null: unknown.</param>
/// <param name="reason">What became of the data.</param>
internal sealed class CursorGoneException(Cursor cursor, string? source, string reason)
    : Exception($"the data behind the cursor {cursor}{(source is null ? "" : $" of {source}")} is gone: {reason}");

/// <summary>
/// Where the files of a watch go on that is resumed from cursors: each found by its identity, under its name, among its siblings
/// in the folder and in their compressed copies; and what has stood under the same names since.
/// </summary>
internal sealed class Resumption : IDisposable
{
    /// <summary>A log is cut as soon as its copy is whole; until then something is written to the copy all the time.</summary>
    private static readonly TimeSpan MaxCopyAge = TimeSpan.FromSeconds(5);

    private readonly IReadOnlyCollection<string> _names;
    private readonly HashSet<string> _known;
    private readonly Predicate<string> _mayHold;
    private readonly List<ResumedFile> _files = [];
    private readonly RotationOrders _orders = new();
    private readonly PlaceFinder _finder;
    private readonly Dictionary<string, bool> _ofLogs = new(StringComparer.Ordinal);
    private readonly List<(string Source, ResumedFile Newest, Cursor Cursor)> _origins = [];
    private readonly Dictionary<string, (ResumedFile Newest, ResumedFile? Older)> _bySource = new(StringComparer.Ordinal);

    private Resumption(IReadOnlyCollection<string> names, IReadOnlyCollection<string> folders, Predicate<string> mayHold)
    {
        _names = names;
        _known = new HashSet<string>(names, StringComparer.Ordinal);
        _mayHold = mayHold;
        _finder = new PlaceFinder(names, folders, IsOfLogs, _orders);
    }

    /// <summary>
    /// The files that cursors tell of, and those that are no sources of their own; what is to be read first stands first. Whoever takes one closes it.
    /// </summary>
    public IReadOnlyList<ResumedFile> Files => _files;

    /// <summary>
    /// Of each source that is there and has a cursor, the file that stood under its name last when the cursor was given, and the
    /// one before that if the cursor tells of it.
    /// </summary>
    public IReadOnlyDictionary<string, (ResumedFile Newest, ResumedFile? Older)> BySource => _bySource;

    /// <summary>Finds the places that cursors tell.</summary>
    /// <param name="cursors">The latest of each source.</param>
    /// <param name="names">The names of all files of the logs that are there.</param>
    /// <param name="folders">The folders in which such files come and go.</param>
    /// <param name="mayHold">Whether a path is one of the logs', or of their siblings: no other is ever opened.</param>
    /// <param name="isWatched">Whether a name is wanted: a cursor of any other leads nowhere. Null: all are.</param>
    /// <exception cref="CursorGoneException">What a cursor tells of is nowhere to be found.</exception>
    public static Resumption Find(
        IReadOnlyList<Cursor> cursors, IReadOnlyCollection<string> names, IReadOnlyCollection<string> folders, Predicate<string> mayHold,
        Predicate<string>? isWatched = null)
    {
        var resumption = new Resumption(isWatched is null ? names : [.. names.Where(name => isWatched(name))], folders, mayHold);
        try
        {
            // A file that two cursors tell of belongs to the log, not to the name that rotation has given it. A log that was renamed just
            // now is one all the same.
            var sources = resumption.SourcesOf(cursors, names).FindAll(known => known.Source is null || isWatched?.Invoke(known.Source) != false);
            foreach (var (_, source) in sources)
            {
                if (source is not null)
                {
                    resumption._known.Add(source);
                }
            }

            foreach (var (cursor, source) in sources.OrderBy(known => known.Source is null || resumption.IsRotatedName(known.Source)))
            {
                var newest = resumption.AddPlaces(cursor, source);
                resumption._origins.Add((source ?? newest.File.Source, newest, cursor));
            }

            // A log whose name might be that of another's older file is rotated itself: what stands there is not the other's.
            foreach (var (source, newest, cursor) in resumption._origins.OrderByDescending(origin => resumption.IsRotatedName(origin.Source)))
            {
                resumption.AddWhatCameSince(source, cursor, newest);
            }

            return resumption;
        }
        catch
        {
            resumption.Dispose();
            throw;
        }
    }

    /// <summary>Closes all files: only while nobody has taken them.</summary>
    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.File.Dispose();
        }
    }

    /// <summary>Adds the files of a cursor.</summary>
    /// <returns>The one that stood under the source's name last when the cursor was given.</returns>
    private ResumedFile AddPlaces(Cursor cursor, string? source)
    {
        // Rotation may have deleted the older one since, with all of it delivered.
        var older = cursor.Older is { } place ? Add(new Sought(place, source, null, cursor.ReadBy), behind: null) : null;
        var newest = Add(new Sought(cursor.Newest, source, older?.File, cursor.ReadBy), older) ?? throw new CursorGoneException(
            cursor, source, "it was deleted or truncated");
        if (source is not null)
        {
            _bySource[source] = (newest, older == newest ? null : older);
        }

        return newest;
    }

    /// <summary>Finds the file of a place and adds it; null if it is gone.</summary>
    private ResumedFile? Add(in Sought sought, ResumedFile? behind)
    {
        var (place, source) = (sought.Place, sought.Source);
        if (_finder.Find(sought, out var guard) is not { } found)
        {
            return null;
        }

        if (_files.Find(other => other.File.Identity == found.Identity) is { } known)
        {
            // Delivered under two names, it goes on behind the later place.
            found.Dispose();
            if (place.Position.Offset > known.From.Offset)
            {
                (known.From, known.Delivered, known.Guard) = (place.Position, PlaceIn(known.File, place), guard);
            }

            return known;
        }

        var path = found.Path;
        var name = source ?? (_known.Contains(path) ? path
            : _names.FirstOrDefault(name => Rotation.IsRotated(path, name)) ?? _names.FirstOrDefault(name => Rotation.IsSibling(path, name)));
        if (name is not null && name != path)
        {
            // It stays what it was to whoever has the cursor, whatever its name is now.
            found = found.As(name);
        }

        var file = new ResumedFile(found, place.Position, behind) { Delivered = PlaceIn(found, place), Guard = guard };
        _files.Add(file);
        return file;
    }

    /// <summary>A place in the file that it was found in: a copy has been written to at times of its own.</summary>
    private static FilePlace PlaceIn(LogFile file, FilePlace place) => file.PlaceAt(
        place.Position, place.Mark, FilePlace.HashOf(file.Identity) == place.FileHash ? place.ChangedBy : file.LastChange());

    /// <summary>Adds what has stood under a log's name since a cursor, and stands there now.</summary>
    private void AddWhatCameSince(string source, Cursor cursor, ResumedFile newest)
    {
        if (newest.File.StandsAt(source) || (IsRotatedName(source) && !Rotation.IsRotated(newest.File.Path, source)))
        {
            return;
        }

        var place = cursor.Newest;
        var last = newest;
        var younger = RotationOrder.OpenSince(source, newest.File, out var present, place.FileHash);
        foreach (var file in present is null ? younger : younger.Append(present))
        {
            if (_files.Exists(known => known.File.Identity == file.Identity) || (file != present && IsSameContent(file, newest.File, place)))
            {
                // Found already, or another copy of the same.
                file.Dispose();
                continue;
            }

            last = new ResumedFile(file, LinePosition.Start, last);
            _files.Add(last);
        }
    }

    /// <summary>Whether a file is another copy of the one that a place was found in.</summary>
    private static bool IsSameContent(LogFile file, LogFile found, FilePlace place) => place.ChangedBy == 0
        ? place.IsIn(file)
        : file.LoadWhole() is { } mine && found.LoadWhole() is { } others && mine.Offset == others.Offset && mine.Mark == others.Mark;

    /// <summary>Whether a name is one that rotation gives to the files of a log which is watched, too.</summary>
    private bool IsRotatedName(string source) => Rotation.LogsOf(source).Any(log => _known.Contains(log) && Rotation.IsRotated(source, log));

    /// <summary>
    /// Whether all that a file holds has been delivered, under another name: it has taken the one it has since the watch began, is older
    /// than the file of the cursor, and stood under the log's name while that was watched. What is written to it from now on is all that
    /// is still wanted of it.
    /// </summary>
    /// <param name="file">A file of the watch that no cursor tells of.</param>
    public bool IsDone(LogFile file) => _origins.Exists(origin =>
        file.WasMoved(origin.Cursor.WatchedSince) && Rotation.IsRotated(file.Path, origin.Source) && !IsCutSince(file, origin.Cursor, origin.Newest)
        && (origin.Newest.File.StandsAt(origin.Source) || !IsYounger(origin.Source, file, origin.Newest.File)) && HasStoodSince(origin, file));

    /// <summary>
    /// Whether what an older file holds has left the log's name since the watch began. What had left it before that, under a name of its
    /// own, was to be delivered under that: it was not begun since, and what came behind it was there already. (A compressed one counts
    /// as begun when it was changed last, which is when that was written to last which it was made of.)
    /// </summary>
    private bool HasStoodSince((string Source, ResumedFile Newest, Cursor Cursor) origin, LogFile file)
    {
        var (log, since) = (origin.Newest.File, origin.Cursor.WatchedSince);
        if (IsNewSince(origin, file))
        {
            // A copy of what goes on in a copy holds what that does behind the cursor's place.
            return IsCopyOfPresent(file) || (file.Length() > origin.Cursor.Newest.Position.Offset && file.IsBeginningOf(log));
        }

        if (file.BegunAt >= since)
        {
            return true;
        }

        // Where the file under the log's name has stood there all the time, only copies were made of it, and this was there before.
        var isCutInPlace = FileStatus.TryGet(origin.Source, out var present) && present.BegunAt(origin.Source) < since;
        return !isCutInPlace
            && Math.Min(log.BegunAt, _orders.Of(origin.Source, file)?.NextBegun(file.Identity) ?? long.MaxValue) >= since;
    }

    /// <summary>
    /// Whether a file has not been there, or not been whole, when the cursor's entry was read, so that nothing of it has been delivered as
    /// the log's, or that it cannot have been made of the log: names that rotation gives are given to other files, too. (What a file was
    /// renamed to was begun before that which took its place, and what it was copied to was whole before it was cut.)
    /// </summary>
    private static bool IsNewSince((string Source, ResumedFile Newest, Cursor Cursor) origin, LogFile file)
    {
        var (log, place, readBy) = (origin.Newest.File, origin.Cursor.Newest, origin.Cursor.ReadBy);
        if (readBy == 0 || file.IsCompressed || !file.HasBirth || (!LogFile.NeedsChange(place.Position) && place.IsIn(file)))
        {
            return false;
        }

        return file.BegunAt > readBy
            || (log.HasBirth && FilePlace.HashOf(log.Identity) == place.FileHash
                && (file.BegunAt > log.LastChange() || (file.LastChange() > readBy && file.BegunAt >= log.BegunAt)));
    }

    /// <summary>
    /// Whether a sibling of a log has stood under its name after another file. (The other need not be among the siblings: it may have had
    /// the name itself.)
    /// </summary>
    private bool IsYounger(string log, LogFile file, LogFile other) => _orders.Of(log, file)?.IsYounger(file.Identity, other) == true;

    /// <summary>
    /// Whether a file is a copy of what the log holds that a cursor tells of, or held a moment ago. It is nothing of its own: what the
    /// log is cut of before it has been read comes from there. (All files of a program may begin alike: a short one must be young.)
    /// </summary>
    public bool IsCopyOfPresent(LogFile file)
    {
        var changed = file.LastChange();
        return MayBeCopy(file) && _origins.Exists(IsOriginal);

        bool IsOriginal((string Source, ResumedFile Newest, Cursor Cursor) origin)
        {
            var (log, place) = (origin.Newest.File, origin.Cursor.Newest);
            return Rotation.IsRotated(file.Path, origin.Source) && log.StandsAt(origin.Source) && file.Identity != log.Identity
                && !(file.HasBirth && log.HasBirth && file.BegunAt < log.BegunAt) && changed + FilePlace.ChangeUnit > place.ChangedBy
                && (file.Length() == 0 || file.IsBeginningOf(log) || (IsBegunBehind(file, place) && place.IsIn(file)));
        }
    }

    private static bool MayBeCopy(LogFile file) =>
        !file.IsCompressed && (file.Length() >= ContentMark.MaxHeadBytes || FileClock.Now - file.LastChange() < MaxCopyAge.Ticks);

    /// <summary>
    /// Whether a file is a copy of what stands under the name of a log that was rotated since its cursor: nothing of its own, as above.
    /// </summary>
    public bool IsCopyOfNext(LogFile file) => MayBeCopy(file) && _origins.Exists(origin => Rotation.IsRotated(file.Path, origin.Source)
        && !origin.Newest.File.StandsAt(origin.Source)
        && _files.Exists(next => next.File.StandsAt(origin.Source) && RotationOrder.IsCopyOf(file, next.File)));

    /// <summary>
    /// Whether a file that holds a place can be a copy of what was delivered: near the start others hold the same, and what was begun
    /// before that was written is one of them.
    /// </summary>
    private static bool IsBegunBehind(LogFile file, FilePlace place) =>
        place.Position.Offset > 0 && (place.ChangedBy == 0 || file.BegunAt > place.ChangedBy + FilePlace.ChangeUnit);

    /// <summary>Whether it is the file that a cursor tells of, but what was delivered of it is found in a copy: it was truncated since.</summary>
    private static bool IsCutSince(LogFile file, Cursor cursor, ResumedFile newest) =>
        FilePlace.HashOf(file.Identity) == cursor.Newest.FileHash && file.Identity != newest.File.Identity;

    /// <summary>The names of the cursors' sources: those that are watched, or that one may be rotated from, should nothing stand there now.</summary>
    private List<(Cursor Cursor, string? Source)> SourcesOf(IReadOnlyList<Cursor> cursors, IReadOnlyCollection<string> names)
    {
        var byHash = new Dictionary<uint, string>();
        foreach (var name in names.Concat(names.SelectMany(Rotation.LogsOf).Distinct(StringComparer.Ordinal)))
        {
            byHash.TryAdd(Cursor.HashOf(name), name);
        }

        return [.. cursors.Select(cursor => (cursor, byHash.GetValueOrDefault(cursor.SourceHash) is { } name && IsOfLogs(name) ? name : null))];
    }

    /// <summary>A cursor is what a client says. It leads to what is watched, and to what rotation has made of that; no further.</summary>
    private bool IsOfLogs(string path)
    {
        if (!_ofLogs.TryGetValue(path, out var isOne))
        {
            _ofLogs[path] = isOne = _known.Contains(path) || _mayHold(path);
        }

        return isOne;
    }
}

/// <summary>A file of a watch that is resumed.</summary>
/// <param name="file">The open file.</param>
/// <param name="from">Where it goes on.</param>
/// <param name="behind">What is to be read to its end before it.</param>
internal sealed class ResumedFile(LogFile file, LinePosition from, ResumedFile? behind)
{
    public LogFile File => file;

    public LinePosition From { get; set; } = from;

    /// <summary>What it held before that; null where nothing is known.</summary>
    public ContentGuard? Guard { get; set; }

    /// <summary>How far it has been delivered; null if nothing of it has.</summary>
    public FilePlace? Delivered { get; set; }

    public ResumedFile? Behind => behind;
}
