namespace LogWatcher.Logs.Live;

/// <summary>
/// Where the last entries of a file ended, and what stood before each end: by this a copy is known that was made before the last
/// of them were written. One thread at a time.
/// </summary>
internal sealed class RecentEnds
{
    /// <summary>More than are written between a copy and the truncation behind it.</summary>
    private const int MaxEnds = 256;

    private readonly (long Offset, uint TailHash)[] _ends = new (long, uint)[MaxEnds];
    private int _count;

    public void Add(long offset, uint tailHash) => _ends[_count++ % MaxEnds] = (offset, tailHash);

    /// <summary>Whether an entry ended at an offset, with these bytes before it.</summary>
    public bool Contains(long offset, uint tailHash) => Array.IndexOf(_ends, (offset, tailHash), 0, Math.Min(_count, MaxEnds)) >= 0;
}
