namespace LogWatcher.Logs.Filters;

/// <summary>
/// What the bytes of a line must hold, before any format has looked at them, for the filter to match. It stands on what
/// formats promise: a field's value stands in its line as it is, unless a backslash in the line hides it or the format
/// makes it up (<see cref="FieldPath.IsMade"/>).
/// </summary>
internal abstract class RawTest
{
    /// <summary>False only if the filter can't match an entry of this line.</summary>
    public abstract bool MayMatch(ReadOnlySpan<byte> line);

    /// <summary>
    /// Adds anchors of which at least one is found in every line that <see cref="MayMatch"/> accepts.
    /// False if there are none such.
    /// </summary>
    public abstract bool TryAnchor(ISet<IAnchor> anchors);

    /// <summary>A test of the whole from those of parts that must all hold; null is a part that requires nothing.</summary>
    public static RawTest? All(IEnumerable<RawTest?> parts)
    {
        var required = WithOneLevel(parts.OfType<RawTest>(), (levels, others) => levels & others);
        return required.Length switch { 0 => null, 1 => required[0], _ => new AllOf(required) };
    }

    /// <summary>The same where one part is enough: a part that requires nothing leaves nothing to require.</summary>
    public static RawTest? Any(IReadOnlyCollection<RawTest?> parts)
    {
        if (parts.Contains(null) || parts.Count == 0)
        {
            return null;
        }

        var enough = WithOneLevel(parts.OfType<RawTest>(), (levels, others) => levels | others);
        return enough.Length == 1 ? enough[0] : new AnyOf(enough);
    }

    /// <summary>Several tests of the level are made one, since an entry has but one level.</summary>
    private static RawTest[] WithOneLevel(IEnumerable<RawTest> parts, Func<int, int, int> join)
    {
        var all = parts.ToArray();
        var levels = all.OfType<RawLevel>().Select(test => test.Levels).ToArray();
        return levels.Length < 2 ? all : [.. all.Where(test => test is not RawLevel), new RawLevel(levels.Aggregate(join))];
    }

    private sealed class AllOf(RawTest[] parts) : RawTest
    {
        public override bool MayMatch(ReadOnlySpan<byte> line)
        {
            foreach (var part in parts)
            {
                if (!part.MayMatch(line))
                {
                    return false;
                }
            }

            return true;
        }

        public override bool TryAnchor(ISet<IAnchor> anchors)
        {
            // One part is enough to find candidates by: the one with the rarest anchors.
            HashSet<IAnchor>? best = null;
            foreach (var part in parts)
            {
                var candidate = new HashSet<IAnchor>();
                if (part.TryAnchor(candidate) && (best is null || IsRarer(candidate, best)))
                {
                    best = candidate;
                }
            }

            anchors.UnionWith(best ?? []);
            return best is not null;
        }

        private static bool IsRarer(HashSet<IAnchor> anchors, HashSet<IAnchor> others)
        {
            var byRarity = LeastRarity(anchors).CompareTo(LeastRarity(others));
            return byRarity != 0 ? byRarity > 0 : anchors.Count < others.Count;
        }
    }

    private static int LeastRarity(HashSet<IAnchor> anchors)
    {
        var least = int.MaxValue;
        foreach (var anchor in anchors)
        {
            least = Math.Min(least, anchor.Rarity);
        }

        return least;
    }

    private sealed class AnyOf(RawTest[] parts) : RawTest
    {
        public override bool MayMatch(ReadOnlySpan<byte> line)
        {
            foreach (var part in parts)
            {
                if (part.MayMatch(line))
                {
                    return true;
                }
            }

            return false;
        }

        public override bool TryAnchor(ISet<IAnchor> anchors) => Array.TrueForAll(parts, part => part.TryAnchor(anchors));
    }
}
