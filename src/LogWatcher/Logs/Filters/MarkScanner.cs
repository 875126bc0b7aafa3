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
    public int Find(ReadOnlySpan<byte> text, ref int start, int end, Span<int> places)
    {
        var whole = Math.Min(end, text.Length - Vector256<byte>.Count - ByteMark.Bytes + 2);
        var at = start;
        var count = Scan(ref MemoryMarshal.GetReference(text), 0, ref at, whole, places, 0);
        if (at >= whole && at < end && places.Length - count >= MinPlaces)
        {
            // The last places are looked at in a copy with zeros behind it.
            Span<byte> rest = stackalloc byte[3 * Vector256<byte>.Count];
            rest.Clear();
            text[at..].CopyTo(rest);
            count = Scan(ref MemoryMarshal.GetReference(rest), at, ref at, end, places, count);
        }

        start = Math.Min(at, end);
        while (count > 0 && places[count - 1] >= end)
        {
            count--;
        }

        return count;
    }

    /// <summary>Goes on vector by vector to a place or behind it, or as far as there is room.</summary>
    /// <param name="first">The byte at the place <paramref name="origin"/>.</param>
    /// <returns>How many places have been written down.</returns>
    private int Scan(ref byte first, int origin, ref int at, int end, Span<int> places, int count) => _hasMore
        ? ScanForMore(ref first, origin, ref at, end, places, count)
        : ScanForFew(ref first, origin, ref at, end, places, count);

    private int ScanForFew(ref byte first, int origin, ref int at, int end, Span<int> places, int count)
    {
        // Each in a register for all of the loop, which there are enough of for these.
        var (low1, high1, low2, high2, low3, high3) =
            (_tables.Low1, _tables.High1, _tables.Low2, _tables.High2, _tables.Low3, _tables.High3);
        ref var place = ref MemoryMarshal.GetReference(places);
        var from = at;
        for (; from < end && places.Length - count >= MinPlaces; from += Vector256<byte>.Count)
        {
            ref var bytes = ref Unsafe.Add(ref first, from - origin);
            var fits = Tables.LookUp(low1, high1, Vector256.LoadUnsafe(ref bytes))
                & Tables.LookUp(low2, high2, Vector256.LoadUnsafe(ref bytes, 1))
                & Tables.LookUp(low3, high3, Vector256.LoadUnsafe(ref bytes, 2));
            count = Write(fits, from, ref place, count);
        }

        at = from;
        return count;
    }

    private int ScanForMore(ref byte first, int origin, ref int at, int end, Span<int> places, int count)
    {
        // Copies, as what is written to might be this object, for all that the compiler knows.
        var (tables, more) = (_tables, _more);
        ref var place = ref MemoryMarshal.GetReference(places);
        var from = at;
        for (; from < end && places.Length - count >= MinPlaces; from += Vector256<byte>.Count)
        {
            ref var bytes = ref Unsafe.Add(ref first, from - origin);
            var fits = tables.Fit(ref bytes) | more.Fit(ref bytes);
            count = Write(fits, from, ref place, count);
        }

        at = from;
        return count;
    }

    /// <summary>Writes down the places that fit. Whether there is one is not guessed: in some of the vectors there is, in others not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Write(Vector256<byte> fits, int from, ref int place, int count)
    {
        var bits = ~Vector256.Equals(fits, Vector256<byte>.Zero).ExtractMostSignificantBits();
        Unsafe.Add(ref place, count) = from + BitOperations.TrailingZeroCount(bits);
        count += bits != 0 ? 1 : 0;
        for (bits &= bits - 1; bits != 0; bits &= bits - 1)
        {
            Unsafe.Add(ref place, count++) = from + BitOperations.TrailingZeroCount(bits);
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
        public readonly Vector256<byte> Low1 = Table(groups, mark => mark.First.Low);
        public readonly Vector256<byte> High1 = Table(groups, mark => mark.First.High);
        public readonly Vector256<byte> Low2 = Table(groups, mark => mark.Second.Low);
        public readonly Vector256<byte> High2 = Table(groups, mark => mark.Second.High);
        public readonly Vector256<byte> Low3 = Table(groups, mark => mark.Third.Low);
        public readonly Vector256<byte> High3 = Table(groups, mark => mark.Third.High);

        /// <summary>The groups that fit at each of the places from here on, a bit each.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<byte> Fit(ref byte from) =>
            LookUp(Low1, High1, Vector256.LoadUnsafe(ref from))
            & LookUp(Low2, High2, Vector256.LoadUnsafe(ref from, 1))
            & LookUp(Low3, High3, Vector256.LoadUnsafe(ref from, 2));

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
        public static Vector256<byte> LookUp(Vector256<byte> low, Vector256<byte> high, Vector256<byte> bytes)
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
