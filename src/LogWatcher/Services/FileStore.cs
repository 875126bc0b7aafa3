using System.Globalization;
using System.Security.Cryptography;
using LogWatcher.Logs.Reading;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>
/// A folder of files that are called by the SHA-256 of their content. A file is there whole or not at all: it is written under
/// another name, and gets its own when its last byte is there. Any number of threads and nodes at once.
/// </summary>
internal sealed class FileStore
{
    private const string PartPrefix = ".upload-";

    private readonly string _folder;

    /// <summary>Opens the folder, and deletes what uploads have left there whose node was killed.</summary>
    /// <exception cref="IOException">It isn't there, or can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public FileStore(string folder)
    {
        _folder = Path.GetFullPath(folder);
        foreach (var part in Directory.GetFiles(_folder, PartPrefix + "*"))
        {
            DeleteIfAbandoned(part);
        }
    }

    /// <summary>Begins a file; disposed of before it is complete, it leaves nothing.</summary>
    /// <exception cref="RpcException">INTERNAL: it can't be written.</exception>
    public PartialFile Begin() => new(_folder, Path.Combine(_folder, PartPrefix + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)));

    /// <summary>Opens a file for reading.</summary>
    /// <param name="id">The SHA-256 in hex.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it is no such hash. NOT_FOUND: there is no such file.</exception>
    public FileStream Open(string id)
    {
        if (id.Length != 2 * SHA256.HashSizeInBytes || !id.All(char.IsAsciiHexDigit))
        {
            throw RequestChecks.Invalid("file_id", $"expected a SHA-256 in hex, 64 digits, got {RequestChecks.Quote(id)}");
        }

        var file = new FileInfo(Path.Combine(_folder, id.ToLowerInvariant()));
        try
        {
            // A link might lead out of the folder, and a pipe or a device has no content of its own.
            return file.LinkTarget is null && FileStatus.TryGet(file.FullName, out var status) && status.IsRegular
                ? new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous)
                : throw NotFound(id);
        }
        catch (FileNotFoundException)
        {
            throw NotFound(id);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RpcException(StatusCode.Internal, $"{id} can't be read: {RequestChecks.ReasonOf(exception)}");
        }
    }

    private static RpcException NotFound(string id) => new(StatusCode.NotFound, $"there is no file {id}");

    private static void DeleteIfAbandoned(string part)
    {
        try
        {
            // Whoever still writes to it holds it open for themselves.
            using (new FileStream(part, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                File.Delete(part);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is in use.
        }
    }
}
