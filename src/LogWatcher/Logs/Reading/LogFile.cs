using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace LogWatcher.Logs.Reading;

/// <summary>One open log file: its name, its handle and which file it is. Renaming or deleting it leaves this readable.</summary>
internal sealed class LogFile : IDisposable
{
    private static readonly FileStreamOptions Shared = new()
    {
        BufferSize = 0,
        Share = FileShare.ReadWrite | FileShare.Delete,
    };

    private readonly SafeFileHandle _handle;
    private int _owners = 1;

    private LogFile(string source, SafeFileHandle handle, FileStatus status)
    {
        Source = source;
        _handle = handle;
        Identity = status.Identity;
        Changed = status.Changed;
    }

    /// <summary>The path it was opened by, which is its name as a source.</summary>
    public string Source { get; }

    public FileIdentity Identity { get; }

    /// <summary>When its content had changed last at its opening, in 100 ns since 1970.</summary>
    public long Changed { get; }

    public bool IsCompressed => IsCompressedName(Source);

    /// <summary>A compressed copy of a log is history: it is never followed.</summary>
    public static bool IsCompressedName(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens a regular file for reading, sharing it with everyone; null when it is not there or may not be read.</summary>
    public static LogFile? TryOpen(string path)
    {
        try
        {
            // Looked at first: to open a pipe would wait for its writer.
            if (!FileStatus.TryGet(path, out var found) || !found.IsRegular)
            {
                return null;
            }

            var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (FileStatus.TryGet(handle, path, out var status))
            {
                return new LogFile(path, handle, status);
            }

            handle.Dispose();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>How long it is now, in bytes; 0 when that can no longer be told.</summary>
    public long Length()
    {
        try
        {
            return RandomAccess.GetLength(_handle);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Reads bytes at an offset; how many came, 0 at the end.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public int ReadAt(Span<byte> into, long offset) => RandomAccess.Read(_handle, into, offset);

    /// <summary>A reader of its lines from a place on. Several may read one file side by side.</summary>
    public LineReader ReadLines(LinePosition from) => IsCompressed
        ? new LineReader(new GZipStream(new FileStream(Source, Shared), CompressionMode.Decompress), from)
        : new LineReader(_handle, from);

    /// <summary>Makes a second owner: the file is closed once both have disposed of it.</summary>
    public LogFile Share()
    {
        Interlocked.Increment(ref _owners);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            _handle.Dispose();
        }
    }
}
