using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// The keys of the objects read before, by their numbers in them, with what each is known for: a program's lines mostly have the same
/// ones in the same order, and a key that has not changed need not be looked at again. One thread at a time.
/// </summary>
internal sealed class RecentKeys
{
    /// <summary>
    /// The longest key that is kept, in bytes, with its quotes, its colon and the white space behind that: what one
    /// <see cref="Vector256{T}"/> holds, since that is what is read of a text, and compared.
    /// </summary>
    public const int MaxKeyBytes = 32;

    /// <summary>So many keys of an object are kept, from its first: more than most programs write; the others are read as ever.</summary>
    public const int MaxKeys = 24;

    private readonly Key[] _keys = new Key[MaxKeys];

    public RecentKeys()
    {
        Debug.Assert(MaxKeyBytes == Vector256<byte>.Count, "As much is read of a text, whatever is asked about.");
    }

    /// <summary>Whether a text begins with the key that was kept last of that number. Of one shorter than a key may be that is not told.</summary>
    /// <param name="number">The key's in its object, from 0.</param>
    /// <param name="text">From the key's quote on.</param>
    /// <param name="lengthBytes">How long it is, with all that belongs to it.</param>
    /// <param name="nameLength">How long its name is, which stands behind the quote.</param>
    /// <param name="known">What the name is known for.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryMatch(int number, ReadOnlySpan<byte> text, out int lengthBytes, out int nameLength, out KnownNames.Known known)
    {
        if (number < MaxKeys && text.Length >= MaxKeyBytes)
        {
            // Only the key's own bytes are compared. Where none has been kept none are, and anything would fit: its length is 0.
            ref readonly var key = ref _keys[number];
            var bytes = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(text));
            if (key.LengthBytes > 0 && ((bytes ^ key.Bytes) & key.Mask) == Vector256<byte>.Zero)
            {
                (lengthBytes, nameLength, known) = (key.LengthBytes, key.NameLength, key.Known);
                return true;
            }
        }

        (lengthBytes, nameLength, known) = (0, 0, default);
        return false;
    }

    /// <summary>Keeps a key for the next object, if it is one that <see cref="TryMatch"/> looks for.</summary>
    /// <param name="number">The key's in its object, from 0.</param>
    /// <param name="text">From its quote on, to the line's end.</param>
    /// <param name="lengthBytes">How long it is, up to its value.</param>
    /// <param name="nameLength">How long its name is, which stands behind the quote as it is: it has no escapes.</param>
    /// <param name="known">What the name is known for.</param>
    public void Keep(int number, ReadOnlySpan<byte> text, int lengthBytes, int nameLength, in KnownNames.Known known)
    {
        if (number < MaxKeys && lengthBytes <= MaxKeyBytes && text.Length >= MaxKeyBytes)
        {
            var bytes = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(text));
            var mask = Vector256.LessThan(Vector256<byte>.Indices, Vector256.Create((byte)lengthBytes));
            _keys[number] = new Key(bytes, mask, lengthBytes, nameLength, known);
        }
    }

    private readonly record struct Key(
        Vector256<byte> Bytes, Vector256<byte> Mask, int LengthBytes, int NameLength, KnownNames.Known Known);
}
