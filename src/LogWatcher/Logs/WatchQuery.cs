using LogWatcher.Logs.Filters;

namespace LogWatcher.Logs;

/// <summary>What one watch asks for.</summary>
/// <param name="Filter">Which entries.</param>
/// <param name="Follow">Whether to go on with what is written later.</param>
/// <param name="Limit">The watch ends after so many entries; 0: no limit.</param>
/// <param name="Sources">
/// Globs of which one must fit a file's name (without a slash) or its whole path (with one); none: all files.
/// </param>
internal sealed record WatchQuery(Filter Filter, bool Follow, int Limit, IReadOnlyList<string> Sources);
