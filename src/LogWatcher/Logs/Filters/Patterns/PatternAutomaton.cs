using System.Numerics;
using System.Text;

namespace LogWatcher.Logs.Filters.Patterns;

/// <summary>
/// The deterministic automaton of a program, made state by state as text asks for them and kept within a bound: when it
/// is full it begins anew. So a match takes time in proportion to the text, whatever the expression, and memory that does
/// not grow with it. (The idea is RE2's: R. Cox, "Regular Expression Matching in the Wild", 2010.)
/// Used by one thread at a time.
/// </summary>
internal sealed class PatternAutomaton
{
    /// <summary>Fewer would begin anew at every other character.</summary>
    public const int MinStates = 16;

    private const int Unknown = 0;
    private const int Accepted = -1;
    private const int Refused = -2;

    /// <summary>
    /// The memory of an automaton, for each instruction of its program; so a filter's expressions together stay near 8 MB.
    /// </summary>
    private const int BytesPerInstruction = 8 * 1024;

    private readonly PatternProgram _program;
    private readonly int _stride;
    private readonly int _words;
    private readonly int _maxStates;
    private readonly ulong[] _target;
    private readonly ulong[] _visited;
    private readonly int[] _stack;

    // By state, from 1 on: the places in the program it stands for, what came before, and where each class leads.
    private ulong[] _places;
    private Before[] _before;
    private int[] _next;
    private int[] _buckets;
    private int[] _chain;
    private int _count;
    private int _start;

    /// <param name="program">What it follows.</param>
    /// <param name="maxStates">How many states it keeps, at least <see cref="MinStates"/>; null for what its memory allows.</param>
    public PatternAutomaton(PatternProgram program, int? maxStates = null)
    {
        _program = program;

        // One column more than there are classes: the end of the text.
        _stride = program.Classes.Count + 1;
        _words = (program.Instructions.Length + 63) / 64;
        var bytesPerState = _stride * sizeof(int) + _words * sizeof(ulong) + 3 * sizeof(int);
        _maxStates = Math.Max(MinStates, maxStates ?? program.Instructions.Length * BytesPerInstruction / bytesPerState);
        _target = new ulong[_words];
        _visited = new ulong[_words];

        // An instruction is put there at most twice, once from each that leads to it directly or as the next.
        _stack = new int[2 * program.Instructions.Length + 2];
        (_places, _before, _next, _buckets, _chain) = ([], [], [], [], []);
        Grow(MinStates);
        Reset();
    }

    /// <summary>What stands before the place reached, as far as the program can tell.</summary>
    [Flags]
    private enum Before : byte
    {
        Other = 0,
        Nothing = 1,
        Word = 2,
        NewLine = 4,
    }

    public bool IsMatch(ReadOnlySpan<byte> utf8)
    {
        var state = _start;
        var ofAscii = _program.Classes.OfAscii;
        var rows = _next;
        for (var index = 0; index < utf8.Length;)
        {
            int runeClass;
            if (utf8[index] < 128)
            {
                runeClass = ofAscii[utf8[index++]];
            }
            else
            {
                // Bytes that are no UTF-8 come out as U+FFFD.
                Rune.DecodeFromUtf8(utf8[index..], out var rune, out var length);
                runeClass = _program.Classes.Of(rune.Value);
                index += length;
            }

            var next = rows[state * _stride + runeClass];
            if (next <= 0)
            {
                next = next == Unknown ? Follow(state, runeClass) : next;
                rows = _next;
                if (next <= 0)
                {
                    return next == Accepted;
                }
            }

            state = next;
        }

        var end = _next[state * _stride + _stride - 1];
        return (end == Unknown ? Follow(state, _stride - 1) : end) == Accepted;
    }

    /// <summary>Where a class (or the end) leads from a state, worked out and kept.</summary>
    private int Follow(int state, int runeClass)
    {
        var isEnd = runeClass == _stride - 1;
        Array.Clear(_target);
        if (Step(state, runeClass, isEnd))
        {
            return _next[state * _stride + runeClass] = Accepted;
        }

        if (!_program.IsAnchored)
        {
            _target[0] |= 1;
        }

        if (isEnd || !_target.AsSpan().ContainsAnyExcept(0UL))
        {
            return _next[state * _stride + runeClass] = Refused;
        }

        var before = (_program.TellsWords && _program.WordClasses[runeClass] ? Before.Word : Before.Other)
            | (_program.TellsLines && _program.NewLineClasses[runeClass] ? Before.NewLine : Before.Other);
        if (TryFind(before, out var next))
        {
            return _next[state * _stride + runeClass] = next;
        }

        if (_count == _maxStates)
        {
            // The state that led here is forgotten with all others, and so is the way from it.
            Reset();
            return Add(before);
        }

        next = Add(before);
        return _next[state * _stride + runeClass] = next;
    }

    /// <summary>
    /// Follows the program from all places of a state over one code point of a class, into <see cref="_target"/>.
    /// </summary>
    /// <returns>Whether it matches before that code point.</returns>
    private bool Step(int state, int runeClass, bool isEnd)
    {
        Array.Clear(_visited);
        var before = _before[state];
        var instructions = _program.Instructions;
        var members = isEnd ? default : _program.Classes.SetsOf(runeClass);
        for (var word = 0; word < _words; word++)
        {
            for (var bits = _places[state * _words + word]; bits != 0; bits &= bits - 1)
            {
                // Most places are such as take a character and lead no further; they need no stack.
                var place = word * 64 + BitOperations.TrailingZeroCount(bits);
                if (instructions[place].Kind == InstructionKind.OneOf)
                {
                    if (!isEnd && members[instructions[place].X])
                    {
                        Reach(place + 1);
                    }
                }
                else if (StepFrom(place, before, runeClass, isEnd))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool StepFrom(int place, Before before, int runeClass, bool isEnd)
    {
        var instructions = _program.Instructions;
        var classes = _program.Classes;
        var depth = 0;
        _stack[depth++] = place;
        while (depth > 0)
        {
            place = _stack[--depth];
            if ((_visited[place >> 6] >> place & 1) != 0)
            {
                continue;
            }

            _visited[place >> 6] |= 1UL << place;
            var instruction = instructions[place];
            switch (instruction.Kind)
            {
                case InstructionKind.Match:
                    return true;
                case InstructionKind.OneOf when !isEnd && classes.IsIn(runeClass, instruction.X):
                    Reach(place + 1);
                    break;
                case InstructionKind.Split:
                    _stack[depth++] = instruction.X;
                    _stack[depth++] = instruction.Y;
                    break;
                case InstructionKind.Assert when Holds((Assertion)instruction.X, before, runeClass, isEnd):
                    _stack[depth++] = place + 1;
                    break;
            }
        }

        return false;
    }

    private void Reach(int place) => _target[place >> 6] |= 1UL << place;

    private bool Holds(Assertion assertion, Before before, int runeClass, bool isEnd)
    {
        var isBoundary = before.HasFlag(Before.Word) != (!isEnd && _program.WordClasses[runeClass]);
        return assertion switch
        {
            Assertion.Start => before.HasFlag(Before.Nothing),
            Assertion.LineStart => (before & (Before.Nothing | Before.NewLine)) != 0,
            Assertion.End => isEnd,
            Assertion.LineEnd => isEnd || _program.NewLineClasses[runeClass],
            Assertion.WordBoundary => isBoundary,
            _ => !isBoundary,
        };
    }

    private Span<ulong> PlacesOf(int state) => _places.AsSpan(state * _words, _words);

    private bool TryFind(Before before, out int state)
    {
        for (state = _buckets[Bucket(_target, before)]; state != 0; state = _chain[state])
        {
            if (_before[state] == before && PlacesOf(state).SequenceEqual(_target))
            {
                return true;
            }
        }

        return false;
    }

    private int Add(Before before)
    {
        if (_count + 1 == _before.Length)
        {
            Grow(Math.Min(_maxStates, _count * 2));
        }

        var state = ++_count;
        _target.CopyTo(PlacesOf(state));
        _before[state] = before;
        _next.AsSpan(state * _stride, _stride).Clear();
        Chain(state);
        return state;
    }

    private void Chain(int state)
    {
        var bucket = Bucket(PlacesOf(state), _before[state]);
        _chain[state] = _buckets[bucket];
        _buckets[bucket] = state;
    }

    private int Bucket(ReadOnlySpan<ulong> places, Before before)
    {
        var hash = (ulong)before;
        foreach (var word in places)
        {
            hash = (BitOperations.RotateLeft(hash, 23) ^ word) * 0x9E3779B97F4A7C15;
        }

        return (int)((hash >> 32) % (ulong)_buckets.Length);
    }

    private void Reset()
    {
        _count = 0;
        Array.Clear(_buckets);

        // The place reached stays: it is what the caller goes on from.
        var target = _target.AsSpan();
        Span<ulong> kept = stackalloc ulong[(PatternProgram.MaxInstructions + 63) / 64];
        target.CopyTo(kept);
        target.Clear();
        target[0] = 1;
        _start = Add(_program.TellsStart ? Before.Nothing : Before.Other);
        kept[..target.Length].CopyTo(target);
    }

    private void Grow(int states)
    {
        Array.Resize(ref _places, (states + 1) * _words);
        Array.Resize(ref _before, states + 1);
        Array.Resize(ref _next, (states + 1) * _stride);
        Array.Resize(ref _chain, states + 1);
        _buckets = new int[states];
        for (var state = 1; state <= _count; state++)
        {
            Chain(state);
        }
    }
}
