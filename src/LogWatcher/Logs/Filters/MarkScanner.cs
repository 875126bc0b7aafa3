using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LogWatcher.Logs.Filters;

/// <summary>
/// Finds any of several <see cref="ByteMark"/>s in one pass over a buffer, a vector of places at a time: each half of a byte
/// is looked up in a table that tells, one bit a group of marks, where it fits, and a place is a hit where all six halves
/// agree on a group. Hits are a first choice only: at some of them no mark stands. Immutable; any number of threads may
/// share one.
/// </summary>
internal sealed class MarkScanner
{
    /// <summary>One for each bit of a byte.</summary>
    private const int GroupsATable = 8;

    /// <summary>With so many marks eight groups would let in too much, and a second set of tables costs less than it saves.</summary>
    private const int MarksForTwo = 32;

    private readonly Tables _tables;
    private readonly Tables _more;
    private readonly bool _hasMore;

    /// <param name="marks">What to find; several may become one that stands at more places.</param>
    /// <param name="apart">Marks that stay as they are: what is left out of these stands everywhere.</param>
    public MarkScanner(IEnumerable<ByteMark> marks, IReadOnlyCollection<ByteMark> apart)
    {
        var groups = marks.ToList();
        _hasMore = groups.Count >= MarksForTwo;
        while (groups.Count + apart.Count > (_hasMore ? 2 * GroupsATable : GroupsATable))
        {
            MergeNearest(groups);
        }

        groups.AddRange(apart);
        _tables = new Tables(groups[..Math.Min(groups.Count, GroupsATable)]);
        _more = new Tables(groups[Math.Min(groups.Count, GroupsATable)..]);
    }

    /// <summary>How many places <see cref="Find"/> must have room for, at the least.</summary>
    public static int MinPlaces => Vector256<byte>.Count + 1;

    /// <summary>Writes down the hits in a stretch of a text, in their order, until there is no more room.</summary>
    /// <param name="text">A mark may begin in the stretch and end behind it, or with zeros behind the text.</param>
    /// <param name="start">Where to begin; moved to the place up to which all hits have been written down.</param>
    /// <param name="end">Where the stretch ends.</param>
    /// <param name="places">Room for at least <see cref="MinPlaces"/>.</param>
    /// <returns>How many there are.</returns>
    public int Find(ReadOnlySpan<byte> text, ref int start, int end, Span<int> places) =>
        _hasMore ? Find(text, ref start, end, places, hasMore: true) : Find(text, ref start, end, places, hasMore: false);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Find(ReadOnlySpan<byte> text, ref int start, int end, Span<int> places, [ConstantExpected] bool hasMore)
    {
        ref var first = ref MemoryMarshal.GetReference(text);
        ref var place = ref MemoryMarshal.GetReference(places);
        var count = 0;
        var at = start;

        // In registers for all of the loop: what is written to might be this object, for all that the compiler knows.
        var tables = _tables;
        var more = _more;

        // The last vector's places are looked at in a copy with zeros behind it.
        Span<byte> last = stackalloc byte[Vector256<byte>.Count + 2];
        for (; at < end && count < places.Length - Vector256<byte>.Count; at += Vector256<byte>.Count)
        {
            scoped ref var from = ref Unsafe.Add(ref first, at);
            if (at >= text.Length - Vector256<byte>.Count - 1)
            {
                last.Clear();
                text[at..Math.Min(text.Length, at + last.Length)].CopyTo(last);
                from = ref last[0];
            }

            // Mostly there is none or one, and nobody can predict which: both go the same way, without a branch.
            var fits = tables.Fit(ref from);
            if (hasMore)
            {
                fits |= more.Fit(ref from);
            }

            var bits = ~Vector256.Equals(fits, Vector256<byte>.Zero).ExtractMostSignificantBits();
            do
            {
                Unsafe.Add(ref place, count) = at + BitOperations.TrailingZeroCount(bits);
                count += bits == 0 ? 0 : 1;
                bits &= bits - 1;
            }
            while (bits != 0);
        }

        start = Math.Min(at, end);
        while (count > 0 && places[count - 1] >= end)
        {
            count--;
        }

        return count;
    }

    /// <summary>Puts the two groups into one that let in the least more by it.</summary>
    private static void MergeNearest(List<ByteMark> groups)
    {
        var (nearest, other, least) = (0, 1, long.MaxValue);
        for (var a = 0; a < groups.Count; a++)
        {
            for (var b = a + 1; b < groups.Count; b++)
            {
                var more = groups[a].With(groups[b]).Breadth - groups[a].Breadth - groups[b].Breadth;
                (nearest, other, least) = more < least ? (a, b, more) : (nearest, other, least);
            }
        }

        groups[nearest] = groups[nearest].With(groups[other]);
        groups.RemoveAt(other);
    }

    /// <summary>For up to eight groups what their marks' halves are: those of the first, the second and the third byte.</summary>
    private readonly struct Tables(List<ByteMark> groups)
    {
        private readonly Vector256<byte> _low1 = Table(groups, mark => mark.First.Low);
        private readonly Vector256<byte> _high1 = Table(groups, mark => mark.First.High);
        private readonly Vector256<byte> _low2 = Table(groups, mark => mark.Second.Low);
        private readonly Vector256<byte> _high2 = Table(groups, mark => mark.Second.High);
        private readonly Vector256<byte> _low3 = Table(groups, mark => mark.Third.Low);
        private readonly Vector256<byte> _high3 = Table(groups, mark => mark.Third.High);

        /// <summary>The groups that fit at each of the places from here on, a bit each.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<byte> Fit(ref byte from) =>
            LookUp(_low1, _high1, Vector256.LoadUnsafe(ref from))
            & LookUp(_low2, _high2, Vector256.LoadUnsafe(ref from, 1))
            & LookUp(_low3, _high3, Vector256.LoadUnsafe(ref from, 2));

        /// <summary>For each half a byte of which the bits are the groups that it fits, the same in both halves of the vector.</summary>
        private static Vector256<byte> Table(List<ByteMark> groups, Func<ByteMark, int> halves)
        {
            Span<byte> table = stackalloc byte[Vector256<byte>.Count];
            for (var half = 0; half < table.Length; half++)
            {
                for (var group = 0; group < groups.Count; group++)
                {
                    table[half] |= (byte)((halves(groups[group]) >> (half & 0xf) & 1) << group);
                }
            }

            return Vector256.Create<byte>(table);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> LookUp(Vector256<byte> low, Vector256<byte> high, Vector256<byte> bytes)
        {
            var half = Vector256.Create((byte)0xf);
            var lows = bytes & half;
            var highs = (bytes.AsUInt16() >> 4).AsByte() & half;
            return Avx2.IsSupported
                ? Avx2.Shuffle(low, lows) & Avx2.Shuffle(high, highs)
                : Vector256.Create(
                    Vector128.Shuffle(low.GetLower(), lows.GetLower()) & Vector128.Shuffle(high.GetLower(), highs.GetLower()),
                    Vector128.Shuffle(low.GetUpper(), lows.GetUpper()) & Vector128.Shuffle(high.GetUpper(), highs.GetUpper()));
        }
    }
}
