using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using LogWatcher.Protos.Files;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Services;

/// <summary>Files into and out of a folder: whole or not at all, and nothing outside of it.</summary>
public sealed class FileServiceTests : IDisposable
{
    private const string EmptyId = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private readonly TempFolder _folder = new();
    private readonly FileService _service;

    public FileServiceTests() => _service = new FileService(new FileStore(_folder.Path));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(FileService.ChunkBytes - 1)]
    [InlineData(FileService.ChunkBytes)]
    [InlineData(FileService.ChunkBytes + 1)]
    [InlineData(1_000_000)]
    public async Task What_goes_in_comes_out_in_chunks(int bytes)
    {
        var content = RandomNumberGenerator.GetBytes(bytes);
        var uploaded = await _service.UploadFile(Chunks(content, 10_007).ToAsyncEnumerable(), new PlainCall());
        uploaded.Should().Be(new UploadResponse { FileId = IdOf(content), TotalSize = bytes });
        Names().Should().Equal(uploaded.FileId);

        var chunks = await DownloadAsync(uploaded.FileId.ToUpperInvariant());
        chunks.Should().HaveCount((bytes + FileService.ChunkBytes - 1) / FileService.ChunkBytes);
        chunks.SkipLast(1).All(chunk => chunk.Data.Length == FileService.ChunkBytes).Should().BeTrue();
        chunks.Select(chunk => chunk.Offset).Should().Equal(chunks.Select((_, index) => (long)index * FileService.ChunkBytes));
        chunks.SelectMany(chunk => chunk.Data).Should().Equal(content);
    }

    /// <summary>A disk may be as quick as it likes once or twice, but not always.</summary>
    [Fact]
    public async Task The_disk_is_not_waited_for_on_the_thread_of_the_call()
    {
        var waited = 0;
        for (var number = 0; number < 50; number++)
        {
            await using var file = new PartialFile(_folder.Path, _folder[$"{number}.part"]);
            var turns = new Turns();
            var completing = turns.Begin(file.CompleteAsync);
            waited += completing.IsCompleted ? 0 : 1;
            while (!completing.IsCompleted)
            {
                await turns.ArrivedAsync();
                turns.Next();
            }

            (await completing).Should().Be(EmptyId);
        }

        waited.Should().BePositive();
    }

    [Fact]
    public async Task Empty_chunks_and_no_chunks_are_an_empty_file()
    {
        (await _service.UploadFile(AsyncEnumerable.Empty<FileChunk>(), new PlainCall())).FileId.Should().Be(EmptyId);
        (await UploadAsync((0, ""), (0, ""))).Should().Be(EmptyId);
        (await UploadAsync((0, ""), (0, "ab"), (2, ""), (2, "c"))).Should().Be(IdOf("abc"u8.ToArray()));
    }

    [Theory]
    [InlineData(1, 0, "expected 0, where the chunk before ended, got 1: a gap")]
    [InlineData(-1, 0, "expected 0, where the chunk before ended, got -1: an overlap")]
    [InlineData(0, 0, "expected 2, where the chunk before ended, got 0: an overlap")]
    [InlineData(0, 1, "expected 2, where the chunk before ended, got 1: an overlap")]
    [InlineData(0, 3, "expected 2, where the chunk before ended, got 3: a gap")]
    [InlineData(0, long.MaxValue, "expected 2, where the chunk before ended, got 9223372036854775807: a gap")]
    [InlineData(0, long.MinValue, "expected 2, where the chunk before ended, got -9223372036854775808: an overlap")]
    public async Task Chunks_follow_each_other(long first, long second, string text)
    {
        var status = (await FluentActions.Awaiting(() => UploadAsync((first, "ab"), (second, "c"))).Should().ThrowAsync<RpcException>()).Which.Status;
        (status.Code, status.Message).Should().Be((StatusCode.OutOfRange, "offset: " + text));
        Names().Should().BeEmpty();
    }

    [Theory]
    [InlineData("", "InvalidArgument")]
    [InlineData("../secret", "InvalidArgument")]
    [InlineData("/etc/passwd", "InvalidArgument")]
    [InlineData("../../../../../../../../../../../../../../../../../../../etc/passwd", "InvalidArgument")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85", "InvalidArgument")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555", "InvalidArgument")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85\0", "InvalidArgument")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85\u0665", "InvalidArgument")]
    [InlineData("g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "InvalidArgument")]
    [InlineData(EmptyId, "NotFound")]
    public async Task Only_hashes_are_files(string id, string code)
    {
        var status = (await FluentActions.Awaiting(() => DownloadAsync(id)).Should().ThrowAsync<RpcException>()).Which.Status;
        status.Code.ToString().Should().Be(code);
    }

    /// <summary>What others have put into the folder leads nowhere, and holds nobody up.</summary>
    [Theory]
    [InlineData("link")]
    [InlineData("dangling")]
    [InlineData("folder")]
    [InlineData("pipe")]
    [InlineData("device")]
    public async Task What_is_no_file_is_not_found(string planted)
    {
        using var outside = new TempFolder();
        var path = _folder[EmptyId];
        switch (planted)
        {
            case "link":
                File.CreateSymbolicLink(path, outside.Write("secret", "s"));
                break;
            case "dangling":
                File.CreateSymbolicLink(path, outside["secret"]);
                break;
            case "device":
                File.CreateSymbolicLink(path, "/dev/zero");
                break;
            case "folder":
                Directory.CreateDirectory(path);
                break;
            default:
                using (var process = Process.Start("mkfifo", path))
                {
                    await process.WaitForExitAsync();
                }

                break;
        }

        var downloading = FluentActions.Awaiting(() => Task.Run(() => DownloadAsync(EmptyId)).WaitAsync(RunningNode.Patience));
        (await downloading.Should().ThrowAsync<RpcException>()).Which.Status.Code.Should().Be(StatusCode.NotFound);
    }

    [Fact]
    public async Task An_upload_takes_the_place_of_a_link_and_not_of_what_it_leads_to()
    {
        using var outside = new TempFolder();
        File.CreateSymbolicLink(_folder[IdOf("a"u8.ToArray())], outside.Write("secret", "s"));
        var id = await UploadAsync((0, "a"));
        (await DownloadAsync(id)).Single().Data.ToStringUtf8().Should().Be("a");
        File.ReadAllText(outside["secret"]).Should().Be("s");
    }

    [Fact]
    public async Task Many_uploads_at_once_of_one_content_are_one_file()
    {
        var contents = Enumerable.Range(0, 16).Select(number => RandomNumberGenerator.GetBytes(50_000 + number)).ToList();
        var ids = await Task.WhenAll(contents.Concat(contents).Concat(contents)
            .Select(content => Task.Run(() => _service.UploadFile(Chunks(content, 777).ToAsyncEnumerable(), new PlainCall()))));
        ids.Select(response => response.FileId).Distinct().Should().BeEquivalentTo(contents.Select(IdOf));
        Names().Should().BeEquivalentTo(contents.Select(IdOf));
        foreach (var content in contents)
        {
            (await DownloadAsync(IdOf(content))).SelectMany(chunk => chunk.Data).Should().Equal(content);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_download_goes_on_with_the_file_it_began_with(bool isReplaced)
    {
        var content = RandomNumberGenerator.GetBytes(3 * FileService.ChunkBytes);
        var id = (await _service.UploadFile(Chunks(content, 100_000).ToAsyncEnumerable(), new PlainCall())).FileId;
        var read = new List<byte>();
        await foreach (var chunk in _service.DownloadFile(new DownloadRequest { FileId = id }, new PlainCall()))
        {
            read.AddRange(chunk.Data);
            File.Delete(_folder[id]);
            if (isReplaced)
            {
                File.WriteAllText(_folder[id], "something else");
            }
        }

        read.Should().Equal(content);
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("xyz")]
    [InlineData("")]
    public async Task A_file_that_was_changed_since_is_told_at_its_end(string now)
    {
        var id = await UploadAsync((0, "abc"));
        File.WriteAllText(_folder[id], now);

        (await FluentActions.Awaiting(() => DownloadAsync(id)).Should().ThrowAsync<RpcException>()).Which.Status.Code.Should().Be(StatusCode.DataLoss);
    }

    [Fact]
    public async Task An_upload_that_is_ended_from_outside_leaves_nothing()
    {
        var call = new PlainCall();
        var uploading = _service.UploadFile(EndAfterAsync(call), call);
        await FluentActions.Awaiting(() => uploading).Should().ThrowAsync<OperationCanceledException>();
        Names().Should().BeEmpty();

        async IAsyncEnumerable<FileChunk> EndAfterAsync(PlainCall it)
        {
            yield return new FileChunk { Data = ByteString.CopyFromUtf8("a") };
            Names().Should().ContainSingle().Which.Should().StartWith(".upload-");
            await Task.Yield();
            it.EndFromOutside();
        }
    }

    [Fact]
    public async Task A_folder_that_goes_away_is_told()
    {
        Directory.Move(_folder.Path, _folder.Path + "-away");
        (await FluentActions.Awaiting(() => UploadAsync((0, "a"))).Should().ThrowAsync<RpcException>()).Which.Status.Should()
            .Be(new Status(StatusCode.Internal, "the file can't be written: it is not there"), "where it stands is none of the client's business");
        Directory.Move(_folder.Path + "-away", _folder.Path);
        await UploadAsync((0, "a"));
    }

    /// <summary>What is being written, by whichever node, is not taken for a leftover.</summary>
    [Fact]
    public async Task A_start_deletes_what_was_left_there_and_nothing_else()
    {
        _folder.Write(".upload-left", "a");
        _folder.Write("other", "a");
        await using var running = new FileStore(_folder.Path).Begin();
        await running.AppendAsync(0, "b"u8.ToArray(), default);
        _ = new FileStore(_folder.Path);
        Names().Should().HaveCount(2).And.Contain("other").And.NotContain(".upload-left");
        (await running.CompleteAsync()).Should().Be(IdOf("b"u8.ToArray()));
    }

    [Fact]
    public async Task Without_a_folder_the_service_is_off()
    {
        var off = new FileService(null);
        (await FluentActions.Awaiting(() => off.UploadFile(AsyncEnumerable.Empty<FileChunk>(), new PlainCall())).Should().ThrowAsync<RpcException>())
            .Which.Status.Code.Should().Be(StatusCode.Unimplemented);
    }

    private static string IdOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static IEnumerable<FileChunk> Chunks(byte[] content, int chunkBytes) =>
        content.Chunk(chunkBytes).Select((chunk, index) => new FileChunk { Data = ByteString.CopyFrom(chunk), Offset = (long)index * chunkBytes });

    private IEnumerable<string> Names() => Directory.GetFileSystemEntries(_folder.Path).Select(path => Path.GetFileName(path)!);

    private async Task<string> UploadAsync(params (long Offset, string Data)[] chunks) => (await _service.UploadFile(
        chunks.Select(chunk => new FileChunk { Offset = chunk.Offset, Data = ByteString.CopyFrom(chunk.Data, Encoding.UTF8) }).ToAsyncEnumerable(), new PlainCall())).FileId;

    private async Task<List<FileChunk>> DownloadAsync(string id) =>
        await _service.DownloadFile(new DownloadRequest { FileId = id }, new PlainCall()).ToListAsync();
}
