using LogWatcher.InteropServer.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Http2;

/// <summary>
/// What of grpc/grpc <c>doc/interop-test-descriptions.md</c> the interop client of CI does not ask: it knows neither how messages
/// were compressed nor these methods.
/// </summary>
public sealed class InteropTests
{
    private const string Service = "/grpc.testing.TestService/";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Server_compressed_unary(bool isCompressed)
    {
        await using var server = await RunningServer.StartInteropAsync();
        await using var client = await server.ConnectAsync();
        var request = new SimpleRequest { ResponseSize = 314_159, ResponseCompressed = new BoolValue { Value = isCompressed } };

        var reply = await client.CallAsync(Service + "UnaryCall", request, ("grpc-accept-encoding", "gzip"));

        reply.Framed.Should().ContainSingle().Which.Flag.Should().Be((byte)(isCompressed ? 1 : 0));
        reply.Status.Should().Be("0");
    }

    [Fact]
    public async Task Server_compressed_streaming()
    {
        await using var server = await RunningServer.StartInteropAsync();
        await using var client = await server.ConnectAsync();
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.Add(new ResponseParameters { Size = 31_415, Compressed = new BoolValue { Value = true } });
        request.ResponseParameters.Add(new ResponseParameters { Size = 92_653, Compressed = new BoolValue { Value = false } });

        var reply = await client.CallAsync(Service + "StreamingOutputCall", request, ("grpc-accept-encoding", "gzip"));

        reply.Framed.Select(message => message.Flag).Should().Equal(1, 0);
        StreamingOutputCallResponse.Parser.ParseFrom(reply.Framed[1].Payload).Payload.Body.Should().HaveCount(92_653);
        reply.Status.Should().Be("0");
    }

    [Fact]
    public async Task Half_duplex_answers_once_all_requests_have_come()
    {
        await using var server = await RunningServer.StartInteropAsync();
        await using var client = await server.ConnectAsync();
        var streamId = await client.OpenAsync(Service + "HalfDuplexCall");
        foreach (var size in new[] { 31_415, 9 })
        {
            var request = new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = size } } };
            await client.SendAsync(streamId, FrameClient.Framed(request), endStream: false);
        }

        await client.PingAsync();
        client.HasFrame(streamId).Should().BeFalse();
        await client.SendAsync(streamId, Array.Empty<byte>(), endStream: true);

        var reply = await client.ReplyAsync(streamId);
        reply.Messages(StreamingOutputCallResponse.Parser).Select(response => response.Payload.Body.Length).Should().Equal(31_415, 9);
    }

    [Fact]
    public async Task Responses_keep_their_intervals()
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartInteropAsync(time);
        await using var client = await server.ConnectAsync();
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.Add(Enumerable.Repeat(new ResponseParameters { Size = 1, IntervalUs = 2_000_000 }, 3));
        var streamId = await client.OpenAsync(Service + "StreamingOutputCall");
        await client.SendAsync(streamId, FrameClient.Framed(request), endStream: true);
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        for (var response = 0; response < 3; response++)
        {
            while (time.Timers == 0)
            {
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            await client.PingAsync();
            client.HasFrame(streamId).Should().BeFalse();
            time.Advance(TimeSpan.FromSeconds(2));
            var frame = await client.NextAsync(streamId);
            frame = frame.Type == FrameType.Headers ? await client.NextAsync(streamId) : frame;
            frame.Type.Should().Be(FrameType.Data);
        }

        (await client.ReplyAsync(streamId)).Status.Should().Be("0");
    }

    [Fact]
    public async Task Cacheable_unary_says_so_in_its_headers()
    {
        await using var server = await RunningServer.StartInteropAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync(Service + "CacheableUnaryCall", new SimpleRequest());

        CallReply.Value(reply.Headers, "cache-control").Should().Be("max-age=60, public");
        reply.Messages(SimpleResponse.Parser).Should().ContainSingle().Which.Payload.Body.ToStringUtf8().Should().MatchRegex("^[0-9]{19}$");
    }

    [Theory]
    [InlineData(Service + "UnimplementedCall")]
    [InlineData("/grpc.testing.UnimplementedService/UnimplementedCall")]
    public async Task What_is_there_to_be_missing_is_UNIMPLEMENTED(string path)
    {
        await using var server = await RunningServer.StartInteropAsync();
        await using var client = await server.ConnectAsync();

        (await client.CallAsync(path, new Empty())).Status.Should().Be("12");
    }

    [Fact]
    public async Task A_thousand_large_calls_at_once()
    {
        await using var server = await RunningServer.StartInteropAsync();
        await using var client = await server.ConnectAsync();
        var request = new SimpleRequest { ResponseSize = 31_415, Payload = new Payload { Body = Google.Protobuf.ByteString.CopyFrom(new byte[27_182]) } };

        var replies = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => client.CallAsync(Service + "UnaryCall", request)));

        replies.Should().OnlyContain(reply => reply.Status == "0");
        replies.Should().OnlyContain(reply => reply.Body.Length > 31_415);
    }
}
