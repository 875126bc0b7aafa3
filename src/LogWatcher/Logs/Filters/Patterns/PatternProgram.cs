namespace LogWatcher.Logs.Filters.Patterns;

/// <summary>
/// A regular expression as a nondeterministic automaton (K. Thompson, "Regular Expression Search Algorithm", 1968), its
/// counts written out, over classes of code points that no part of it tells apart. Immutable.
/// </summary>
internal sealed class PatternProgram
{
    /// <summary>
    /// The most one expression may have. Each step over a character costs at most a few operations an instruction, so
    /// this bounds what a line can cost, and the memory of the automaton made from it.
    /// </summary>
    public const int MaxInstructions = 1000;

    private readonly List<Instruction> _instructions = [];
    private readonly List<RuneSet> _sets = [];
    private readonly Dictionary<RuneSet, int> _setIndices = [];
    private readonly int _maxInstructions;

    /// <param name="maxInstructions">How many there is room for, at most <see cref="MaxInstructions"/>.</param>
    /// <exception cref="FormatException">There would be more.</exception>
    public PatternProgram(PatternNode node, int maxInstructions)
    {
        _maxInstructions = maxInstructions;
        Write(node);
        Add(new Instruction(InstructionKind.Match, 0, 0));
        Instructions = [.. _instructions];
        var asserted = Instructions
            .Where(instruction => instruction.Kind == InstructionKind.Assert)
            .Select(instruction => (Assertion)instruction.X)
            .ToHashSet();
        TellsWords = asserted.Contains(Assertion.WordBoundary) || asserted.Contains(Assertion.NoWordBoundary);
        TellsLines = asserted.Contains(Assertion.LineStart) || asserted.Contains(Assertion.LineEnd);
        TellsStart = asserted.Contains(Assertion.Start) || asserted.Contains(Assertion.LineStart);
        IsAnchored = Instructions[0] is { Kind: InstructionKind.Assert, X: (int)Assertion.Start };
        var wordSet = TellsWords ? SetIndex(RuneSet.Word) : -1;
        var newLineSet = TellsLines ? SetIndex(RuneSet.Of('\n', '\n')) : -1;
        Classes = new RuneClasses(_sets);
        WordClasses = Members(wordSet);
        NewLineClasses = Members(newLineSet);
    }

    public Instruction[] Instructions { get; }

    public RuneClasses Classes { get; }

    /// <summary>Whether it can match at the start of the text only.</summary>
    public bool IsAnchored { get; }

    /// <summary>Whether it matters to it that what came before was a word's character, a line's end, or nothing yet.</summary>
    public bool TellsWords { get; }

    public bool TellsLines { get; }

    public bool TellsStart { get; }

    /// <summary>By class: whether its code points are <c>\w</c>. All false unless <see cref="TellsWords"/>.</summary>
    public bool[] WordClasses { get; }

    public bool[] NewLineClasses { get; }

    private bool[] Members(int set) =>
        [.. Enumerable.Range(0, Classes.Count).Select(runeClass => set >= 0 && Classes.IsIn(runeClass, set))];

    private int Add(Instruction instruction)
    {
        if (_instructions.Count == _maxInstructions)
        {
            throw new FormatException(
                $"it, with its counts written out, is longer than the {MaxInstructions} steps that a filter's expressions may have");
        }

        _instructions.Add(instruction);
        return _instructions.Count - 1;
    }

    private int SetIndex(RuneSet set)
    {
        if (!_setIndices.TryGetValue(set, out var index))
        {
            index = _sets.Count;
            _sets.Add(set);
            _setIndices.Add(set, index);
        }

        return index;
    }

    private void Write(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.OneOf one:
                Add(new Instruction(InstructionKind.OneOf, SetIndex(one.Set), 0));
                break;
            case PatternNode.Assert assert:
                Add(new Instruction(InstructionKind.Assert, (int)assert.Assertion, 0));
                break;
            case PatternNode.Sequence sequence:
                foreach (var part in sequence.Parts)
                {
                    Write(part);
                }

                break;
            case PatternNode.Alternatives alternatives:
                Write(alternatives);
                break;
            case PatternNode.Repeat repeat:
                Write(repeat);
                break;
        }
    }

    private void Write(PatternNode.Alternatives alternatives)
    {
        var jumps = new List<int>();
        for (var index = 0; index < alternatives.Options.Count; index++)
        {
            var isLast = index == alternatives.Options.Count - 1;
            var split = isLast ? -1 : Add(default);
            Write(alternatives.Options[index]);
            if (!isLast)
            {
                jumps.Add(Add(default));
                _instructions[split] = new Instruction(InstructionKind.Split, split + 1, _instructions.Count);
            }
        }

        foreach (var jump in jumps)
        {
            _instructions[jump] = new Instruction(InstructionKind.Split, _instructions.Count, _instructions.Count);
        }
    }

    private void Write(PatternNode.Repeat repeat)
    {
        for (var count = 0; count < repeat.Min; count++)
        {
            var before = _instructions.Count;
            Write(repeat.Body);
            if (_instructions.Count == before)
            {
                // Nothing, however often, is nothing; and it would never run into the limit.
                return;
            }
        }

        if (repeat.Max is not { } max)
        {
            var split = Add(default);
            Write(repeat.Body);
            Add(new Instruction(InstructionKind.Split, split, split));
            _instructions[split] = new Instruction(InstructionKind.Split, split + 1, _instructions.Count);
            return;
        }

        var splits = new List<int>();
        for (var count = repeat.Min; count < max; count++)
        {
            splits.Add(Add(default));
            Write(repeat.Body);
        }

        foreach (var split in splits)
        {
            _instructions[split] = new Instruction(InstructionKind.Split, split + 1, _instructions.Count);
        }
    }
}

/// <summary>What goes on with the next instruction (<c>OneOf</c>, <c>Assert</c>) or those named in it (<c>Split</c>).</summary>
/// <param name="X">The set's index, the assertion, or where to go on.</param>
/// <param name="Y">Of a split the other place to go on.</param>
internal readonly record struct Instruction(InstructionKind Kind, int X, int Y);

internal enum InstructionKind : byte
{
    Match,
    OneOf,
    Split,
    Assert,
}
