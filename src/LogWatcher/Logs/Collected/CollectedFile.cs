using System.Runtime.InteropServices;
using LogWatcher.Logs.Reading;
using Microsoft.Win32.SafeHandles;

namespace LogWatcher.Logs.Collected;

/// <summary>
/// The file that collected entries are appended to, a line each. It may be rotated: what is written after a rename goes to a new
/// file, and on Linux what is written after a truncation to the beginning; there, too, other nodes may append to the same file. One
/// thread at a time.
/// </summary>
internal sealed partial class CollectedFile : IDisposable
{
    // The numbers of fcntl(2), and of open(2) on Linux.
    private const int SetStatusFlags = 4;
    private const int AppendOnLinux = 0x400;

    private static readonly byte[] LineEnd = "\n"u8.ToArray();

    private readonly string _path;
    private SafeFileHandle _file;
    private FileIdentity _identity;
    private bool _mayBeCutOff;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="LogSourceException">It can't be written.</exception>
    public CollectedFile(string path)
    {
        _path = path;
        try
        {
            (_file, _identity) = Open();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LogSourceException($"{path} can't be written: {exception.Message}");
        }
    }

    /// <summary>Appends a line; it is the operating system's when this returns.</summary>
    /// <param name="line">Without its end.</param>
    /// <exception cref="IOException">It can't be written; of its beginning a line may be left.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public void Append(ReadOnlyMemory<byte> line)
    {
        if (!FileStatus.TryGet(_path, out var status) || status.Identity != _identity)
        {
            var old = _file;
            (_file, _identity) = Open();
            old.Dispose();
        }
        else if (_mayBeCutOff)
        {
            EndLine(_file);
        }

        // On Linux the length is looked at for nothing: what is written goes to the end that is there then.
        // A disk that fills up takes the beginning. That is not cut away again: who follows the file has read it.
        _mayBeCutOff = true;
        RandomAccess.Write(_file, [line, LineEnd], RandomAccess.GetLength(_file));
        _mayBeCutOff = false;
    }

    public void Dispose() => _file.Dispose();

    private (SafeFileHandle File, FileIdentity Identity) Open()
    {
        var file = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            SetAppend(file);
            EndLine(file);
            return (file, FileStatus.TryGet(file, _path, out var status) ? status.Identity : default);
        }
        catch (NotSupportedException)
        {
            file.Dispose();
            throw new IOException("it has no end to append to; expected a file");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Ends a line that was cut off: by a disk that was full, or with the node that wrote it.</summary>
    private static void EndLine(SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        Span<byte> last = stackalloc byte[1];
        if (length > 0 && RandomAccess.Read(file, last, length - 1) == 1 && last[0] != (byte)'\n')
        {
            RandomAccess.Write(file, LineEnd, length);
        }
    }

    /// <summary>
    /// O_APPEND, which .NET has no word for: the end is found and written to in one, whoever else truncates the file or appends to it.
    /// Linux keeps to that in pwrite(2), too, whatever the place (see its BUGS); elsewhere the place counts.
    /// </summary>
    private static void SetAppend(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux() && FileControl(file, SetStatusFlags, AppendOnLinux) < 0)
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(SafeFileHandle file, int command, int flags);
}
