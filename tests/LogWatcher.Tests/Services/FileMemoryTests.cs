using Google.Protobuf;
using LogWatcher.Protos.Files;
using LogWatcher.Services;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Services;

/// <summary>What an upload allocates. The process is measured as a whole, so nothing else runs beside it.</summary>
[Collection(nameof(RunsAlone))]
public sealed class FileMemoryTests
{
    /// <summary>A file is never in memory: what an upload of 64 MiB allocates does not grow with it.</summary>
    [Fact]
    public async Task An_upload_takes_memory_for_a_chunk_alone()
    {
        using var folder = new TempFolder();
        var service = new FileService(new FileStore(folder.Path));
        const int Chunk = 1 << 20;
        var data = UnsafeByteOperations.UnsafeWrap(new byte[Chunk]);
        await service.UploadFile(AsyncEnumerable.Range(0, 2).Select(number => new FileChunk { Data = data, Offset = (long)number * Chunk }), new PlainCall());
        var before = GC.GetTotalAllocatedBytes();
        await service.UploadFile(AsyncEnumerable.Range(0, 64).Select(number => new FileChunk { Data = data, Offset = (long)number * Chunk }), new PlainCall());
        (GC.GetTotalAllocatedBytes() - before).Should().BeLessThan(32 * Chunk);
    }
}
