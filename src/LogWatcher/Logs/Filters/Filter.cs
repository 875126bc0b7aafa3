namespace LogWatcher.Logs.Filters;

/// <summary>
/// A query, ready to be asked of entries. Immutable: watchers with the same filter share one, and any number of threads
/// may ask it at once (each with an entry of its own).
/// </summary>
internal sealed class Filter
{
    /// <summary>With more anchors than these, looking for each costs more than it saves.</summary>
    private const int MaxAnchors = 8;

    /// <summary>How far the first anchor is looked for before the others have their turn, in bytes; it doubles.</summary>
    private const int FirstStretchBytes = 512;

    private readonly Term _term;
    private readonly RawTest? _required;
    private readonly IAnchor[] _anchors;

    private Filter(Term term)
    {
        _term = term;
        _required = term.Required;
        var anchors = new HashSet<IAnchor>();
        _anchors = _required is not null && _required.TryAnchor(anchors) && anchors.Count <= MaxAnchors ? [.. anchors] : [];
    }

    /// <summary>Whether this is the empty query, which matches every entry.</summary>
    public bool IsEverything => _term is EverythingTerm;

    /// <summary>Whether <see cref="IndexOfCandidate"/> has anything to look for.</summary>
    public bool HasAnchors => _anchors.Length > 0;

    /// <summary>What <see cref="IndexOfCandidate"/> finds is all that <see cref="MayMatch"/> asks for.</summary>
    public bool IsCandidateEnough => _anchors.Length == 1 && ReferenceEquals(_anchors[0], _required);

    /// <summary>Reads a filter; its grammar stands above <see cref="FilterParser"/>.</summary>
    /// <exception cref="FilterSyntaxException">The text is no filter, or one over a bound.</exception>
    public static Filter Parse(string text) => new(new FilterParser(text).Parse()) { Text = text };

    /// <summary>The query as it was given: filters with the same text match the same entries.</summary>
    public string Text { get; private init; } = "";

    public bool Matches(EntryView entry) => _term.Matches(entry);

    /// <summary>The test on raw bytes, before any format has looked at them: most lines of a search go no further.</summary>
    /// <param name="line">
    /// All bytes of the entry as the source has them, in UTF-8: of an entry over several lines, all of these.
    /// </param>
    /// <returns>False only if <see cref="Matches"/> is false for whatever a format makes of the line.</returns>
    public bool MayMatch(ReadOnlySpan<byte> line) => _required is null || _required.MayMatch(line);

    /// <summary>
    /// The same over a whole buffer of lines: no entry that ends before the place returned can match, nor any at all if it
    /// is -1. The entry around that place still has to pass <see cref="MayMatch"/>; then go on behind it. (Of an entry over
    /// several lines the place may be in any, and the entry begins with the first.)
    /// </summary>
    /// <param name="buffer">Whole lines, in UTF-8, none of them longer than a line may be.</param>
    /// <returns>0 too when nothing can be said, so that every line is a candidate.</returns>
    public int IndexOfCandidate(ReadOnlySpan<byte> buffer)
    {
        if (_anchors.Length == 0)
        {
            return 0;
        }

        if (_anchors.Length == 1)
        {
            return _anchors[0].IndexIn(buffer, 0, buffer.Length);
        }

        // Looking for each in the whole buffer would look over the same bytes again and again when one is common and another
        // rare. So each has its turn on a stretch, and only as far as the ones before it left open.
        for (int start = 0, stretch = FirstStretchBytes; start < buffer.Length; stretch = Math.Min(stretch * 2, buffer.Length))
        {
            var end = (int)Math.Min(buffer.Length, (long)start + stretch);
            var nearest = end;
            foreach (var anchor in _anchors)
            {
                var found = anchor.IndexIn(buffer, start, nearest);
                nearest = found >= 0 ? found : nearest;
            }

            if (nearest < end)
            {
                return nearest;
            }

            start = end;
        }

        return -1;
    }

    /// <summary>The same from a place on, for whoever goes on in the buffer behind each candidate.</summary>
    /// <param name="hits">What was found in the buffer ahead of the last candidate.</param>
    public int IndexOfCandidate(ReadOnlySpan<byte> buffer, int start, ref MarkHits hits)
    {
        if (_anchors is [RawLevel level])
        {
            return level.IndexIn(buffer, start, buffer.Length, ref hits);
        }

        var found = IndexOfCandidate(buffer[start..]);
        return found < 0 ? -1 : start + found;
    }
}
