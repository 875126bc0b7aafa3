using System.Globalization;
using System.Security.Cryptography;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>A file that is being uploaded. One thread at a time.</summary>
internal sealed class PartialFile : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string _path;
    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _isComplete;

    /// <param name="folder">Where it is to be.</param>
    /// <param name="path">Where it is until then; must be free.</param>
    /// <exception cref="RpcException">INTERNAL: it can't be written.</exception>
    public PartialFile(string folder, string path)
    {
        (_folder, _path) = (folder, path);
        try
        {
            _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(exception);
        }
    }

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <exception cref="RpcException">OUT_OF_RANGE: it does not begin where the last chunk ended. INTERNAL: it can't be written.</exception>
    public async Task AppendAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (offset != Length)
        {
            var kind = offset > Length ? "a gap" : "an overlap";
            throw new RpcException(StatusCode.OutOfRange, string.Create(
                CultureInfo.InvariantCulture, $"offset: expected {Length}, where the chunk before ended, got {offset}: {kind}"));
        }

        _hash.AppendData(data.Span);
        try
        {
            await _stream.WriteAsync(data, cancellationToken);
        }
        catch (IOException exception)
        {
            throw Unwritable(exception);
        }

        Length += data.Length;
    }

    /// <summary>Gives it its name. If a file of that content is there already, it is the same.</summary>
    /// <returns>The SHA-256 of the content, in lower-case hex.</returns>
    /// <exception cref="RpcException">INTERNAL: it can't be written.</exception>
    public async Task<string> CompleteAsync()
    {
        var id = Convert.ToHexStringLower(_hash.GetCurrentHash());
        try
        {
            // On the disk before it has its name: what is there after a loss of power is whole, too. On a thread of its own: a disk
            // takes its time, and this one may be that which reads the requests of all calls.
            await Task.Run(() => _stream.Flush(flushToDisk: true));
            await _stream.DisposeAsync();
            File.Move(_path, Path.Combine(_folder, id), overwrite: true);
            _isComplete = true;
            return id;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await _stream.DisposeAsync();
        if (!_isComplete)
        {
            Delete();
        }
    }

    private void Delete()
    {
        try
        {
            File.Delete(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The folder has gone, and the file with it; or the next start finds it.
        }
    }

    private static RpcException Unwritable(Exception exception) => new(StatusCode.Internal, $"the file can't be written: {RequestChecks.ReasonOf(exception)}");
}
