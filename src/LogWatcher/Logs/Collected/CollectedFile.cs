using LogWatcher.Logs.Reading;
using Microsoft.Win32.SafeHandles;

namespace LogWatcher.Logs.Collected;

/// <summary>
/// The file that collected entries are appended to, a line each. It may be rotated: what is written after a rename goes to a new
/// file. One thread at a time.
/// </summary>
internal sealed class CollectedFile : IDisposable
{
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
}
