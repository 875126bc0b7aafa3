using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// Opens files of others for reading without a lock on them. The platform's own opening holds a shared one (flock(2)) as long as the
/// file is open: who writes a log under an exclusive lock would wait for us, or we could not open it.
/// </summary>
internal static partial class FileOpener
{
    // Of open(2), on all architectures that .NET knows.
    private const int CloseOnExec = 0x80000;
    private const int NoTerminal = 0x100;
    private const int Interrupted = 4;
    private const int TooManyInAll = 23;
    private const int TooMany = 24;

    /// <summary>A handle of what a path leads to, a folder too; null where that is not possible.</summary>
    /// <exception cref="TooManyOpenFilesException">For the many that are open, and nothing else.</exception>
    public static SafeFileHandle? TryOpen(string path)
    {
        // In 32 bits a file of gigabytes needs more than this.
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            return TryOpenPortably(path);
        }

        while (true)
        {
            var handle = Open(path, CloseOnExec | NoTerminal);
            if (!handle.IsInvalid)
            {
                return handle;
            }

            var error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            if (error is TooMany or TooManyInAll)
            {
                throw new TooManyOpenFilesException(path);
            }

            if (error != Interrupted)
            {
                return null;
            }
        }
    }

    private static SafeFileHandle? TryOpenPortably(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);
}
