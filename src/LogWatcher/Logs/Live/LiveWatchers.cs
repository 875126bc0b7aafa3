using LogWatcher.Logs.Filters;

namespace LogWatcher.Logs.Live;

/// <summary>
/// The watches that have joined, in groups with the same filter: an entry that a filter does not want costs one question, however
/// many watches there are with that filter. Under the feed's lock.
/// </summary>
internal sealed class LiveWatchers
{
    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public HashSet<LiveWatcher> All { get; } = [];

    /// <summary>Those that must know the time of every entry of their files.</summary>
    public HashSet<LiveWatcher> NeedingTimes { get; } = [];

    /// <summary>Each filter, with those whose it is.</summary>
    public Dictionary<string, Group>.ValueCollection Groups => _groups.Values;

    /// <summary>Puts a watch to those with the same filter, of which there is one for all of them from then on.</summary>
    public void Add(LiveWatcher watcher)
    {
        if (_groups.TryGetValue(watcher.Filter.Text, out var group))
        {
            watcher.ShareFilter(group.Filter);
        }
        else
        {
            group = new Group(watcher.Filter);
            _groups.Add(watcher.Filter.Text, group);
        }

        group.Watchers.Add(watcher);
        All.Add(watcher);
        if (watcher.NeedsTimes)
        {
            NeedingTimes.Add(watcher);
        }
    }

    /// <summary>Lets a watch go, if it is one of them.</summary>
    public void Remove(LiveWatcher watcher)
    {
        if (!All.Remove(watcher))
        {
            return;
        }

        NeedingTimes.Remove(watcher);
        var group = _groups[watcher.Filter.Text];
        group.Watchers.Remove(watcher);
        if (group.Watchers.Count == 0)
        {
            _groups.Remove(watcher.Filter.Text);
        }
    }

    /// <summary>The watches with a filter.</summary>
    internal sealed class Group(Filter filter)
    {
        public Filter Filter => filter;

        public HashSet<LiveWatcher> Watchers { get; } = [];
    }
}
