using LogWatcher.Logs.Sources;

namespace LogWatcher.Logs.Live;

/// <summary>
/// The live feeds of a set of logs: one for all watches that name the same sources. What one watch has must not depend on what others
/// want: a file that has left the names of the one may be new to the other, and what is a copy to the one all that the other wants.
/// Any thread.
/// </summary>
/// <param name="open">Makes a feed of what is selected.</param>
internal sealed class LiveFeeds(Func<SourceSelection, LiveFeed> open)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (LiveFeed Feed, int Watches)> _feeds = new(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _feeds.Count;
            }
        }
    }

    /// <summary>The feed of the watches of these sources, until what is returned is disposed of.</summary>
    public Use Of(SourceSelection selection)
    {
        // A client says the globs: whatever is in one, it is not two.
        var key = string.Concat(selection.Globs.Select(glob => $"{glob.Length}:{glob}"));
        lock (_gate)
        {
            var (feed, watches) = _feeds.GetValueOrDefault(key);
            feed ??= open(selection);
            _feeds[key] = (feed, watches + 1);
            return new Use(this, key, feed);
        }
    }

    private void Leave(string key)
    {
        lock (_gate)
        {
            var (feed, watches) = _feeds[key];
            if (watches == 1)
            {
                _feeds.Remove(key);
            }
            else
            {
                _feeds[key] = (feed, watches - 1);
            }
        }
    }

    /// <summary>A feed as long as a watch needs it.</summary>
    internal sealed class Use(LiveFeeds feeds, string key, LiveFeed feed) : IDisposable
    {
        public LiveFeed Feed => feed;

        public void Dispose() => feeds.Leave(key);
    }
}
