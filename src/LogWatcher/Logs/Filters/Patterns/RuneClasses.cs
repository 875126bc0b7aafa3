namespace LogWatcher.Logs.Filters.Patterns;

/// <summary>All code points in classes, so that each set holds a class as a whole or not at all. Immutable.</summary>
internal sealed class RuneClasses
{
    private readonly ushort[] _ofAscii = new ushort[128];
    private readonly int[] _starts;
    private readonly ushort[] _ofStart;
    private readonly bool[] _members;
    private readonly int _setCount;

    public RuneClasses(IReadOnlyList<RuneSet> sets)
    {
        var starts = new SortedSet<int> { 0 };
        foreach (var set in sets)
        {
            foreach (var (first, last) in set.Ranges)
            {
                starts.Add(first);
                starts.Add(last + 1);
            }
        }

        starts.Remove(RuneSet.MaxRune + 1);
        _starts = [.. starts];
        _ofStart = new ushort[_starts.Length];
        _setCount = sets.Count;

        // A class is which sets its code points are in, written as a string of '0' and '1' to be looked up by.
        var classes = new Dictionary<string, ushort>(StringComparer.Ordinal);
        var memberships = new List<string>();
        var membership = new char[sets.Count];
        for (var index = 0; index < _starts.Length; index++)
        {
            for (var set = 0; set < sets.Count; set++)
            {
                membership[set] = sets[set].Contains(_starts[index]) ? '1' : '0';
            }

            var key = new string(membership);
            if (!classes.TryGetValue(key, out var found))
            {
                found = (ushort)memberships.Count;
                classes.Add(key, found);
                memberships.Add(key);
            }

            _ofStart[index] = found;
        }

        Count = memberships.Count;
        _members = new bool[Count * _setCount];
        for (var index = 0; index < _members.Length; index++)
        {
            _members[index] = memberships[index / _setCount][index % _setCount] == '1';
        }

        for (var value = 0; value < _ofAscii.Length; value++)
        {
            _ofAscii[value] = Search(value);
        }
    }

    public int Count { get; }

    public ReadOnlySpan<ushort> OfAscii => _ofAscii;

    public ushort Of(int rune) => rune < _ofAscii.Length ? _ofAscii[rune] : Search(rune);

    public bool IsIn(int runeClass, int set) => _members[runeClass * _setCount + set];

    /// <summary>By set: whether it holds the class.</summary>
    public ReadOnlySpan<bool> SetsOf(int runeClass) => _members.AsSpan(runeClass * _setCount, _setCount);

    private ushort Search(int rune)
    {
        var index = Array.BinarySearch(_starts, rune);
        return _ofStart[index >= 0 ? index : ~index - 1];
    }
}
