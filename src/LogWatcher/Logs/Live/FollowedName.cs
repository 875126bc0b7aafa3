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

    private readonly Queue<LogFile> _next = new();
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
        Join();
    }

    /// <summary>Looks at what stands under the name, and opens what has come.</summary>
    /// <param name="isKnown">Whether a file is one that is or was read already.</param>
    public void Look(Func<LogFile, bool> isKnown)
    {
        var isThere = FileStatus.TryGet(source, out var status) && status.IsRegular;
        if (isThere && status.Identity == _last)
        {
            return;
        }

        if (!isThere && IsVacant)
        {
            return;
        }

        HasMovedOn = true;
        AddMissed(status, isThere, isKnown);
        if (isThere && LogFile.TryOpen(source) is { } file)
        {
            _last = file.Identity;
            Add(file, isKnown(file));
        }
    }

    /// <summary>Takes note of a file that stood under the name before, and is kept for a while.</summary>
    public void Keep(FileFollower left)
    {
        Left = left;
        Join();
    }

    /// <summary>Goes over to the next file; the one before has been read to its end.</summary>
    /// <returns>The file that has left the name, to be kept for a while.</returns>
    public FileFollower? GoOn(TimeProvider time)
    {
        var left = Current;
        if (left is not null)
        {
            Note(new CutContent(left.Guard, left.Position, time.GetTimestamp()));
            left.BeginLeaving();
            Left = left;
        }

        Current = _next.TryDequeue(out var file) ? new FileFollower(file, LinePosition.Start, time) : null;
        HasMovedOn = _next.Count > 0;
        Join();
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
            Join();
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
        while (_next.TryDequeue(out var file))
        {
            file.Dispose();
        }
    }

    /// <summary>Whether a file waits here to be read.</summary>
    public bool Awaits(FileIdentity identity) => _next.Any(file => file.Identity == identity);

    /// <summary>Adds siblings that were made under this name since it was looked at last, the oldest first.</summary>
    private void AddMissed(FileStatus status, bool isThere, Func<LogFile, bool> isKnown)
    {
        if ((_next.LastOrDefault() ?? (Current ?? Left)?.File) is not { } before || _last is null)
        {
            return;
        }

        var order = new RotationOrder(source);
        var missed = order.Sort(Rotation.Rotated(source).Where(
            sibling => order.IsYounger(sibling.Status, sibling.Path, before) && !(isThere && sibling.Status.Identity == status.Identity)));
        foreach (var (path, _) in missed)
        {
            if (LogFile.TryOpen(path, source) is { } file)
            {
                Add(file, isKnown(file) || IsCopy(file));
            }
        }
    }

    private void Add(LogFile file, bool isRead)
    {
        if (isRead || Current?.Identity == file.Identity || Awaits(file.Identity))
        {
            file.Dispose();
            return;
        }

        _next.Enqueue(file);
    }

    /// <summary>
    /// Whether a sibling is a copy of what was read under this name: it holds all of it. (Where that is little, and was not cut
    /// off, it may be another log that begins alike.)
    /// </summary>
    private bool IsCopy(LogFile file)
    {
        if (file.IsCompressed)
        {
            return Current is not null && Current.Place.IsIn(file);
        }

        return (Current is { Guard.Offset: >= ContentMark.MaxHeadBytes } && Current.Guard.IsKeptBy(file))
            || Earlier.Exists(earlier => earlier.IsIn(file));
    }

    private void Join()
    {
        if (Current is not null)
        {
            Current.Partner = Left;
        }

        if (Left is not null)
        {
            Left.Partner = Current;
        }
    }
}
