using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Live;

/// <summary>
/// What is known of files that are no longer kept open, and how far they were read: found again under another name they are no new
/// files. Their numbers may be given to others, so that what they held tells. Under the feed's lock.
/// </summary>
internal sealed class FinishedFiles
{
    /// <summary>Files that are remembered; more than a folder of logs has that are not there from the beginning.</summary>
    private const int MaxFiles = 1_024;

    private readonly Dictionary<FileIdentity, (ContentGuard Guard, LinePosition Position)> _files = [];
    private readonly Queue<FileIdentity> _order = new();

    public void Add(FileFollower file)
    {
        if (!_files.ContainsKey(file.Identity))
        {
            _order.Enqueue(file.Identity);
        }

        _files[file.Identity] = (file.Guard, file.Position);
        while (_order.Count > MaxFiles)
        {
            _files.Remove(_order.Dequeue());
        }
    }

    /// <summary>How far a file was read; null if it is none of them.</summary>
    public LinePosition? PlaceIn(LogFile file) =>
        _files.TryGetValue(file.Identity, out var known) && file.Length() >= known.Guard.Offset && known.Guard.IsKeptBy(file) ? known.Position : null;

    public void Remove(FileIdentity identity) => _files.Remove(identity);

    public void Clear()
    {
        _files.Clear();
        _order.Clear();
    }
}
