using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs;

/// <summary>What one watch asks for.</summary>
/// <param name="Filter">Which entries.</param>
/// <param name="Follow">Whether to go on with what is written later.</param>
/// <param name="Limit">The watch ends after so many entries; 0: no limit.</param>
/// <param name="Sources">
/// Globs of which one must fit a file's name (without a slash) or its whole path (with one); none: all files.
/// </param>
internal sealed record WatchQuery(Filter Filter, bool Follow, int Limit, IReadOnlyList<string> Sources)
{
    /// <summary>Begin with the last so many matches of what is there; 0: with the first.</summary>
    public int Tail { get; init; }

    /// <summary>Only entries of this time or later; null: all.</summary>
    public LogTime? Since { get; init; }

    /// <summary>Only entries before this time; null: all.</summary>
    public LogTime? Until { get; init; }

    /// <summary>Both bounds as one.</summary>
    public TimeRange Range => new(Since, Until);

    /// <summary>How long live entries are held to be sorted by time; zero: not at all.</summary>
    public TimeSpan Window { get; init; }

    /// <summary>Whether the times at which live entries stand must be known: to choose them by, or to sort them.</summary>
    public bool NeedsLiveTimes => Follow && (!Range.IsEverything || Window > TimeSpan.Zero);

    /// <summary>An entry of history is done with when the next is asked for: its text may be overwritten then.</summary>
    public bool ReusesText { get; init; }

    /// <summary>Go on behind these places: each file behind its own, a file without one from its start.</summary>
    public IReadOnlyList<Cursor> After { get; init; } = [];

    /// <summary>What the cursors of this watch give as <see cref="Cursor.WatchedSince"/>, but of what it was resumed with.</summary>
    public long WatchedSince { get; init; } = FileClock.Now;
}
