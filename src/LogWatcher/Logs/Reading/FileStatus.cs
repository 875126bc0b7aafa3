using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LogWatcher.Logs.Reading;

/// <summary>Which file it is, whatever its name: the same after a rename, another after a replacement.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode);

/// <summary>What the file system says of a file, links followed.</summary>
/// <param name="Identity">Device and inode; where the system tells none, stands in for it the time of creation.</param>
/// <param name="IsRegular">A plain file: no folder, pipe, socket or device.</param>
/// <param name="IsFolder">A folder.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Changed">When its content changed last, in 100 ns since 1970, UTC.</param>
/// <param name="Moved">When its name, or anything else about it, changed last; the same unit.</param>
/// <param name="Born">When it was made; 0 where the file system doesn't keep that.</param>
/// <param name="IsDeleted">It has no name any more.</param>
internal readonly partial record struct FileStatus(
    FileIdentity Identity, bool IsRegular, bool IsFolder, long Length, long Changed, long Moved, long Born, bool IsDeleted)
{
    private const int CurrentFolder = -100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStatsAndBirth = 0xfff;
    private const uint BirthTime = 0x800;
    private const int TypeMask = 0xf000;
    private const int TypeFolder = 0x4000;
    private const int TypeRegular = 0x8000;

    /// <summary>
    /// When what the file holds was begun, as far as that can be told: a compressed one has the time of what it was made of as
    /// that of its last change. In 100 ns since 1970.
    /// </summary>
    /// <param name="path">Its path.</param>
    public long BegunAt(string path) => Born == 0 || LogFile.IsCompressedName(path) ? Changed : Born;

    /// <summary>Of what a path leads to; false when nothing is there, or nothing that we may look at.</summary>
    public static bool TryGet(string path, out FileStatus status)
    {
        if (OperatingSystem.IsLinux())
        {
            return From(Statx(CurrentFolder, path, 0, BasicStatsAndBirth, out var buffer), buffer, out status);
        }

        return TryGetPortably(path, out status);
    }

    /// <summary>Of an open file.</summary>
    public static bool TryGet(SafeFileHandle handle, string path, out FileStatus status)
    {
        if (!OperatingSystem.IsLinux())
        {
            return TryGetPortably(path, out status);
        }

        var added = false;
        try
        {
            handle.DangerousAddRef(ref added);
            return From(Statx((int)handle.DangerousGetHandle(), "", EmptyPath, BasicStatsAndBirth, out var buffer), buffer, out status);
        }
        finally
        {
            if (added)
            {
                handle.DangerousRelease();
            }
        }
    }

    private static bool From(int result, in StatxBuffer buffer, out FileStatus status)
    {
        var device = ((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor;
        var type = buffer.Mode & TypeMask;
        status = new(
            new(device, buffer.Inode),
            type == TypeRegular,
            type == TypeFolder,
            (long)buffer.Size,
            buffer.Modified.Ticks,
            buffer.Changed.Ticks,
            (buffer.Mask & BirthTime) != 0 ? buffer.Born.Ticks : 0,
            buffer.Links == 0);
        return result == 0;
    }

    private static bool TryGetPortably(string path, out FileStatus status)
    {
        var file = new FileInfo(path);
        if (file.Exists)
        {
            var identity = new FileIdentity(0, (ulong)file.CreationTimeUtc.Ticks);
            var changed = (file.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks;
            var born = (file.CreationTimeUtc - DateTime.UnixEpoch).Ticks;
            status = new(identity, true, false, file.Length, changed, Math.Max(changed, born), born, false);
            return true;
        }

        status = new(default, false, Directory.Exists(path), 0, 0, 0, 0, false);
        return status.IsFolder;
    }

    // statx(2) is laid out alike on every architecture, which stat(2) is not.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out StatxBuffer buffer);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(0)]
        public uint Mask;

        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(80)]
        public StatxTime Born;

        [FieldOffset(96)]
        public StatxTime Changed;

        [FieldOffset(112)]
        public StatxTime Modified;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    [StructLayout(LayoutKind.Explicit, Size = 16)]
    private readonly struct StatxTime
    {
        [FieldOffset(0)]
        private readonly long _seconds;

        [FieldOffset(8)]
        private readonly uint _nanoseconds;

        public long Ticks => (_seconds * TimeSpan.TicksPerSecond) + (_nanoseconds / 100);
    }
}
