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

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="LogSourceException">It can't be written.</exception>
    public CollectedFile(string path)
    {
        _path = path;
        try
        {
            _file = Open();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LogSourceException($"{path} can't be written: {exception.Message}");
        }
    }

    /// <summary>Appends a line; it is the operating system's when this returns.</summary>
    /// <param name="line">Without its end.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public void Append(ReadOnlyMemory<byte> line)
    {
        if (!FileStatus.TryGet(_path, out var status) || status.Identity != _identity)
        {
            var old = _file;
            _file = Open();
            old.Dispose();
        }

        RandomAccess.Write(_file, [line, LineEnd], RandomAccess.GetLength(_file));
    }

    public void Dispose() => _file.Dispose();

    private SafeFileHandle Open()
    {
        var file = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _identity = FileStatus.TryGet(file, _path, out var status) ? status.Identity : default;
        var length = RandomAccess.GetLength(file);
        Span<byte> last = stackalloc byte[1];
        if (length > 0 && RandomAccess.Read(file, last, length - 1) == 1 && last[0] != (byte)'\n')
        {
            // Cut off in the middle of a line, with the node that wrote it.
            RandomAccess.Write(file, "\n"u8, length);
        }

        return file;
    }
}
