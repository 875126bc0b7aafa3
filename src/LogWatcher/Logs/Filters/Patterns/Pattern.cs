namespace LogWatcher.Logs.Filters.Patterns;

/// <summary>
/// A regular expression that is searched in UTF-8 as it is. Own, because the platform's non-backtracking one bounds
/// neither the memory nor the time of an expression: <c>(.{1,100}a){2}z</c> takes it gigabytes for one line.
/// Any number of threads may share one.
/// </summary>
internal sealed class Pattern
{
    /// <summary>In UTF-16 units: far more than anyone reads, and what parsing costs stays bounded.</summary>
    public const int MaxLength = 4096;

    private readonly PatternProgram _program;
    private readonly Phrase _required;

    // An automaton learns as it runs, so each serves one thread at a time. The one that lies idle is taken, and who finds
    // none makes another; of those that come back one is kept.
    private PatternAutomaton? _idle;

    /// <param name="text">The expression; <see cref="PatternParser"/> tells its syntax.</param>
    /// <param name="maxInstructions">The most instructions it may take, at most <see cref="PatternProgram.MaxInstructions"/>.</param>
    /// <exception cref="FormatException">It is none, would need backtracking, or is over a bound; the message says which.</exception>
    public Pattern(string text, bool ignoreCase, int maxInstructions = PatternProgram.MaxInstructions)
    {
        if (text.Length > MaxLength)
        {
            throw new FormatException($"it is longer than {MaxLength} characters");
        }

        var node = PatternParser.Parse(text, ignoreCase);
        _program = new PatternProgram(node, maxInstructions);
        _required = new Phrase(node.RequiredText());
    }

    /// <summary>Text that stands, in one case or the other, wherever it matches; empty if that can't be said.</summary>
    public string RequiredText => _required.Text;

    /// <summary>How many instructions it took.</summary>
    public int InstructionCount => _program.Instructions.Length;

    public bool IsMatch(ReadOnlySpan<byte> utf8)
    {
        // Most text has not even that, and looking for it is many times faster.
        if (!_required.IsIn(utf8))
        {
            return false;
        }

        var automaton = Interlocked.Exchange(ref _idle, null) ?? new PatternAutomaton(_program);
        var isMatch = automaton.IsMatch(utf8);
        Volatile.Write(ref _idle, automaton);
        return isMatch;
    }
}
