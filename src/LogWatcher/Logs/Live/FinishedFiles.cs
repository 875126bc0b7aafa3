using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>
/// What is known of files that are no longer kept open, and how far they were read: found again under another name they are no new
/// files. Their numbers may be given to others, so that when they were made tells, and what they held. Under the feed's lock.
/// </summary>
internal sealed class FinishedFiles
{
    /// <summary>Files that are remembered though they are nowhere to be seen: they may yet come back under another name.</summary>
    public const int MaxGone = 1_024;

    // The oldest first.
    private readonly OrderedDictionary<FileIdentity, (string Source, ContentGuard Guard, LinePosition Position, long BegunAt)> _files = [];

    public void Add(FileFollower file)
    {
        _files.Remove(file.Identity);
        _files.Add(file.Identity, (file.Source, file.Guard, file.Position, file.File.BegunAt));
    }

    /// <summary>Forgets the oldest of those that are gone, if there are too many.</summary>
    /// <param name="stillThere">Those that stand under some name which is watched.</param>
    public void Trim(HashSet<FileIdentity> stillThere)
    {
        var tooMany = _files.Count - MaxGone;
        if (tooMany > 0)
        {
            foreach (var oldest in _files.Keys.Take(tooMany).Where(file => !stillThere.Contains(file)).ToList())
            {
                _files.Remove(oldest);
            }
        }
    }

    /// <summary>How far a file was read; null if it is none of them.</summary>
    public LinePosition? PlaceIn(LogFile file) =>
        _files.TryGetValue(file.Identity, out var known) && !(file.HasBirth && file.BegunAt != known.BegunAt)
        && file.Length() >= known.Guard.Offset && known.Guard.IsKeptBy(file) ? known.Position : null;

    /// <summary>Whether a compressed file was made of one that stood under a log's name or under one by its rotation.</summary>
    public bool HaveCopy(LogFile compressed, string log) => _files.Values.Any(known =>
        (known.Source == log || Rotation.IsSibling(known.Source, log)) && compressed.IsCopyOf(known.Guard.Mark, known.Guard.Offset));

    public void Remove(FileIdentity identity) => _files.Remove(identity);

    public void Clear() => _files.Clear();
}
