using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace LogWatcher.Http2;

/// <summary>The file that stands for a Unix socket. It outlives a process that was killed, and is then in the way of the next one.</summary>
internal static partial class SocketFile
{
    private const int CurrentFolder = -100;
    private const int DoNotFollowLinks = 0x100;
    private const uint TypeOnly = 1;
    private const int StatxBytes = 256;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xf000;
    private const int TypeSocket = 0xc000;

    /// <summary>Removes a socket that a process has left behind; one that somebody answers on is not touched.</summary>
    /// <exception cref="ListenException">There is something that is no socket: it is somebody's, and not touched either.</exception>
    public static void RemoveIfDead(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        if (!IsSocket(path))
        {
            throw new ListenException($"can't listen on unix:{path}: there is a file of that name, and it is no socket");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
    }

    /// <summary>
    /// Whether it is a socket. Linux must be asked, since there connect(2) is refused (ECONNREFUSED) by any file; elsewhere it
    /// tells them apart (ENOTSOCK).
    /// </summary>
    private static bool IsSocket(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        Span<byte> status = stackalloc byte[StatxBytes];
        return Statx(CurrentFolder, path, DoNotFollowLinks, TypeOnly, ref MemoryMarshal.GetReference(status)) == 0
            && (MemoryMarshal.Read<ushort>(status[ModeOffset..]) & TypeMask) == TypeSocket;
    }

    // statx(2) is laid out alike on every architecture, which stat(2) is not.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte buffer);
}
