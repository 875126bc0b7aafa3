namespace LogWatcher.Logs.Filters.Patterns;

/// <summary>A part of a regular expression as it was written.</summary>
internal abstract record PatternNode
{
    /// <summary>One code point of a set.</summary>
    public sealed record OneOf(RuneSet Set) : PatternNode;

    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

    public sealed record Alternatives(IReadOnlyList<PatternNode> Options) : PatternNode;

    /// <param name="Max">Null is without end.</param>
    public sealed record Repeat(PatternNode Body, int Min, int? Max) : PatternNode;

    public sealed record Assert(Assertion Assertion) : PatternNode;
}

/// <summary>What holds between two code points.</summary>
internal enum Assertion
{
    Start,
    End,
    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}
