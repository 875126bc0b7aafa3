using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LogWatcher.Logs;

/// <summary>Where lines begin.</summary>
internal static class LineStart
{
    /// <summary>
    /// The beginning of the line that a place is in: behind the last line feed before the place, or 0. By hand, since lines are short
    /// (ARCHITECTURE.md, "Short texts by hand").
    /// </summary>
    public static int Before(ReadOnlySpan<byte> text, int place)
    {
        // Behind this nothing looks at bounds.
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)place, (uint)text.Length);
        var at = place;
        for (; at >= Vector256<byte>.Count; at -= Vector256<byte>.Count)
        {
            var bytes = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(text), (nuint)(at - Vector256<byte>.Count));
            var feeds = Vector256.Equals(bytes, Vector256.Create((byte)'\n')).ExtractMostSignificantBits();
            if (feeds != 0)
            {
                return at - BitOperations.LeadingZeroCount(feeds);
            }
        }

        while (at > 0 && text[at - 1] != '\n')
        {
            at--;
        }

        return at;
    }
}
