using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// A hash of bytes that is the same on every machine and in every run, for telling contents apart: it stands in cursors, which
/// outlive the process. Not for anything that an attacker chooses.
/// </summary>
internal static class ContentHash
{
    private const ulong Factor = 0x9E3779B97F4A7C15;

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = (ulong)bytes.Length * Factor;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        Span<byte> rest = stackalloc byte[sizeof(ulong)];
        rest.Clear();
        bytes.CopyTo(rest);
        return Mix(Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(rest)));
    }

    /// <summary>Every bit of the input comes to bear on every bit of the result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 32)) * Factor;
        value = (value ^ (value >> 29)) * 0xBF58476D1CE4E5B9;
        return value ^ (value >> 32);
    }
}
