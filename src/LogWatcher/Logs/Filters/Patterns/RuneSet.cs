using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace LogWatcher.Logs.Filters.Patterns;

/// <summary>Code points, as ranges in their order that neither touch nor overlap. Immutable.</summary>
internal sealed class RuneSet : IEquatable<RuneSet>
{
    /// <summary>The last code point there is.</summary>
    public const int MaxRune = 0x10FFFF;

    /// <summary>No letter with two cases stands behind this one: U+1E943 is the last.</summary>
    private const int LastCased = 0x1EFFF;

    private static readonly ConcurrentDictionary<string, RuneSet> Categories = new(StringComparer.Ordinal);
    private static readonly Lazy<(int Rune, int Other)[]> Cases = new(FindCases);

    private readonly (int First, int Last)[] _ranges;

    private RuneSet((int First, int Last)[] ranges) => _ranges = ranges;

    public static RuneSet Everything { get; } = Of(0, MaxRune);

    /// <summary><c>\d</c>, <c>\s</c> and <c>\w</c> are Unicode's, as .NET has them.</summary>
    public static RuneSet Digits => Category("Nd") ?? Everything;

    public static RuneSet WhiteSpace => Categories.GetOrAdd(@"\s", static _ => Where(Rune.IsWhiteSpace));

    public static RuneSet Word => Categories.GetOrAdd(@"\w", static _ => Where(static rune => Rune.IsLetter(rune)
        || Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.NonSpacingMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation));

    public ReadOnlySpan<(int First, int Last)> Ranges => _ranges;

    public static RuneSet Of(int first, int last) => new([(first, last)]);

    /// <summary>A general category by its one or two letters: <c>L</c>, <c>Lu</c>; null if there is no such.</summary>
    public static RuneSet? Category(string name)
    {
        const string Names = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Zs Zl Zp Cc Cf Cs Co Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Cn ";
        var isKnown = name.Length is 1 or 2
            && char.IsAsciiLetterUpper(name[0])
            && Names.Contains(name.Length == 2 ? name + " " : name, StringComparison.Ordinal);
        return !isKnown ? null : Categories.GetOrAdd(name, static name => Where(rune =>
            Names.AsSpan((int)Rune.GetUnicodeCategory(rune) * 3, 2).StartsWith(name, StringComparison.Ordinal)));
    }

    public static RuneSet Union(IEnumerable<RuneSet> sets) => Join([.. sets.SelectMany(set => set._ranges)]);

    public RuneSet Complement()
    {
        var ranges = new List<(int, int)>();
        var first = 0;
        foreach (var range in _ranges)
        {
            if (range.First > first)
            {
                ranges.Add((first, range.First - 1));
            }

            first = range.Last + 1;
        }

        if (first <= MaxRune)
        {
            ranges.Add((first, MaxRune));
        }

        return new RuneSet([.. ranges]);
    }

    public RuneSet Except(RuneSet other) => Union([Complement(), other]).Complement();

    /// <summary>With every letter's other cases.</summary>
    public RuneSet IgnoringCase()
    {
        // Twice, because the other case may have another one yet: the Kelvin sign's is k, and that one's is K.
        var set = this;
        for (var pass = 0; pass < 2; pass++)
        {
            var others = Cases.Value.Where(pair => set.Contains(pair.Rune)).Select(pair => (pair.Other, pair.Other));
            set = Join([.. set._ranges, .. others]);
        }

        return set;
    }

    public bool Contains(int rune)
    {
        var (low, high) = (0, _ranges.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (rune < _ranges[middle].First)
            {
                high = middle - 1;
            }
            else if (rune > _ranges[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether this is one code point, or one ASCII letter in both cases and nothing else.</summary>
    public bool TryGetLetter(out Rune rune)
    {
        rune = Rune.ReplacementChar;
        if (_ranges.Length is 1 or 2 && Array.TrueForAll(_ranges, range => range.First == range.Last) && Rune.IsValid(_ranges[0].First))
        {
            rune = new Rune(_ranges[0].First);
        }

        // U+FFFD stands for bytes that are something else.
        var isPair = _ranges.Length == 2 && char.IsAsciiLetterUpper((char)rune.Value) && _ranges[1].First == (rune.Value | 0x20);
        return rune != Rune.ReplacementChar && (_ranges.Length == 1 || (rune.IsAscii && isPair));
    }

    public bool Equals(RuneSet? other) => other is not null && _ranges.AsSpan().SequenceEqual(other._ranges);

    public override bool Equals(object? obj) => Equals(obj as RuneSet);

    public override int GetHashCode() =>
        _ranges.Length == 0 ? 0 : HashCode.Combine(_ranges.Length, _ranges[0], _ranges[^1], _ranges[_ranges.Length / 2]);

    private static RuneSet Where(Func<Rune, bool> isIn)
    {
        var ranges = new List<(int First, int Last)>();
        for (var value = 0; value <= MaxRune; value++)
        {
            if (!Rune.IsValid(value) || !isIn(new Rune(value)))
            {
                continue;
            }

            if (ranges.Count > 0 && ranges[^1].Last == value - 1)
            {
                ranges[^1] = (ranges[^1].First, value);
            }
            else
            {
                ranges.Add((value, value));
            }
        }

        return new RuneSet([.. ranges]);
    }

    private static RuneSet Join((int First, int Last)[] ranges)
    {
        Array.Sort(ranges);
        var joined = new List<(int First, int Last)>();
        foreach (var range in ranges)
        {
            if (joined.Count > 0 && range.First <= joined[^1].Last + 1)
            {
                joined[^1] = (joined[^1].First, Math.Max(joined[^1].Last, range.Last));
            }
            else
            {
                joined.Add(range);
            }
        }

        return new RuneSet([.. joined]);
    }

    private static (int Rune, int Other)[] FindCases()
    {
        var pairs = new HashSet<(int, int)>();
        for (var value = 0; value <= LastCased; value++)
        {
            if (!Rune.IsValid(value))
            {
                continue;
            }

            var rune = new Rune(value);
            foreach (var other in (ReadOnlySpan<int>)[Rune.ToUpperInvariant(rune).Value, Rune.ToLowerInvariant(rune).Value])
            {
                if (other != value)
                {
                    pairs.Add((value, other));
                    pairs.Add((other, value));
                }
            }
        }

        return [.. pairs];
    }
}
