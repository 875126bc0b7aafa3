using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LogWatcher.Logs.Filters;

/// <summary>
/// Finds any of several <see cref="ByteMark"/>s in one pass over a buffer, two vectors of places at a time: each half of a byte
/// is looked up in a table that tells, one bit a group of marks, where it fits, and a place is a hit where all halves that are
/// looked at agree on a group. Hits are a first choice only: at some of them no mark stands. Immutable; any number of threads
/// may share one.
/// </summary>
internal sealed class MarkScanner
{
    /// <summary>One for each bit of a byte.</summary>
    private const int GroupsATable = 8;

    /// <summary>With so many marks eight groups would let in too much, and a second set of tables costs less than it saves.</summary>
    private const int MarksForTwo = 2 * GroupsATable;

    /// <summary>How many places are looked at in one step: as many as a number has bits.</summary>
    private const int PlacesAtOnce = 64;

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
    public const int MinPlaces = PlacesAtOnce + 1;

    /// <summary>Writes down the hits in a stretch of a text, in their order, until there is no more room.</summary>
    /// <param name="text">A mark may begin in the stretch and end behind it, or with line feeds behind the text.</param>
    /// <param name="start">Where to begin; moved to the place up to which all hits have been written down.</param>
    /// <param name="end">Where the stretch ends.</param>
    /// <param name="places">Room for at least <see cref="MinPlaces"/>.</param>
    /// <returns>How many there are.</returns>
    public int Find(ReadOnlySpan<byte> text, ref int start, int end, Span<int> places)
    {
        var whole = Math.Min(end, text.Length - PlacesAtOnce - ByteMark.Bytes + 2);
        var at = start;
        var count = Scan(ref MemoryMarshal.GetReference(text), 0, ref at, whole, places, 0);
        if (at >= whole && at < end && places.Length - count >= MinPlaces)
        {
            // The last places are looked at in a copy, behind which the next line would begin: two steps at most, and the end of a mark.
            Span<byte> rest = stackalloc byte[3 * PlacesAtOnce];
            rest.Fill((byte)'\n');
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

    /// <summary>Goes on step by step to a place or behind it, or as far as there is room.</summary>
    /// <param name="first">The byte at the place <paramref name="origin"/>.</param>
    /// <returns>How many places have been written down.</returns>
    private int Scan(ref byte first, int origin, ref int at, int end, Span<int> places, int count) => _hasMore
        ? ScanForMore(ref first, origin, ref at, end, places, count)
        : ScanForFew(ref first, origin, ref at, end, places, count);

    private int ScanForFew(ref byte first, int origin, ref int at, int end, Span<int> places, int count)
    {
        // A copy, which stays in registers for all of the loop: what is written to might be this object, for all that the compiler knows.
        var tables = _tables;
        ref var place = ref MemoryMarshal.GetReference(places);
        var (from, last) = (at, places.Length - MinPlaces);
        for (; from < end && count <= last; from += PlacesAtOnce)
        {
            ref var bytes = ref Unsafe.Add(ref first, from - origin);
            count = Write(Bits(tables.Fit(ref bytes), tables.Fit(ref Unsafe.Add(ref bytes, Vector256<byte>.Count))), from, ref place, count);
        }

        at = from;
        return count;
    }

    private int ScanForMore(ref byte first, int origin, ref int at, int end, Span<int> places, int count)
    {
        var (tables, more) = (_tables, _more);
        ref var place = ref MemoryMarshal.GetReference(places);
        var (from, last) = (at, places.Length - MinPlaces);
        for (; from < end && count <= last; from += PlacesAtOnce)
        {
            ref var bytes = ref Unsafe.Add(ref first, from - origin);
            ref var behind = ref Unsafe.Add(ref bytes, Vector256<byte>.Count);
            var bits = Bits(tables.Fit(ref bytes) | more.Fit(ref bytes), tables.Fit(ref behind) | more.Fit(ref behind));
            count = Write(bits, from, ref place, count);
        }

        at = from;
        return count;
    }

    /// <summary>A bit for each place at which a group fits, the first place's the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(Vector256<byte> fits, Vector256<byte> behind) =>
        ~(Vector256.Equals(fits, Vector256<byte>.Zero).ExtractMostSignificantBits()
            | ((ulong)Vector256.Equals(behind, Vector256<byte>.Zero).ExtractMostSignificantBits() << Vector256<byte>.Count));

    /// <summary>Writes down the places that fit. Whether there is one is not guessed: in some of the steps there is, in others not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Write(ulong bits, int from, ref int place, int count)
    {
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

    /// <summary>
    /// For up to eight groups what their marks' halves are: both of the first and the second byte, and the lower one of the third, whose
    /// upper half says little more.
    /// </summary>
    private readonly struct Tables(List<ByteMark> groups)
    {
        public readonly Vector256<byte> Low1 = Table(groups, mark => mark.First.Low);
        public readonly Vector256<byte> High1 = Table(groups, mark => mark.First.High);
        public readonly Vector256<byte> Low2 = Table(groups, mark => mark.Second.Low);
        public readonly Vector256<byte> High2 = Table(groups, mark => mark.Second.High);
        public readonly Vector256<byte> Low3 = Table(groups, mark => mark.Third.Low);

        /// <summary>The groups that fit at each of the places from here on, a bit each.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<byte> Fit(ref byte from)
        {
            var (first, second) = (Vector256.LoadUnsafe(ref from), Vector256.LoadUnsafe(ref from, 1));
            return LookUp(Low1, LowHalves(first)) & LookUp(High1, HighHalves(first))
                & LookUp(Low2, LowHalves(second)) & LookUp(High2, HighHalves(second))
                & LookUp(Low3, LowHalves(Vector256.LoadUnsafe(ref from, 2)));
        }

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
        private static Vector256<byte> LowHalves(Vector256<byte> bytes) => bytes & Vector256.Create((byte)0xf);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> HighHalves(Vector256<byte> bytes) => LowHalves((bytes.AsUInt16() >> 4).AsByte());

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> LookUp(Vector256<byte> table, Vector256<byte> halves) => Avx2.IsSupported
            ? Avx2.Shuffle(table, halves)
            : Vector256.Create(Vector128.Shuffle(table.GetLower(), halves.GetLower()), Vector128.Shuffle(table.GetUpper(), halves.GetUpper()));
    }
}
