using Google.Protobuf;
using LogWatcher.Logs;
using LogWatcher.Protos.Files;
using LogWatcher.Rpc;
using LogWatcher.Services;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Services;

/// <summary>However an upload breaks off, on either door: nothing of it stays in the folder.</summary>
[Trait("Node", "executable")]
public sealed class BrokenUploadTests : IDisposable
{
    private static readonly string Open = ChatLines.Of("""{"type":"grpc_client_stream_open","msg_id":2,"service":"FileService","method":"UploadFile","timeout_ms":60000}""");
    private static readonly string Send = ChatLines.Of("""{"type":"grpc_client_stream_send","stream_id":"s1","data":{"data":"YQ=="}}""");

    private readonly TempFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("cancel")]
    [InlineData("deadline")]
    [InlineData("gap")]
    [InlineData("end")]
    [InlineData("stop")]
    public async Task On_a_pipe(string how)
    {
        var services = new ServiceOptions { Files = new FileStore(_folder.Path) };
        await using var node = await RunningNode.StartAsync(methods: AllServices.Register(new MethodTable(), LogSet.Sample, services), time: _time);
        node.Feed(Open, Send);
        await node.ReadAsync();
        await RunningNode.UntilAsync(() => Count() == 1);
        switch (how)
        {
            case "cancel":
                node.Send("""{"type":"grpc_cancel","stream_id":"s1"}""");
                break;
            case "deadline":
                _time.Advance(TimeSpan.FromMinutes(1));
                break;
            case "gap":
                node.Send("""{"type":"grpc_client_stream_send","stream_id":"s1","data":{"data":"YQ==","offset":7}}""");
                break;
            case "end":
                node.EndInput();
                break;
            default:
                node.Stop();
                await RunningNode.UntilAsync(() => _time.Timers > 1);
                _time.Advance(TimeSpan.FromSeconds(10));
                break;
        }

        await RunningNode.UntilAsync(() => Count() == 0);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("deadline")]
    [InlineData("abort")]
    public async Task Over_HTTP_2(string how)
    {
        var services = new ServiceOptions { Files = new FileStore(_folder.Path) };
        await using var server = await RunningServer.StartCountingAsync(_time, services: services);
        await using var client = await server.ConnectAsync();
        var stream = await client.OpenAsync("/FileService/UploadFile", ("grpc-timeout", "60S"));
        await client.SendAsync(stream, FrameClient.Framed(new FileChunk { Data = ByteString.CopyFromUtf8("a") }), endStream: false);
        await RunningNode.UntilAsync(() => Count() == 1);
        switch (how)
        {
            case "reset":
                await client.ResetAsync(stream);
                break;
            case "deadline":
                _time.Advance(TimeSpan.FromMinutes(1));
                break;
            default:
                client.Abort();
                break;
        }

        await RunningNode.UntilAsync(() => Count() == 0);
    }

    [Theory]
    [InlineData("kill")]
    [InlineData("stop")]
    [InlineData("end")]
    public async Task With_the_process(string how)
    {
        // A handler that has come to wait for its client removes what it has written before the process ends.
        using (var node = NodeProcess.Start("--files", _folder.Path, "--grace", "0.2").Initialise())
        {
            node.Send(Open);
            node.Send(Send);
            node.ReadLine();
            await RunningNode.UntilAsync(() => Count() == 1);
            if (how == "end")
            {
                node.EndInput();
            }
            else
            {
                node.Signal(how == "kill" ? 9 : NodeProcess.Sigterm);
            }

            node.WaitForExit();
        }

        if (how == "kill")
        {
            Count().Should().Be(1);
            NodeProcess.Run(ChatLines.Init, "--files", _folder.Path).ExitCode.Should().Be(0);
        }

        Count().Should().Be(0);
    }

    private int Count() => Directory.GetFileSystemEntries(_folder.Path).Length;
}
