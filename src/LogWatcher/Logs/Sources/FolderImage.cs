using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using LogWatcher.Logs.Reading;
using Microsoft.Win32.SafeHandles;

namespace LogWatcher.Logs.Sources;

/// <summary>
/// The names in a folder at one moment, each with the number of its file. A folder that is listed as usual may be renamed in while that
/// goes on; but while the system answers one question for its names, it lets nobody change them, and it tells the numbers with them.
/// </summary>
internal static partial class FolderImage
{
    /// <summary>Room for a thousand names, as a rule.</summary>
    private const int FirstBytes = 64 * 1024;

    /// <summary>What does not fit has more names than are looked at for siblings.</summary>
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>No name takes more: 255 bytes, and what stands before it.</summary>
    private const int MaxEntryBytes = 280;

    private const int NameOffset = 19;
    private const byte KindUnknown = 0;
    private const byte KindRegular = 8;
    private const byte KindLink = 10;

    /// <summary>A name in a folder.</summary>
    /// <param name="Path">The folder's path as it was given, and the name.</param>
    /// <param name="Inode">The number of its file; 0: a link, or a file system that does not tell what it is.</param>
    public readonly record struct Entry(string Path, ulong Inode);

    /// <summary>Takes the names of regular files and links; null where the system cannot give all at once, or the folder cannot be read.</summary>
    /// <param name="folder">With the slash at its end; empty for the current one.</param>
    public static List<Entry>? TryTake(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        for (var size = FirstBytes; size <= MaxBytes; size *= 4)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                var length = Read(folder, buffer);
                if (length < 0)
                {
                    return null;
                }

                if (length <= buffer.Length - MaxEntryBytes)
                {
                    return Parse(folder, buffer.AsSpan(0, length));
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        return null;
    }

    /// <summary>The folder of a path, as <see cref="TryTake"/> wants it: nothing in it is put straight.</summary>
    public static string FolderOf(string path) => path[..(path.LastIndexOf('/') + 1)];

    /// <summary>How many bytes of names the system gives at once; -1 if it cannot, or has more to give without having filled the buffer.</summary>
    private static int Read(string folder, byte[] buffer)
    {
        try
        {
            using var handle = FileOpener.TryOpen(folder.Length == 0 ? "." : folder);
            if (handle is null)
            {
                return -1;
            }

            var length = GetNames(handle, buffer, (nuint)buffer.Length);
            return length < 0 || (length <= buffer.Length - MaxEntryBytes && GetNames(handle, buffer.AsSpan((int)length), MaxEntryBytes) != 0)
                ? -1
                : (int)length;
        }
        catch (EntryPointNotFoundException)
        {
            return -1;
        }
    }

    private static List<Entry> Parse(string folder, ReadOnlySpan<byte> bytes)
    {
        var entries = new List<Entry>();
        while (bytes.Length > NameOffset)
        {
            // struct linux_dirent64: number, place, length of the entry, kind, name.
            var inode = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]);
            var kind = bytes[18];
            var name = bytes[NameOffset..length];
            if (kind is KindRegular or KindLink or KindUnknown)
            {
                entries.Add(new Entry(folder + Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]), kind == KindRegular ? inode : 0));
            }

            bytes = bytes[length..];
        }

        return entries;
    }

    [LibraryImport("libc", EntryPoint = "getdents64")]
    private static partial nint GetNames(SafeFileHandle folder, Span<byte> buffer, nuint size);
}
