namespace LogWatcher.Logs;

/// <summary>
/// From <c>since</c> to <c>until</c>, asked of the times by which entries are merged (logs.md, "Request and entry").
/// </summary>
/// <param name="Since">This moment and later; null: from the beginning.</param>
/// <param name="Until">Before this moment; null: to the end.</param>
internal readonly record struct TimeRange(LogTime? Since, LogTime? Until)
{
    /// <summary>Neither is asked: what has no time fits too.</summary>
    public bool IsEverything => Since is null && Until is null;

    /// <summary>Whether an entry fits that stands at this time; null: it stands at none, and fits neither bound.</summary>
    public bool Includes(LogTime? time)
    {
        if (IsEverything)
        {
            return true;
        }

        return time is { } known
            && (Since is not { } since || known >= since)
            && (Until is not { } until || known < until);
    }
}
