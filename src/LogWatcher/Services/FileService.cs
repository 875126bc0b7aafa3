using System.Security.Cryptography;
using Google.Protobuf;
using LogWatcher.Protos.Files;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary><c>FileService</c> (seed 003): files into and out of a folder, in memory that does not grow with them.</summary>
/// <param name="store">The folder; null: the service is off.</param>
internal sealed class FileService(FileStore? store)
{
    /// <summary>Bytes a chunk of a download.</summary>
    public const int ChunkBytes = 64 * 1024;

    /// <summary>The file is there once the call has ended OK; whatever else ends it leaves nothing.</summary>
    /// <exception cref="RpcException">
    /// OUT_OF_RANGE: an offset is not where the chunk before ended. UNIMPLEMENTED: the service is off. INTERNAL: the file can't be
    /// written.
    /// </exception>
    [Example("""{"data":"aGVsbG8=","offset":0}""")]
    public async Task<UploadResponse> UploadFile(IAsyncEnumerable<FileChunk> requests, CallContext context)
    {
        await using var file = Store().Begin();
        await foreach (var chunk in requests.WithCancellation(context.CancellationToken))
        {
            await file.AppendAsync(chunk.Offset, chunk.Data.Memory, context.CancellationToken);
        }

        context.CancellationToken.ThrowIfCancellationRequested();
        var size = file.Length;
        return new UploadResponse { FileId = await file.CompleteAsync(), TotalSize = size };
    }

    /// <exception cref="RpcException">
    /// INVALID_ARGUMENT: <c>file_id</c> is no SHA-256. NOT_FOUND: there is no such file. UNIMPLEMENTED: the service is off. INTERNAL:
    /// the file can't be read. DATA_LOSS, at its end: that was not what was uploaded.
    /// </exception>
    [Example("""{"file_id":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}""")]
    public async IAsyncEnumerable<FileChunk> DownloadFile(DownloadRequest request, CallContext context)
    {
        await using var file = Store().Open(request.FileId);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var offset = 0L; ;)
        {
            var chunk = new byte[ChunkBytes];
            var length = await ReadAsync(file, chunk, context.CancellationToken);
            if (length == 0)
            {
                break;
            }

            hash.AppendData(chunk, 0, length);
            yield return new FileChunk { Data = UnsafeByteOperations.UnsafeWrap(chunk.AsMemory(0, length)), Offset = offset };
            offset += length;
        }

        if (!Convert.ToHexString(hash.GetCurrentHash()).Equals(request.FileId, StringComparison.OrdinalIgnoreCase))
        {
            throw new RpcException(StatusCode.DataLoss, "the file was changed since it was uploaded: its content has another SHA-256");
        }
    }

    private FileStore Store() => store
        ?? throw new RpcException(StatusCode.Unimplemented, "this node has no folder for files; start it with --files DIR");

    private static async ValueTask<int> ReadAsync(FileStream file, byte[] chunk, CancellationToken cancellationToken)
    {
        try
        {
            return await file.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new RpcException(StatusCode.Internal, $"the file can't be read on: {RequestChecks.ReasonOf(exception)}");
        }
    }
}
