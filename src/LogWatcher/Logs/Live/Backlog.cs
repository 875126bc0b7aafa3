using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Live;

/// <summary>
/// A file has come to a name that some watches want, which do not want the one that it is followed under: to them it is new. It is
/// read for them alone from its start, until they have what the others have; from then on they share its one reader. Under the
/// feed's lock.
/// </summary>
/// <param name="followed">By whom the others have it read.</param>
/// <param name="file">The file under the name that these know it by. Belongs to this from now on.</param>
/// <param name="watches">To whom it is new.</param>
/// <param name="time">The clock of all waits.</param>
internal sealed class Backlog(FileFollower followed, LogFile file, HashSet<LiveWatcher> watches, TimeProvider time) : IDisposable
{
    public FileFollower Followed => followed;

    /// <summary>Reads for those watches.</summary>
    public FileFollower Reader { get; } = new(file, LinePosition.Start, time) { For = watches };

    /// <summary>There is more to read at once.</summary>
    public bool HasMore => Reader.HasMore;

    /// <summary>Reads on, as long as the turn has room.</summary>
    /// <returns>Whether all that is there for now has been read.</returns>
    public bool TryReadToEnd(LiveFeed feed)
    {
        var turn = Reader.Read(feed);
        if (turn == FollowerTurn.Replaced)
        {
            Reader.TakeRest(feed);
            Reader.Restart();
        }

        return turn == FollowerTurn.AtEnd;
    }

    /// <summary>Has the watches go on with the others, if they have all that those have.</summary>
    public bool TryCatchUp(LiveFeed feed)
    {
        if (Reader.Position.Offset < followed.Position.Offset)
        {
            // What may still have got lines, or an end, has waited for that with the others.
            Reader.TakeRest(feed);
        }

        if (Reader.Position.Offset < followed.Position.Offset)
        {
            return false;
        }

        foreach (var watch in watches)
        {
            watch.CatchUp(followed, Reader.Position.Offset);
        }

        return true;
    }

    /// <summary>A watch has left.</summary>
    /// <returns>Whether there are others.</returns>
    public bool IsForOthersThan(LiveWatcher watch)
    {
        watches.Remove(watch);
        return watches.Count > 0;
    }

    public void Dispose() => Reader.Dispose();
}
