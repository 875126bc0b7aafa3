using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Live;

/// <summary>
/// What watches are still to be given of files that are new to them, though others have them followed under another name, from which
/// they have come. Under the feed's lock.
/// </summary>
/// <param name="feed">Gets the entries.</param>
/// <param name="files">All that are followed.</param>
/// <param name="time">The clock of all waits.</param>
internal sealed class Backlogs(LiveFeed feed, FollowedFiles files, TimeProvider time)
{
    private readonly List<Backlog> _all = [];

    /// <summary>Some file has more to read than one turn allows.</summary>
    public bool HaveMore => _all.Exists(backlog => backlog.HasMore);

    /// <summary>A file is not to be let go of: some watches have not come as far in it as the others.</summary>
    public bool Need(FileFollower followed) => _all.Exists(backlog => backlog.Followed == followed);

    /// <summary>
    /// A file stands under a name, and is followed under another. Those who want this name only have it from its start: whoever is
    /// still at its history as a part of that.
    /// </summary>
    public void Begin(FileFollower followed, string name)
    {
        var strangers = feed.StrangersTo(followed, name);
        if (strangers.Count == 0 || LogFile.TryOpen(name) is not { } file)
        {
            return;
        }

        if (file.Identity != followed.Identity)
        {
            // Another has just come there.
            file.Dispose();
            return;
        }

        foreach (var watch in strangers)
        {
            watch.KeepName(followed, name);
        }

        strangers.RemoveWhere(watch => !watch.HasJoined);
        if (strangers.Count == 0)
        {
            file.Dispose();
            return;
        }

        foreach (var watch in strangers)
        {
            watch.BeginLate(followed);
        }

        _all.Add(new Backlog(followed, file, strangers, time));
    }

    /// <summary>Reads on, as long as the turn has room.</summary>
    public void Read(bool onlyUnfinished)
    {
        foreach (var backlog in _all.ToList())
        {
            if (onlyUnfinished && !backlog.HasMore)
            {
                continue;
            }

            if (!backlog.TryReadToEnd(feed))
            {
                continue;
            }

            if (files.IsHeldForHistory(backlog.Followed, backlog.Reader.Position))
            {
                // When the others pass into live is not to be waited for.
                backlog.Reader.TakeQuietOpen(feed);
                backlog.Reader.TakeOldRest(feed, LiveFeed.PollInterval);
            }
            else if (backlog.TryCatchUp(feed))
            {
                Drop(backlog);
            }
        }
    }

    /// <summary>A file is no longer followed.</summary>
    public void Forget(FileFollower followed)
    {
        foreach (var backlog in _all.FindAll(backlog => backlog.Followed == followed))
        {
            Drop(backlog);
        }
    }

    /// <summary>A watch has left.</summary>
    public void Forget(LiveWatcher watch)
    {
        foreach (var backlog in _all.FindAll(backlog => !backlog.IsForOthersThan(watch)))
        {
            Drop(backlog);
        }
    }

    private void Drop(Backlog backlog)
    {
        _all.Remove(backlog);
        feed.Forget(backlog.Reader, source: null);
        backlog.Dispose();
    }
}
