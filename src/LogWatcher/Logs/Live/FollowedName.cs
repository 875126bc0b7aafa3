using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>
/// A name that is followed: the file that is read under it, and those that have come to stand there since and are read after
/// it, in order. They are opened as soon as they are seen, so that what is rotated on at once is not lost; what came and went
/// between two looks is found among the name's rotated siblings. Under the feed's lock.
/// </summary>
internal sealed class FollowedName(string source)
{
    /// <summary>Of so many earlier contents copies are known; they are made right before or after a truncation.</summary>
    private const int MaxEarlier = 8;

    private readonly Queue<(LogFile File, LinePosition From)> _next = new();
    private FileIdentity? _last;

    public string Source => source;

    /// <summary>Null while nothing stands under the name.</summary>
    public FileFollower? Current { get; private set; }

    /// <summary>The one that left the name last, as long as it is kept.</summary>
    public FileFollower? Left { get; private set; }

    /// <summary>What the name has held before, the latest last.</summary>
    public List<CutContent> Earlier { get; } = [];

    /// <summary>Nothing is read under the name, and nothing waits to be.</summary>
    public bool IsVacant => Current is null && _next.Count == 0;

    /// <summary>The name no longer leads to the file that is read under it.</summary>
    public bool HasMovedOn { get; private set; }

    /// <summary>Takes up a file that stands under the name now.</summary>
    public void Begin(FileFollower follower)
    {
        Current = follower;
        _last = follower.Identity;
        HasMovedOn = false;
    }

    /// <summary>Whether something else stands under the name than what was last seen there, or nothing any more.</summary>
    public bool LeadsElsewhere() => FileStatus.TryGet(source, out var status) && status.IsRegular
        ? status.Identity != _last
        : !IsVacant;

    /// <summary>Opens what has come to stand under the name; what is read under it has been read to its end so far.</summary>
    /// <param name="placeIn">Where to begin reading a file; null: it is, or was, read already.</param>
    /// <param name="isOthersSibling">
    /// The name is one that another's rotated files get: what comes there may be a copy, and is left to be looked at as such.
    /// </param>
    public void OpenNext(Func<LogFile, LinePosition?> placeIn, bool isOthersSibling)
    {
        HasMovedOn = true;
        if (isOthersSibling)
        {
            return;
        }

        // Opened before its siblings are looked at: in between it may become one.
        var file = LogFile.TryOpen(source);
        if (_last is not null)
        {
            AddMissed(file, placeIn);
        }

        if (file is not null)
        {
            _last = file.Identity;
            Add(file, placeIn(file));
        }
    }

    /// <summary>Takes note of a file that stood under the name before, and is kept for a while.</summary>
    public void Keep(FileFollower left)
    {
        Left = left;
    }

    /// <summary>Goes over to the next file; the one before has been read to its end.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="number">See <see cref="FileFollower.Number"/>.</param>
    /// <returns>The file that has left the name, to be kept for a while.</returns>
    public FileFollower? GoOn(TimeProvider time, long number)
    {
        var left = Current;
        if (left is not null)
        {
            Note(new CutContent(left.Guard, left.Position, time.GetTimestamp(), IsTruncated: false));
            left.BeginLeaving();
            Left = left;
        }

        Current = _next.TryDequeue(out var next) ? new FileFollower(next.File, next.From, time) { Number = number } : null;
        HasMovedOn = _next.Count > 0;
        return left;
    }

    public void Note(CutContent earlier)
    {
        if (Earlier.Count == MaxEarlier)
        {
            Earlier.RemoveAt(0);
        }

        Earlier.Add(earlier);
    }

    /// <summary>A file that left the name is no longer kept.</summary>
    public void Forget(FileFollower follower)
    {
        if (Left == follower)
        {
            Left = null;
        }

        if (IsVacant)
        {
            // Nobody has it open any more: its number may be given to another.
            _last = null;
        }
    }

    /// <summary>Closes what waits to be read; what is read is its owner's.</summary>
    public void CloseWaiting()
    {
        while (_next.TryDequeue(out var next))
        {
            next.File.Dispose();
        }
    }

    /// <summary>Whether a file waits here to be read.</summary>
    public bool Awaits(FileIdentity identity) => _next.Any(next => next.File.Identity == identity);

    /// <summary>Adds siblings that have stood under this name since it was looked at last, the oldest first.</summary>
    /// <param name="present">What stands there now.</param>
    /// <param name="placeIn">See <see cref="OpenNext"/>.</param>
    private void AddMissed(LogFile? present, Func<LogFile, LinePosition?> placeIn)
    {
        if ((_next.LastOrDefault().File ?? (Current ?? Left)?.File) is not { } before)
        {
            return;
        }

        foreach (var file in new RotationOrder(source).OpenYounger(before, present))
        {
            Add(file, IsCopy(file) ? null : placeIn(file));
        }
    }

    private void Add(LogFile file, LinePosition? from)
    {
        if (from is null || Current?.Identity == file.Identity || Awaits(file.Identity))
        {
            file.Dispose();
            return;
        }

        _next.Enqueue((file, from.Value));
    }

    /// <summary>
    /// Whether a sibling is a copy of what was read under this name: it holds all of it. (Where that is little, and was not cut
    /// off, it may be another log that begins alike.)
    /// </summary>
    private bool IsCopy(LogFile file)
    {
        var isCurrent = Current is not null && (file.IsCompressed
            ? Current.Place.IsIn(file)
            : Current.Guard.Offset >= ContentMark.MaxHeadBytes && Current.Guard.IsKeptBy(file));
        return isCurrent || Earlier.Exists(earlier => earlier.IsIn(file)
                || (earlier.IsTruncated && (file.IsCompressed || file.Length() < earlier.Guard.Offset) && earlier.BeginsLike(file)));
    }
}
