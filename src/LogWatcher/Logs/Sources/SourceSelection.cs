namespace LogWatcher.Logs.Sources;

/// <summary>Which of the sources a watch wants: those that one of its globs fits, or all when it has none.</summary>
/// <param name="globs">As the query names them.</param>
internal sealed class SourceSelection(IReadOnlyList<string> globs)
{
    private readonly Glob[] _globs = [.. globs.Select(glob => new Glob(glob))];

    /// <summary>The globs, each once and in order: selections with the same ones are the same.</summary>
    public IReadOnlyList<string> Globs { get; } = [.. globs.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public bool Includes(string source) =>
        _globs.Length == 0 || Array.Exists(_globs, glob => glob.MatchesSource(source));
}
