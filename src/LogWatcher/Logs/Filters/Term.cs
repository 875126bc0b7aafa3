using LogWatcher.Logs.Filters.Patterns;

namespace LogWatcher.Logs.Filters;

/// <summary>A part of a filter. Immutable; any number of threads may share one.</summary>
internal abstract class Term
{
    /// <summary>What a line must hold for its entry to match; null if that can't be said.</summary>
    public virtual RawTest? Required => null;

    public abstract bool Matches(EntryView entry);
}

internal sealed class EverythingTerm : Term
{
    public override bool Matches(EntryView entry) => true;
}

internal sealed class AndTerm(Term[] terms) : Term
{
    public override RawTest? Required => RawTest.All(terms.Select(term => term.Required));

    public override bool Matches(EntryView entry)
    {
        foreach (var term in terms)
        {
            if (!term.Matches(entry))
            {
                return false;
            }
        }

        return true;
    }
}

internal sealed class OrTerm(Term[] terms) : Term
{
    public override RawTest? Required => RawTest.Any(Array.ConvertAll(terms, term => term.Required));

    public override bool Matches(EntryView entry)
    {
        foreach (var term in terms)
        {
            if (term.Matches(entry))
            {
                return true;
            }
        }

        return false;
    }
}

internal sealed class NotTerm(Term term) : Term
{
    public override bool Matches(EntryView entry) => !term.Matches(entry);
}

/// <summary>A word or quoted phrase, anywhere in the line.</summary>
internal sealed class PhraseTerm(Phrase phrase) : Term
{
    public override RawTest? Required => RawLiteral.OfLine(phrase);

    public override bool Matches(EntryView entry) => phrase.IsIn(entry.Text);
}

/// <summary>A regular expression, anywhere in the line.</summary>
internal sealed class PatternTerm(Pattern pattern) : Term
{
    public override RawTest? Required => RawLiteral.OfLine(new Phrase(pattern.RequiredText));

    public override bool Matches(EntryView entry) => pattern.IsMatch(entry.Text);
}

/// <summary>
/// Every comparison with <c>level</c>, worked out beforehand: there are but six levels to ask about. An entry without one
/// never matches.
/// </summary>
internal sealed class LevelTerm : Term
{
    private readonly int _levels;

    public LevelTerm(Func<LogLevel, bool> accepts)
    {
        for (var level = LogLevel.Trace; level <= LogLevel.Fatal; level++)
        {
            _levels |= accepts(level) ? 1 << (int)level : 0;
        }
    }

    public override RawTest? Required => _levels == 0 ? null : new RawLevel(_levels);

    public override bool Matches(EntryView entry) => (_levels >> (int)entry.Level & 1) != 0;
}

internal sealed class HasTerm(FieldPath path) : Term
{
    public override bool Matches(EntryView entry) => path.IsIn(entry);
}

/// <summary>A comparison with anything but <c>level</c>; false if the entry doesn't have it, negated or not.</summary>
internal sealed class FieldTerm(FieldPath path, ValueTest test, bool isNegated) : Term
{
    public override RawTest? Required => isNegated ? null : test.Required(path);

    public override bool Matches(EntryView entry) => path.Holds(entry, test, !isNegated);
}
