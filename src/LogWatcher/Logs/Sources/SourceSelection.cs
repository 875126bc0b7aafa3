namespace LogWatcher.Logs.Sources;

/// <summary>Which of the sources a watch wants: those that one of its globs fits, or all when it has none.</summary>
internal sealed class SourceSelection(IReadOnlyList<string> globs)
{
    private readonly Glob[] _globs = [.. globs.Select(glob => new Glob(glob))];

    public bool Includes(string source) =>
        _globs.Length == 0 || Array.Exists(_globs, glob => glob.MatchesSource(source));
}
