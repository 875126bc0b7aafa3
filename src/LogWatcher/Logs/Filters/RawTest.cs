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
    /// Adds needles of which at least one stands in every line that <see cref="MayMatch"/> accepts.
    /// False if there are none such.
    /// </summary>
    public abstract bool TryAnchor(ISet<Needle> anchors);

    /// <summary>A test of the whole from those of parts that must all hold; null is a part that requires nothing.</summary>
    public static RawTest? All(IEnumerable<RawTest?> parts)
    {
        var required = parts.OfType<RawTest>().ToArray();
        return required.Length switch { 0 => null, 1 => required[0], _ => new AllOf(required) };
    }

    /// <summary>The same where one part is enough: a part that requires nothing leaves nothing to require.</summary>
    public static RawTest? Any(IReadOnlyCollection<RawTest?> parts) =>
        parts.Contains(null) || parts.Count == 0 ? null
        : parts.Count == 1 ? parts.First()
        : new AnyOf(parts.OfType<RawTest>().ToArray());

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

        public override bool TryAnchor(ISet<Needle> anchors)
        {
            // One part is enough to find candidates by: the one with the longest needles, which are the rarest.
            HashSet<Needle>? best = null;
            foreach (var part in parts)
            {
                var candidate = new HashSet<Needle>();
                if (part.TryAnchor(candidate) && (best is null || IsRarer(candidate, best)))
                {
                    best = candidate;
                }
            }

            anchors.UnionWith(best ?? []);
            return best is not null;
        }

        private static bool IsRarer(HashSet<Needle> needles, HashSet<Needle> others)
        {
            var byLength = needles.Min(needle => needle.Length).CompareTo(others.Min(needle => needle.Length));
            return byLength != 0 ? byLength > 0 : needles.Count < others.Count;
        }
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

        public override bool TryAnchor(ISet<Needle> anchors) => Array.TrueForAll(parts, part => part.TryAnchor(anchors));
    }
}
