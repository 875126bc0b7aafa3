using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>
/// A name that is followed: the files that have stood under it, the oldest first, as long as they may still be written to, and the
/// one that stands there now. They are opened as soon as they are seen, so that what is rotated on at once is not lost, and read
/// one after the other. Under the feed's lock.
/// </summary>
internal sealed class FollowedName(string source)
{
    /// <summary>Of so many earlier contents copies are known; they are made right before or after a truncation.</summary>
    private const int MaxEarlier = 8;

    private readonly List<FileFollower> _files = [];

    // What stood under the name at the last look, followed here or not.
    private FileIdentity? _seen;
    private int _reading;

    public string Source => source;

    /// <summary>When the first who watches it began to look, by the <see cref="FileClock"/>.</summary>
    public long Since { get; init; }

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<FileFollower> Files => _files;

    /// <summary>The last one; it need not stand under the name any more.</summary>
    public FileFollower? Newest => _files.Count == 0 ? null : _files[^1];

    /// <summary>What is followed here and stands under the name, as far as is known.</summary>
    public FileFollower? Current => Newest is { HasLeft: false } newest ? newest : null;

    /// <summary>What the entries come from now, but for late ones of the files before it.</summary>
    public FileFollower? Reading => _files.Count == 0 ? null : _files[_reading];

    /// <summary>Where the file system tells of changes to it: its path, and that of what it is a link to.</summary>
    public HashSet<(string Folder, string Name)> Places { get; } = [];

    /// <summary>What the name has held before, the latest last.</summary>
    public List<CutContent> Earlier { get; } = [];

    /// <summary>Nothing stood under the name when it was last looked at.</summary>
    public bool IsVacant => _seen is null;

    /// <summary>
    /// One of its older files has got the log's whole name, with something behind it: so have all of them, and what has a number before the
    /// extension is another log.
    /// </summary>
    public bool OlderHaveWholeName { get; set; }

    /// <summary>The siblings that were looked at when nothing stood under the name, and are followed by nobody.</summary>
    public HashSet<(FileIdentity Identity, long Changed)> Strangers { get; set; } = [];

    /// <summary>
    /// Compressed siblings that begin like what is known, as far as can be read, and need not be whole yet: how long each was, and since
    /// when. They are looked at again.
    /// </summary>
    public Dictionary<FileIdentity, (long Length, long Since)> Unfinished { get; set; } = [];

    /// <summary>Whether something else stands under the name than what was last seen there, or nothing any more.</summary>
    public bool LeadsElsewhere() => (FileStatus.TryGet(source, out var status) && status.IsRegular ? status.Identity : (FileIdentity?)null) != _seen;

    /// <summary>What stood under the name has left it, and something else, or nothing, stands there.</summary>
    public void Vacate(FileIdentity? seen)
    {
        Current?.Leave();
        _seen = seen;
    }

    /// <summary>The last one stands under the name again.</summary>
    public void Return(FileFollower newest)
    {
        newest.Return();
        _seen = newest.Identity;
    }

    /// <summary>Adds the youngest file.</summary>
    public void Add(FileFollower file, bool isThere)
    {
        Current?.Leave();
        _files.Add(file);
        if (isThere)
        {
            _seen = file.Identity;
        }
        else
        {
            file.Leave();
        }
    }

    /// <summary>Adds a file that has left the name, before the one at an index.</summary>
    public void Insert(int index, FileFollower file)
    {
        file.Leave();
        _reading += _files.Count > 0 && index <= _reading ? 1 : 0;
        _files.Insert(index, file);
    }

    public void Remove(FileFollower file)
    {
        var index = _files.IndexOf(file);
        _files.RemoveAt(index);
        _reading = Math.Max(0, Math.Min(index < _reading ? _reading - 1 : _reading, _files.Count - 1));
    }

    /// <summary>A file has been read as far as the name has held it.</summary>
    public void NoteReached(FileFollower file) => _reading = Math.Max(_reading, _files.IndexOf(file));

    /// <summary>Files wait to be read, once all before them has been.</summary>
    public bool HasNext => _reading < _files.Count - 1;

    /// <summary>Goes over to the next file.</summary>
    public void GoOn() => _reading++;

    /// <summary>A file is read no more before another takes its place: it has left the name, and the ones behind it are begun.</summary>
    public bool IsDone(FileFollower file) => file.HasLeft && _files.IndexOf(file) is var index && (index < _reading || index == _files.Count - 1);

    /// <summary>
    /// How far the other file has been handed out that is read as the same source: the youngest behind a file, or what came before
    /// it. Of a younger one of which nothing has been handed out a cursor must not tell: what is read between the two is still to
    /// come.
    /// </summary>
    public (FilePlace? Place, bool IsNewer) OtherThan(FileFollower file)
    {
        var index = _files.IndexOf(file);
        for (var younger = _reading; younger > index; younger--)
        {
            if (_files[younger] is { IsHeld: false, Position.Offset: > 0 } other)
            {
                return (other.Place, true);
            }
        }

        return index > 0 && _files[index - 1] is { IsHeld: false } before ? (before.Place, false) : (null, false);
    }

    public void Note(CutContent earlier)
    {
        if (Earlier.Count == MaxEarlier)
        {
            Earlier.RemoveAt(0);
        }

        Earlier.Add(earlier);
    }

    /// <summary>
    /// The file that stood under the name when a sibling was made that nobody has followed so far: a copy of what it held, since all
    /// that left the name is known. Null where that cannot be told.
    /// </summary>
    public FileFollower? OriginalOf(LogFile copy)
    {
        if (!copy.HasBirth)
        {
            return null;
        }

        var known = _files.FindAll(file => file.File.HasBirth && !file.IsApart);
        var original = known.FindLast(file => file.File.BegunAt < copy.BegunAt);
        if (known.FindLast(file => file.File.BegunAt == copy.BegunAt && !file.IsCopy) is { } twin
            && (original is null || original.File.LastChange() < copy.LastChange() || copy.IsBeginningOf(twin.File)))
        {
            // Made in the same tick of the clock. What the older one held it would have been cut from after the copy.
            original = twin;
        }

        // What has left the name unnoticed may have been followed by the sibling; but what is cut after a copy is written to after it.
        return original != Newest || original?.File.StandsAt(source) == true || original?.File.LastChange() >= copy.LastChange() ? original : null;
    }

    /// <summary>
    /// Whether a sibling that is no copy of what was read may be of this name: what has stood here, or was copied from here and cut before
    /// anybody read it. Any other is a file of its own, and so is what had left the name before anybody watched it.
    /// </summary>
    public bool MayHaveHeld(LogFile sibling) => Rotation.IsRotated(sibling.Path, source)
        && !(sibling.HasBirth && Math.Max(sibling.BegunAt, sibling.LastChange()) < Since)
        && (Current is not { } log || (Rotation.MayHaveComeBefore(sibling, log.File, source) && !(IsYounger(sibling, log.File) && log.IsUncutSince(sibling.BegunAt))));

    private static bool IsYounger(LogFile sibling, LogFile log) => sibling.HasBirth && log.HasBirth && sibling.BegunAt > log.BegunAt;

    /// <summary>More has become of what the name held last.</summary>
    public void Renote(CutContent last) => Earlier[^1] = last;

    /// <summary>
    /// Before which file a copy of what another held is to be read: before that, and before later copies of it.
    /// </summary>
    public int IndexOfCopy(LogFile copy, FileFollower original)
    {
        var index = _files.IndexOf(original);
        while (copy.HasBirth && index > 0 && _files[index - 1] is { IsApart: false, File: var other } && other.HasBirth && other.BegunAt > copy.BegunAt)
        {
            index--;
        }

        return index;
    }

    /// <summary>
    /// Whether a sibling is a copy of what this name has held: of what was truncated, or compressed. (What was renamed is known by
    /// its number; that another file begins alike is no sign.)
    /// </summary>
    public bool HasCopy(LogFile file) => file.IsCompressed
        ? _files.Exists(known => known.IsIn(file)) || Earlier.Exists(earlier => earlier.IsIn(file) || earlier.EndsIn(file))
        : Earlier.Exists(earlier => earlier.IsIn(file) || earlier.EndsIn(file));
}
