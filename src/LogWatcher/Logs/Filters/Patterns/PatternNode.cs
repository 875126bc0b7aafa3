using System.Text;

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

    /// <summary>The longest text that stands, in one case or the other, in everything this matches; empty if there is none.</summary>
    public string RequiredText()
    {
        var (longest, run) = ("", new StringBuilder());
        foreach (var part in Flatten(this))
        {
            switch (part)
            {
                case OneOf one when one.Set.TryGetLetter(out var rune):
                    run.Append(rune.ToString());
                    break;
                case Assert:
                    break;
                default:
                    Break(part is Repeat { Min: > 0 } repeat ? repeat.Body.RequiredText() : "");
                    break;
            }
        }

        Break("");
        return longest;

        void Break(string other)
        {
            longest = run.Length > longest.Length ? run.ToString() : longest;
            longest = other.Length > longest.Length ? other : longest;
            run.Clear();
        }
    }

    private static IEnumerable<PatternNode> Flatten(PatternNode node) =>
        node is Sequence sequence ? sequence.Parts.SelectMany(Flatten) : [node];
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
