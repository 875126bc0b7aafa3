using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>
/// How a watch passes from its history to what the feed reads: which of the files that are followed are its own, and from where in
/// each. Under the feed's lock.
/// </summary>
/// <param name="files">All that are followed.</param>
internal sealed class Joining(FollowedFiles files)
{
    /// <summary>More bytes than any gap has, and few enough to be added up.</summary>
    private const long FarOff = 1L << 50;

    /// <summary>Looks at a file whose log changes during each of them, at most.</summary>
    private const int MaxLooks = 10;

    /// <summary>
    /// Has the files of a history followed that nobody follows yet. What comes to stand under their names from now on is the
    /// watch's, too; what has left those names before the watch looked at them is not.
    /// </summary>
    /// <param name="history">Nothing of it has been read yet.</param>
    /// <param name="watcher">Whose it is.</param>
    /// <param name="since">What the feed has found with a higher number came after the watch began to look.</param>
    /// <param name="all">All watches: the others want nothing of the older files that only this one goes on with.</param>
    public void Begin(History history, LiveWatcher watcher, long since, IEnumerable<LiveWatcher> all)
    {
        // Between what a cursor tells of and an older file that it tells of, too, there is nothing to look for: so that goes last.
        foreach (var reader in history.Readers.Where(reader => !reader.File.IsCompressed).OrderBy(reader => reader.IsOlderPart).ToList())
        {
            if (files.Truncation.IsSuspect(reader.File.Identity))
            {
                ReadAlone(reader);
            }
            else if (!files.IsFollowed(reader.File.Identity))
            {
                Adopt(history, reader, watcher, since, all);
            }
            else if (files.NameFollowing(reader.File.Identity) is { } name && name.Source != reader.File.Source
                && reader.File.StandsAt(reader.File.Source) && IsFirstFollowedSince(name, since))
            {
                // Taken for one of another log's older files, as its name might be that of one.
                files.GiveOwnName(reader.File);
            }

            // Should it be cut before the history comes to it, a copy is known by that.
            files.Find(reader.File.Identity)?.NoteReadBefore(reader.Guard);
        }

        foreach (var name in files.Names)
        {
            // From the first file of its own on, all that have come are the watch's; before that, a copy that was made of it since.
            var isOwn = false;
            var first = name.Files.FirstOrDefault(IsFirst);
            foreach (var file in name.Files)
            {
                isOwn |= first is null ? file.Number > since : file == first;
                if (history.Find(file.Identity) is null && ((!isOwn && !IsCopyMadeSince(file, first)) || file.IsApart || IsGone(file, since, history)))
                {
                    watcher.Exclude(file);
                }
            }
        }

        // In their order, as nothing has been read yet.
        AddMissing(history, watcher, chainsAll: true);

        bool IsFirst(FileFollower file) => history.Find(file.Identity) is { IsOlderPart: false };

        bool IsCopyMadeSince(FileFollower file, FileFollower? original) =>
            original is not null && file.Number > since && original.File.HasBirth && file.File.BegunAt > original.File.BegunAt;
    }

    /// <summary>
    /// Adds readers, in their order, of what a file held before that which a history now reads in it from its start, and is only in
    /// copies; the file is read behind them.
    /// </summary>
    public IReadOnlyList<HistoryReader> FindCopies(History history, LiveWatcher watcher, HistoryReader reader)
    {
        if (files.Find(reader.File.Source) is not { } name || name.Files.FirstOrDefault(file => file.Identity == reader.File.Identity) is not { } file)
        {
            return [];
        }

        if (!file.IsFileKept())
        {
            // Only noticed now: what others have read of it may be in a copy.
            files.Truncation.ReadAnew(file, name);
        }

        if (name.Earlier.Count > 0)
        {
            files.Truncation.FollowCopies(name);
        }

        if (file.Guard.Offset < ContentMark.MaxHeadBytes)
        {
            // Nobody has read much of what it holds now, and perhaps nothing of what it held before.
            files.Look(name);
            files.Truncation.TryFollowUnreadCopies(file, name, file.Guard.Offset);
        }

        var copies = UnseenCopies(history, watcher, name, file);
        if (!reader.IsFileKept())
        {
            // From the copy of what the reader itself has read on, they come behind it: when the history is aligned.
            copies = copies.TakeWhile(copy => !IsCopyOf(copy, reader));
        }

        var added = new List<HistoryReader>();
        foreach (var copy in copies.ToList())
        {
            // It may be of what another reader has read of the same file before.
            CopiedFrom(history, copy, out var from);
            added.Add(Add(history, copy, from, added.LastOrDefault()));
        }

        if (added.Count > 0)
        {
            reader.GoBehind(added[^1]);
        }

        return added;
    }

    /// <summary>The copies of what a file held that a history has not seen yet: they have been put before it.</summary>
    private static IEnumerable<FileFollower> UnseenCopies(History history, LiveWatcher watcher, FollowedName name, FileFollower file) =>
        name.Files.TakeWhile(other => other != file).Where(other => history.Find(other.Identity) is null && !watcher.Excludes(other));

    /// <summary>Tells the readers of a history to go on to where their files are followed from, and adds readers for files that have come.</summary>
    /// <returns>How many bytes are still to be read for that.</returns>
    public long Align(History history, LiveWatcher watcher)
    {
        CatchUp(history, watcher);
        foreach (var (name, file) in FilesOf(watcher).ToList())
        {
            if (!NoteTruncation(history, watcher, name, file) || HasUnreadCopies(history, watcher, file))
            {
                return FarOff;
            }
        }

        var gapBytes = AddMissing(history, watcher, chainsAll: false);
        foreach (var (name, file) in FilesOf(watcher).ToList())
        {
            gapBytes += GoOn(history.Find(file.Identity)!, name, file);
        }

        return gapBytes;
    }

    /// <summary>
    /// Looks for what a file held before that which a history has read from its start, and in which it has found nothing yet: it would
    /// only have been looked for with the first match, and that may come live. Adds readers of it.
    /// </summary>
    private bool HasUnreadCopies(History history, LiveWatcher watcher, FileFollower file) =>
        history.Find(file.Identity) is { Position.Offset: > 0 } reader && reader.TakeFirst() && FindCopies(history, watcher, reader).Count > 0;

    /// <summary>
    /// Reads on what a history has seen that was written a moment ago, and its follower not yet. By that, other files of the same name
    /// are read on and found, too: so it comes before anybody is told where to go on to.
    /// </summary>
    private void CatchUp(History history, LiveWatcher watcher)
    {
        foreach (var (name, file) in FilesOf(watcher).ToList())
        {
            if (!file.IsHeld && history.Find(file.Identity) is { } reader && reader.Position.Offset > file.Position.Offset)
            {
                files.Reader.Read(name);
            }
        }
    }

    /// <summary>
    /// Has a history that has been aligned hold all that it is still to read, which is little: once the watch is taken in, nobody looks
    /// for it any more in a copy of a file that is cut.
    /// </summary>
    /// <returns>False: something is no longer there, so it is to be aligned again.</returns>
    public bool TryHoldAll(History history, LiveWatcher watcher)
    {
        foreach (var (_, file) in FilesOf(watcher))
        {
            if (!file.IsHeld && !history.Find(file.Identity)!.TryHoldAll())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Has the files that nobody has read live so far followed from where a history ends, which has been aligned.</summary>
    public void TakeOver(History history, LiveWatcher watcher)
    {
        foreach (var (name, file) in FilesOf(watcher))
        {
            var reader = history.Find(file.Identity)!;
            if (reader.File.Source != file.Source)
            {
                watcher.KeepName(file, reader.File);
            }

            if (file.IsHeld)
            {
                var guard = reader.GiveAway();
                files.Begin(file, reader.Position, guard);
                name.NoteReached(file);
            }

            if (watcher.NeedsTimes)
            {
                file.KnowTime(history);
            }
        }

        foreach (var reader in history.Readers.Where(reader => !reader.File.IsCompressed && !files.IsFollowed(reader.File.Identity)))
        {
            // What may be a copy is followed later, if at all: if it turns out to be none, from its start.
            reader.GiveAway();
            watcher.ExcludeUpTo(reader.File, reader.Guard, reader.Position.Offset);
        }
    }

    private IEnumerable<(FollowedName Name, FileFollower File)> FilesOf(LiveWatcher watcher)
    {
        foreach (var name in files.Names)
        {
            foreach (var file in name.Files)
            {
                if (!watcher.Excludes(file))
                {
                    yield return (name, file);
                }
            }
        }
    }

    /// <summary>Has a file of a history followed, among those of the same name.</summary>
    private void Adopt(History history, HistoryReader reader, LiveWatcher watcher, long since, IEnumerable<LiveWatcher> all)
    {
        var file = reader.File;
        var name = files.NameOf(file.Source);
        if (name.Files.Count > 0)
        {
            files.Look(name);
            if (files.IsFollowed(file.Identity))
            {
                return;
            }
        }

        var isKnown = reader.Delivered is not null && file.Path != file.Source;
        if (SuccessorOf(history, reader, name) is { } successor)
        {
            Hold(successor);
        }
        else if (isKnown)
        {
            // What stands there now comes behind it.
            Hold(name.Files.Count);
            files.Look(name);
        }
        else if (file.StandsAt(file.Source))
        {
            FollowNew(reader, since);
        }
        else
        {
            // Renamed since it was opened.
            files.Follow(name, file.Share(), files.FinishedPlaceIn(file) ?? LinePosition.Start, isThere: false);
            files.Look(name);
        }

        // Older than what the feed knows of: the others have had it.
        void Hold(int index)
        {
            var held = files.Hold(name, file.Share(), index);
            foreach (var other in all.Where(other => other != watcher))
            {
                other.Exclude(held);
            }
        }
    }

    /// <summary>
    /// Has a file followed that stands under its name. Where its log comes and goes just then, it may take some looks to tell what it is:
    /// found only once the watch has been taken in, it would be handed out to it once more.
    /// </summary>
    private void FollowNew(HistoryReader reader, long since)
    {
        var file = reader.File;
        var isOwn = files.OriginOf(file.Path) is not { } origin || IsFirstFollowedSince(origin, since);
        for (var look = 0; look < MaxLooks; look++)
        {
            files.FollowNew(file.Share(), isOwn);
            if (files.Truncation.IsSuspect(file.Identity))
            {
                ReadAlone(reader);
                return;
            }

            if (files.IsFollowed(file.Identity) || files.FinishedPlaceIn(file) is not null)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Whether nobody had followed a name when a watch began to look, so that all of its files have higher numbers: to those who had, what
    /// has left it is still of that.
    /// </summary>
    private static bool IsFirstFollowedSince(FollowedName name, long since) => name.Files.All(file => file.Number > since);

    /// <summary>Leaves what may be a copy to the history alone, with its last entry: perhaps nobody ever goes on from there.</summary>
    private static void ReadAlone(HistoryReader reader) => reader.GoOnTo(long.MaxValue, HistoryEnd.TakeLines);

    /// <summary>Of the files under a name the index of the first that a history has behind a file; null: none.</summary>
    private static int? SuccessorOf(History history, HistoryReader reader, FollowedName name)
    {
        if (name.Files.Count == 0)
        {
            return null;
        }

        var later = reader.IsOlderPart
            ? history.Readers.Where(other => !other.IsOlderPart)
            : history.Readers.SkipWhile(other => other != reader).Skip(1);
        var known = later.Where(other => other.File.Source == reader.File.Source).Select(other => other.File.Identity).ToHashSet();
        for (var index = 0; index < name.Files.Count; index++)
        {
            if (known.Contains(name.Files[index].Identity))
            {
                return index;
            }
        }

        return null;
    }

    /// <summary>
    /// Whether a file that a history has not found was deleted before it looked for files, or is in the compressed one that was made of
    /// it.
    /// </summary>
    private static bool IsGone(FileFollower file, long since, History history) =>
        (file.Number <= since && file.File.IsDeleted()) || history.Readers.Any(reader => reader.File.IsMadeOf(file.File));

    /// <summary>Adds readers for the files that have come since the history was opened.</summary>
    /// <param name="history">Of the watch.</param>
    /// <param name="watcher">Whose it is.</param>
    /// <param name="chainsAll">The readers that were there go behind them, too, where that is their place.</param>
    /// <returns>How many bytes they hold that nobody has read live.</returns>
    private long AddMissing(History history, LiveWatcher watcher, bool chainsAll)
    {
        var bytes = 0L;
        FollowedName? last = null;
        HistoryReader? before = null;
        var isAdded = false;
        foreach (var (name, file) in FilesOf(watcher))
        {
            (before, isAdded) = name == last ? (before, isAdded) : (null, false);
            last = name;
            if (history.Find(file.Identity) is { } reader)
            {
                if (chainsAll && isAdded && before != reader)
                {
                    reader.GoBehind(before);
                    reader.Older = before;
                }

                (before, isAdded) = (reader, false);
                continue;
            }

            if (chainsAll && name.Files.Any(other => history.Find(other.Identity)?.IsFileKept() == false))
            {
                // The place of copies is behind what was read of the cut file, which is told when the history is aligned.
                continue;
            }

            var cut = CopiedFrom(history, file, out var from);
            reader = Add(history, file, from, cut ?? before);
            bytes += file.IsHeld ? file.File.Length() - reader.Position.Offset : 0;
            (before, isAdded) = (reader, true);
        }

        return bytes;
    }

    /// <summary>The reader of what a file is a copy of, and was truncated before it was read to its end; null: there is none.</summary>
    /// <param name="history">Whose readers.</param>
    /// <param name="copy">The file.</param>
    /// <param name="from">Where it goes on behind what was read.</param>
    private static HistoryReader? CopiedFrom(History history, FileFollower copy, out LinePosition from)
    {
        foreach (var reader in history.Readers.Reverse())
        {
            if (IsSiblingOf(copy, reader) && !reader.IsFileKept() && PlaceIn(copy, reader) is { } place)
            {
                from = place;
                return reader;
            }
        }

        from = LinePosition.Start;
        return null;
    }

    /// <summary>
    /// Where a copy goes on behind what a reader has read of the file that was cut, which ends there: an entry to which lines may still
    /// come is read in the copy. Null: it is no copy of that.
    /// </summary>
    private static LinePosition? PlaceIn(FileFollower copy, HistoryReader reader)
    {
        if (IsCopyOf(copy, reader))
        {
            reader.GiveAway();
            return reader.Position;
        }

        return IsSiblingOf(copy, reader) && CutContentOf(reader).EndsIn(copy.File) ? new LinePosition(copy.File.Length()) : null;
    }

    private static bool IsCopyOf(FileFollower copy, HistoryReader reader) => IsSiblingOf(copy, reader) && CutContentOf(reader).IsIn(copy.File);

    private static bool IsSiblingOf(FileFollower copy, HistoryReader reader) =>
        !reader.File.IsCompressed && Rotation.IsSibling(copy.File.Path, reader.File.Source);

    private static CutContent CutContentOf(HistoryReader reader) => new(reader.File, reader.Guard, new RecentEnds(), reader.Position);

    /// <summary>
    /// If a file of the watch was truncated, has what it holds now read, and before that what it held and is in a copy.
    /// </summary>
    /// <returns>False: it is to be asked again.</returns>
    private bool NoteTruncation(
        History history, LiveWatcher watcher, FollowedName name, FileFollower file)
    {
        // The reader first: a file that is cut in between is so to both.
        var reader = history.Find(file.Identity);
        var isCut = reader?.IsFileKept() == false;
        if (!file.IsFileKept())
        {
            // Only noticed now.
            files.Truncation.ReadAnew(file, name);
            return false;
        }

        if (reader is null || !isCut)
        {
            return true;
        }

        if (file.IsHeld)
        {
            files.Truncation.FindCopy(name, CutContentOf(reader), file);
        }
        else
        {
            files.Truncation.FollowCopies(name);
        }

        // Between what it held and what it holds now comes what is in copies.
        var last = reader;
        reader.GoOnTo(long.MaxValue, HistoryEnd.TakeRest);
        foreach (var copy in UnseenCopies(history, watcher, name, file).ToList())
        {
            last = Add(history, copy, PlaceIn(copy, reader) ?? LinePosition.Start, last);
        }

        Add(history, file, LinePosition.Start, last);
        return false;
    }

    private static HistoryReader Add(
        History history, FileFollower file, LinePosition from, HistoryReader? behind)
    {
        var reader = history.Add(file.Share(), from, behind);
        reader.Older = behind;
        reader.GoOnTo(long.MaxValue, file.HasLeft ? HistoryEnd.TakeLines : HistoryEnd.LeaveRest);
        return reader;
    }

    /// <summary>Has a reader go on to where the file is followed from.</summary>
    /// <returns>How many bytes it has to read for that.</returns>
    private static long GoOn(HistoryReader reader, FollowedName name, FileFollower file)
    {
        if (file.IsHeld)
        {
            reader.GoOnTo(long.MaxValue, file == name.Newest ? HistoryEnd.LeaveRest : HistoryEnd.TakeLines);
            return 0;
        }

        var to = file.Position;
        if (reader.Position.Offset > to.Offset || !file.IsFileKept())
        {
            // There is more before it, or the last entry still waits for lines.
            return FarOff;
        }

        reader.GoOnTo(to.Offset, to.Inside == LineInside.TakenLine ? HistoryEnd.TakeRestAtOffset : HistoryEnd.LeaveRest);
        return to.Offset - reader.Position.Offset;
    }
}
