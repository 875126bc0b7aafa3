using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using LogWatcher.Logs.Formats;

namespace LogWatcher.Logs.Filters;

/// <summary>The keys that have a level behind them, as they stand in a line: of a nested name only the last of its parts do.</summary>
internal static class LevelKeys
{
    /// <summary>As long as the longest name may be.</summary>
    private const int MaxKeyBytes = KnownNames.MaxNameBytes;

    /// <summary>MongoDB's key, to be looked for with what must stand around a key.</summary>
    public const string Letter = "s";

    private static readonly string[] Keys = [.. KnownNames.OfLevels.SelectMany(Endings).Distinct()];

    private static readonly byte[][][] ByLength = Index();

    /// <summary>
    /// Pieces of up to three characters, of which one stands in every such key but <see cref="Letter"/>, which would be everywhere.
    /// </summary>
    public static IReadOnlyList<string> Marks { get; } = ChooseMarks();

    // The bytes of each mark as a number, the first lowest, with a letter's bit of the case set in each.
    private static readonly int[] LowerMarks = Array.ConvertAll([.. Marks, Letter + "="], LowerBytes);

    /// <summary>What <see cref="IsMarked"/> finds begins with one of these: a bit for each, by the last five of the byte's.</summary>
    public static uint FirstLetters { get; } = LowerMarks.Aggregate(0U, (letters, mark) => letters | (1U << (mark & 0x1f)));

    /// <summary>Whether one of the <see cref="Marks"/> stands here, any case, or <see cref="Letter"/> as a key of logfmt.</summary>
    public static bool IsMarked(ReadOnlySpan<byte> text)
    {
        if (text.Length < 3)
        {
            // Whoever asks must look closer.
            return true;
        }

        // That some other bytes are taken for letters costs a closer look.
        var lower = (text[0] | (text[1] << 8) | (text[2] << 16)) | 0x20_20_20;
        foreach (var mark in LowerMarks)
        {
            if (mark == lower || mark == (lower & 0xffff))
            {
                return true;
            }
        }

        return false;
    }

    private static int LowerBytes(string mark)
    {
        Debug.Assert(mark.Length is 2 or 3, "A single byte would stand everywhere.");
        var bytes = 0;
        for (var at = mark.Length - 1; at >= 0; at--)
        {
            bytes = (bytes << 8) | mark[at] | 0x20;
        }

        return bytes;
    }

    /// <summary>Whether a key, any case, may have a level behind it.</summary>
    public static bool Contains(ReadOnlySpan<byte> key)
    {
        if (key.Length >= ByLength.Length)
        {
            return false;
        }

        foreach (var known in ByLength[key.Length])
        {
            if (AsciiName.Is(key, known))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What keys are made of: from any place in one of them, such bytes lead to its ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsKeyByte(byte value) => char.IsAsciiLetter((char)value) || value is (byte)'_' or (byte)'.' or (byte)'@';

    /// <summary><c>log.level</c> may stand in a line whole or as the key <c>level</c> in an object.</summary>
    private static IEnumerable<string> Endings(string name)
    {
        for (var start = 0; start >= 0; start = name.IndexOf('.', start) is >= 0 and var dot ? dot + 1 : -1)
        {
            yield return name[start..];
        }
    }

    private static byte[][][] Index()
    {
        var lists = new byte[MaxKeyBytes + 1][][];
        for (var length = 0; length < lists.Length; length++)
        {
            lists[length] = [.. Keys.Where(key => key.Length == length).Select(Encoding.ASCII.GetBytes)];
        }

        return lists;
    }

    /// <summary>As few as there need be: always the three characters that stand in the most of the keys that are left.</summary>
    private static List<string> ChooseMarks()
    {
        var left = Keys.Where(key => key != Letter).ToList();
        var marks = new List<string>();
        while (left.Count > 0)
        {
            var (best, most) = ("", 0);
            foreach (var piece in left.SelectMany(Pieces))
            {
                var count = left.Count(key => key.Contains(piece, StringComparison.Ordinal));
                (best, most) = count > most ? (piece, count) : (best, most);
            }

            marks.Add(best);
            left.RemoveAll(key => key.Contains(best, StringComparison.Ordinal));
        }

        return marks;
    }

    private static IEnumerable<string> Pieces(string key)
    {
        for (var start = 0; start == 0 || start + 3 <= key.Length; start++)
        {
            yield return key[start..Math.Min(start + 3, key.Length)];
        }
    }
}
