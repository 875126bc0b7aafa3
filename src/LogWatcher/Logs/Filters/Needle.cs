using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace LogWatcher.Logs.Filters;

/// <summary>
/// Finds bytes in other bytes, ASCII letters in either case. Compares the two rarest bytes of the needle for a whole
/// vector of places at once; only where both stand is the rest looked at. Immutable, so any number of threads may share one.
/// </summary>
internal sealed class Needle : IAnchor
{
    /// <summary>
    /// Bytes of logs from the commonest on, upper case with lower; a byte that isn't here is rarer than those that are.
    /// A wrong order costs speed only.
    /// </summary>
    private static ReadOnlySpan<byte> Commonest => " e0ta1ois2nr\"-:lc.d/3456789m,upgh=fby_tzvk[]()wx@{}jq"u8;

    // Each byte as it looks with the mask of its place put over it: 0x20 makes a letter lower case, 0 leaves a byte alone.
    private readonly byte[] _folded;
    private readonly byte[] _mask;
    private readonly int _rarest;
    private readonly int _nextRarest;

    /// <param name="text">Not empty. Other bytes than ASCII letters are found only as they are.</param>
    public Needle(ReadOnlySpan<byte> text)
    {
        ArgumentOutOfRangeException.ThrowIfZero(text.Length);
        _folded = new byte[text.Length];
        _mask = new byte[text.Length];
        for (var index = 0; index < text.Length; index++)
        {
            _mask[index] = char.IsAsciiLetter((char)text[index]) ? (byte)0x20 : (byte)0;
            _folded[index] = (byte)(text[index] | _mask[index]);
        }

        for (var index = 1; index < text.Length; index++)
        {
            if (RarityOf(_folded[index]) > RarityOf(_folded[_rarest]))
            {
                _nextRarest = _rarest;
                _rarest = index;
            }
            else if (_nextRarest == _rarest || RarityOf(_folded[index]) > RarityOf(_folded[_nextRarest]))
            {
                _nextRarest = index;
            }
        }
    }

    public int Rarity => _folded.Length;

    public bool IsIn(ReadOnlySpan<byte> text) => IndexIn(text) >= 0;

    public int IndexIn(ReadOnlySpan<byte> buffer, int start, int end)
    {
        var found = IndexIn(buffer[start..(int)Math.Min(buffer.Length, end + (long)_folded.Length - 1)]);
        return found < 0 ? -1 : start + found;
    }

    /// <returns>Where it first begins in <paramref name="text"/>, or -1.</returns>
    public int IndexIn(ReadOnlySpan<byte> text)
    {
        var places = text.Length - _folded.Length + 1;
        if (places <= 0)
        {
            return -1;
        }

        if (Vector256.IsHardwareAccelerated && places >= Vector256<byte>.Count)
        {
            return IndexByVector256(text, places);
        }

        if (Vector128.IsHardwareAccelerated && places >= Vector128<byte>.Count)
        {
            return IndexByVector128(text, places);
        }

        for (var place = 0; place < places; place++)
        {
            if ((text[place + _rarest] | _mask[_rarest]) == _folded[_rarest] && StandsAt(text[place..]))
            {
                return place;
            }
        }

        return -1;
    }

    public override string ToString() => Encoding.UTF8.GetString(_folded);

    private static int RarityOf(byte folded)
    {
        var rank = Commonest.IndexOf(folded);
        return rank < 0 ? Commonest.Length : rank;
    }

    private int IndexByVector256(ReadOnlySpan<byte> text, int places)
    {
        ref var first = ref MemoryMarshal.GetReference(text);
        var (rarest, rarestMask) = (Vector256.Create(_folded[_rarest]), Vector256.Create(_mask[_rarest]));
        var (next, nextMask) = (Vector256.Create(_folded[_nextRarest]), Vector256.Create(_mask[_nextRarest]));
        for (var place = 0; place < places; place += Vector256<byte>.Count)
        {
            // The last vector is moved back to end at the last place; what it sees again didn't match before.
            place = Math.Min(place, places - Vector256<byte>.Count);
            var hits = Vector256.Equals(Vector256.LoadUnsafe(ref first, (nuint)(place + _rarest)) | rarestMask, rarest)
                & Vector256.Equals(Vector256.LoadUnsafe(ref first, (nuint)(place + _nextRarest)) | nextMask, next);
            for (var bits = hits.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
            {
                var hit = place + BitOperations.TrailingZeroCount(bits);
                if (StandsAt(text[hit..]))
                {
                    return hit;
                }
            }
        }

        return -1;
    }

    private int IndexByVector128(ReadOnlySpan<byte> text, int places)
    {
        ref var first = ref MemoryMarshal.GetReference(text);
        var (rarest, rarestMask) = (Vector128.Create(_folded[_rarest]), Vector128.Create(_mask[_rarest]));
        var (next, nextMask) = (Vector128.Create(_folded[_nextRarest]), Vector128.Create(_mask[_nextRarest]));
        for (var place = 0; place < places; place += Vector128<byte>.Count)
        {
            place = Math.Min(place, places - Vector128<byte>.Count);
            var hits = Vector128.Equals(Vector128.LoadUnsafe(ref first, (nuint)(place + _rarest)) | rarestMask, rarest)
                & Vector128.Equals(Vector128.LoadUnsafe(ref first, (nuint)(place + _nextRarest)) | nextMask, next);
            for (var bits = hits.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
            {
                var hit = place + BitOperations.TrailingZeroCount(bits);
                if (StandsAt(text[hit..]))
                {
                    return hit;
                }
            }
        }

        return -1;
    }

    private bool StandsAt(ReadOnlySpan<byte> text)
    {
        var index = 0;
        for (; index <= _folded.Length - Vector128<byte>.Count; index += Vector128<byte>.Count)
        {
            var bytes = Vector128.Create(text.Slice(index, Vector128<byte>.Count));
            if ((bytes | Vector128.Create(_mask, index)) != Vector128.Create(_folded, index))
            {
                return false;
            }
        }

        for (; index < _folded.Length; index++)
        {
            if ((text[index] | _mask[index]) != _folded[index])
            {
                return false;
            }
        }

        return true;
    }
}
