using System.Runtime.CompilerServices;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>The story that the assistant tells: the built-in one, or a file's.</summary>
/// <param name="path">The file; null: the first chapter of "Alice's Adventures in Wonderland" (Lewis Carroll, 1865).</param>
internal sealed class Story(string? path)
{
    /// <summary>Bytes a chunk, as in seed 002.</summary>
    public const int ChunkBytes = 1024;

    /// <summary>The story in chunks, of which only the last may be shorter.</summary>
    /// <exception cref="RpcException">INTERNAL: the file cannot be read.</exception>
    public async IAsyncEnumerable<byte[]> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = Open();
        while (true)
        {
            var chunk = new byte[ChunkBytes];
            var length = await ReadChunkAsync(stream, chunk, cancellationToken);
            if (length == 0)
            {
                yield break;
            }

            yield return length == chunk.Length ? chunk : chunk[..length];
        }
    }

    private static async ValueTask<int> ReadChunkAsync(Stream stream, byte[] chunk, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new RpcException(StatusCode.Internal, $"the story can't be read on: {RequestChecks.ReasonOf(exception)}");
        }
    }

    private Stream Open()
    {
        try
        {
            return path is null ? typeof(Story).Assembly.GetManifestResourceStream("Story.txt")! : File.OpenRead(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RpcException(StatusCode.Internal, $"the story can't be read: {RequestChecks.ReasonOf(exception)}");
        }
    }
}
