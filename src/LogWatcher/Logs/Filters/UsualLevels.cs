using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace LogWatcher.Logs.Filters;

/// <summary>
/// A quick way past what nearly all lines of a file have, a key <c>level</c> with a usual name as its value: some bytes that
/// are compared at once. In JSON <c>"level":"INFO"</c>, in logfmt <c>level=info</c>; the value in any case. Immutable.
/// </summary>
internal sealed class UsualLevels
{
    /// <summary>The key of nearly all files.</summary>
    private const string Name = "level";

    private readonly Vector128<byte>[] _texts;
    private readonly Vector128<byte>[] _masks;
    private readonly Vector128<byte> _anyCase;
    private readonly int _markAt;
    private readonly byte _markedLetter;

    /// <param name="before">What stands before the key.</param>
    /// <param name="between">What stands between the key and the value.</param>
    /// <param name="behind">What stands behind the value.</param>
    /// <param name="levels">The levels, the commonest first.</param>
    public UsualLevels(string before, string between, string behind, IReadOnlyCollection<LogLevel> levels)
    {
        var key = before + Name + between;
        var mark = LevelKeys.Marks.First(mark => Name.Contains(mark, StringComparison.Ordinal));
        (_markAt, _markedLetter) = (before.Length + Name.IndexOf(mark, StringComparison.Ordinal), (byte)mark[0]);
        Span<byte> bytes = stackalloc byte[Vector128<byte>.Count];

        // The bit that letters differ in by their case; quotes and spaces have it anyway.
        bytes[key.Length..].Fill(AsciiName.CaseBit);
        _anyCase = Vector128.Create<byte>(bytes);
        _texts = new Vector128<byte>[levels.Count];
        _masks = new Vector128<byte>[levels.Count];
        var index = 0;
        foreach (var level in levels)
        {
            bytes.Clear();
            Encoding.ASCII.GetBytes(key + LogLevels.Name(level) + behind, bytes);
            var text = Vector128.Create<byte>(bytes);
            _texts[index] = text | _anyCase;
            _masks[index++] = ~Vector128.Equals(text, Vector128<byte>.Zero);
        }
    }

    /// <summary>Whether one of them stands around a hit, if that is a mark of the key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool StandsAt(ReadOnlySpan<byte> buffer, int hit)
    {
        var start = hit - _markAt;
        if (buffer[hit] != _markedLetter || start < 0 || buffer.Length - start < Vector128<byte>.Count)
        {
            return false;
        }

        var bytes = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(buffer), (nuint)start) | _anyCase;
        for (var index = 0; index < _texts.Length; index++)
        {
            if (((bytes ^ _texts[index]) & _masks[index]) == Vector128<byte>.Zero)
            {
                return true;
            }
        }

        return false;
    }
}
