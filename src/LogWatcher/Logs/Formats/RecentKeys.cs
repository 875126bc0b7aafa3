using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// The keys of the object read last, by their places in it, with what each is known for: a program's lines mostly have the same
/// ones in the same order, and a key that has not changed need not be looked at again. One thread at a time.
/// </summary>
internal sealed class RecentKeys
{
    /// <summary>The longest key that is kept, in bytes, with its quotes, its colon and the white space behind that.</summary>
    public const int MaxKeyBytes = 32;

    /// <summary>So many keys of an object are kept, from its first.</summary>
    public const int MaxKeys = 24;

    private readonly Key[] _keys = new Key[MaxKeys];

    /// <summary>Whether a text begins with the key that was read last at a place.</summary>
    /// <param name="place">The key's number in its object, from 0.</param>
    /// <param name="text">From the key's quote on.</param>
    /// <param name="taken">How long it is, with all that belongs to it.</param>
    /// <param name="nameLength">How long its name is, which stands behind the quote.</param>
    /// <param name="known">What the name is known for.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(int place, ReadOnlySpan<byte> text, out int taken, out int nameLength, out KnownNames.Known known)
    {
        if (place >= MaxKeys || text.Length < MaxKeyBytes)
        {
            (taken, nameLength, known) = (0, 0, default);
            return false;
        }

        // What differs behind the key's end is no difference; an empty place has a mask that lets nothing pass.
        ref readonly var key = ref _keys[place];
        var bytes = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(text));
        (taken, nameLength, known) = (key.Taken, key.NameLength, key.Known);
        return key.Taken > 0 && ((bytes ^ key.Bytes) & key.Mask) == Vector256<byte>.Zero;
    }

    /// <summary>Keeps a key for the next object; one that is too long, or too far behind, is not kept.</summary>
    /// <param name="place">The key's number in its object, from 0.</param>
    /// <param name="text">From its quote on up to its value.</param>
    /// <param name="nameLength">How long its name is, which stands behind the quote as it is: it has no escapes.</param>
    /// <param name="known">What the name is known for.</param>
    public void Keep(int place, ReadOnlySpan<byte> text, int nameLength, in KnownNames.Known known)
    {
        if (place >= MaxKeys || text.Length > MaxKeyBytes)
        {
            return;
        }

        Span<byte> bytes = stackalloc byte[MaxKeyBytes];
        Span<byte> mask = stackalloc byte[MaxKeyBytes];
        bytes.Clear();
        mask.Clear();
        text.CopyTo(bytes);
        mask[..text.Length].Fill(byte.MaxValue);
        _keys[place] = new Key(Vector256.Create<byte>(bytes), Vector256.Create<byte>(mask), text.Length, nameLength, known);
    }

    private readonly record struct Key(
        Vector256<byte> Bytes, Vector256<byte> Mask, int Taken, int NameLength, KnownNames.Known Known);
}
