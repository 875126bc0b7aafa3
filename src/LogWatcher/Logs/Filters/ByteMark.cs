using System.Numerics;

namespace LogWatcher.Logs.Filters;

/// <summary>
/// Three bytes in a row, each one of a set: a landmark that <see cref="MarkScanner"/> finds in a buffer. A set is kept as
/// the halves of its bytes (which low and which high four bits occur), so it may let in some more bytes than were named; and of the
/// third byte the scanner looks at the lower half alone.
/// </summary>
/// <remarks>A class, as are all elements of lists here: where the JIT compiles, it would compile lists of our own structs at every start.</remarks>
internal sealed class ByteMark(ByteMark.Set first, ByteMark.Set second, ByteMark.Set third)
{
    /// <summary>How many bytes a mark looks at.</summary>
    public const int Bytes = 3;

    public Set First => first;

    public Set Second => second;

    public Set Third => third;

    /// <summary>A guess at how many places it stands at: the number of triples that it lets in.</summary>
    public long Breadth => first.Breadth * second.Breadth * BitOperations.PopCount((uint)third.Low);

    /// <summary>Characters of ASCII, up to three, letters in either case; behind them anything.</summary>
    public static ByteMark Of(string text) => new(
        Set.Of(text[..1]),
        text.Length > 1 ? Set.Of(text[1..2]) : Set.Any,
        text.Length > 2 ? Set.Of(text[2..3]) : Set.Any);

    /// <summary>A mark that stands wherever this or the other does.</summary>
    public ByteMark With(ByteMark other) => new(first.With(other.First), second.With(other.Second), third.With(other.Third));

    /// <summary>Bytes, by the low and the high four bits that they have.</summary>
    internal sealed class Set(int low, int high)
    {
        private const int AllHalves = 0xffff;

        public static Set Any { get; } = new(AllHalves, AllHalves);

        public static Set Digits { get; } = Of("0123456789");

        /// <summary>All bytes but ASCII letters, digits, <c>@</c> and <c>`</c>: three sets, as halves can't tell them in one.</summary>
        public static IReadOnlyList<Set> Delimiters { get; } =
            [new(AllHalves, 0xff07), new(0xfc00, 1 << 3), new(0xf800, (1 << 5) | (1 << 7))];

        public int Low => low;

        public int High => high;

        public long Breadth => (long)BitOperations.PopCount((uint)low) * BitOperations.PopCount((uint)high);

        /// <summary>Characters of ASCII, letters in either case.</summary>
        public static Set Of(string characters)
        {
            var (low, high) = (0, 0);
            foreach (var character in characters)
            {
                low |= 1 << (character & 0xf);
                high |= (1 << (character >> 4)) | (char.IsAsciiLetter(character) ? 1 << ((character ^ 0x20) >> 4) : 0);
            }

            return new Set(low, high);
        }

        /// <summary>A capital letter of ASCII alone.</summary>
        public static Set OfCapital(char letter) => new(1 << (letter & 0xf), 1 << (char.ToUpperInvariant(letter) >> 4));

        /// <summary>All bytes but one: two sets, as halves can't tell them in one.</summary>
        public static IReadOnlyList<Set> AllBut(char character) =>
            [new(AllHalves & ~(1 << (character & 0xf)), AllHalves), new(AllHalves, AllHalves & ~(1 << (character >> 4)))];

        public Set With(Set other) => new(low | other.Low, high | other.High);
    }
}
