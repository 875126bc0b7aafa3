using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Sources;

/// <summary>
/// The names in the folders of logs. A folder is listed again only once it may have changed: the file system stamps it whenever a name
/// comes, goes or moves, and to look at the stamp costs the same however many names there are. One thread at a time.
/// </summary>
/// <param name="isOneLook">All that is asked is to be answered of one moment: no folder is listed again, whatever changes meanwhile.</param>
internal sealed class FolderNames(bool isOneLook = false)
{
    /// <summary>Folders whose names are kept: when there are more, none are.</summary>
    private const int MaxFolders = 16;

    /// <summary>What is stamped within a tick of the clock has the same stamp: some ticks of the slowest kernel clock.</summary>
    private const long TickMargin = 50 * TimeSpan.TicksPerMillisecond;

    /// <summary>Where stamps are whole seconds, they may be even ones alone.</summary>
    private const long SecondsMargin = 3 * TimeSpan.TicksPerSecond;

    private readonly Dictionary<string, Listing> _folders = new(StringComparer.Ordinal);

    /// <summary>How often a folder has been listed.</summary>
    public long Listings { get; private set; }

    /// <summary>The paths of a log's siblings that are there (<see cref="Rotation.IsSibling"/>), compressed ones too.</summary>
    public List<string> SiblingsOf(string log)
    {
        var of = Path.GetFileName(log);
        var stem = Rotation.StemOf(of);
        var names = NamesBeside(log);
        var siblings = new List<string>();
        for (var index = FirstFrom(names, stem); index < names.Length && names[index].AsSpan().StartsWith(stem, StringComparison.Ordinal); index++)
        {
            if (Rotation.IsSiblingName(names[index], of))
            {
                siblings.Add(string.Concat(log.AsSpan(0, log.Length - of.Length), names[index]));
            }
        }

        return siblings;
    }

    /// <summary>Whether the names are still those that <see cref="SiblingsOf"/> has looked at; false, too, where that cannot be told.</summary>
    public bool AreStill(string log) => _folders.TryGetValue(FolderOf(log), out var listing) && listing.IsLasting && StampOf(FolderOf(log)) == listing.Stamp;

    /// <summary>Forgets all names.</summary>
    public void Clear() => _folders.Clear();

    private string[] NamesBeside(string log)
    {
        var folder = FolderOf(log);
        if (_folders.TryGetValue(folder, out var known) && isOneLook)
        {
            return known.Names;
        }

        var now = FileClock.Now;
        var stamp = StampOf(folder);
        if (known is { IsLasting: true } && known.Stamp == stamp)
        {
            return known.Names;
        }

        if (_folders.Count >= MaxFolders)
        {
            _folders.Clear();
        }

        Listings++;
        var paths = Rotation.FilesBeside(log);
        var names = new string[paths.Count];
        for (var index = 0; index < names.Length; index++)
        {
            names[index] = Path.GetFileName(paths[index]);
        }

        Array.Sort(names, StringComparer.Ordinal);
        _folders[folder] = new Listing(names, stamp, stamp.IsOlderThan(now));
        return names;
    }

    /// <summary>The index of the first name that is not before another, in ordinal order.</summary>
    private static int FirstFrom(string[] names, string first)
    {
        var index = Array.BinarySearch(names, first, StringComparer.Ordinal);
        return index < 0 ? ~index : index;
    }

    private static string FolderOf(string log) => Path.GetDirectoryName(log) is { Length: > 0 } folder ? folder : log.StartsWith('/') ? "/" : ".";

    private static FolderStamp StampOf(string folder) => FileStatus.TryGet(folder, out var status) ? new(status.Identity, status.Changed, status.Moved) : default;

    /// <param name="Names">In ordinal order.</param>
    /// <param name="Stamp">The folder's, before it was listed.</param>
    /// <param name="IsLasting">Whatever changed behind that has another stamp.</param>
    private sealed record Listing(string[] Names, FolderStamp Stamp, bool IsLasting);

    private readonly record struct FolderStamp(FileIdentity Identity, long Changed, long Moved)
    {
        /// <summary>Whether no change that is made from now on can get the same stamp.</summary>
        public bool IsOlderThan(long now) => Changed > 0 && Changed + (Changed % TimeSpan.TicksPerSecond == 0 ? SecondsMargin : TickMargin) < now;
    }
}
