using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Http2;

/// <summary>Rule 14: gRPC-Web over HTTP/1.1 and HTTP/2 on the one port, and what browsers ask of it.</summary>
public sealed class WebTests
{
    private const byte TrailersFlag = 0x80;

    public static TheoryData<string, string> Combinations()
    {
        var data = new TheoryData<string, string>();
        foreach (var version in new[] { "1.1", "2.0" })
        {
            foreach (var contentType in new[] { "application/grpc-web", "application/grpc-web+proto", "application/grpc-web-text", "application/grpc-web-text+proto" })
            {
                data.Add(version, contentType);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public async Task Calls_are_served_with_their_trailers_in_the_body(string version, string contentType)
    {
        await using var server = await RunningServer.StartAsync();
        using var client = new HttpClient();
        var isText = contentType.Contains("text", StringComparison.Ordinal);
        foreach (var (method, messages) in new[] { ("Echo", 2), ("Sum", 1) })
        {
            byte[] body = [.. FrameClient.Framed(new Text { Text_ = method == "Sum" ? "" : "hello" }), .. FrameClient.Framed(new Text())];
            using var response = await PostAsync(client, server, version, contentType, "/probe.Probe/" + method, isText ? Base64(body) : body);

            response.StatusCode.Should().Be(HttpStatusCode.OK);
            response.Version.ToString().Should().Be(version);
            response.Content.Headers.ContentType!.ToString().Should().Be(contentType);
            var frames = await FramesAsync(response, isText);
            frames.SkipLast(1).Should().HaveCount(messages).And.OnlyContain(frame => frame.Flag == 0);
            frames[^1].Flag.Should().Be(TrailersFlag);
            Encoding.ASCII.GetString(frames[^1].Payload).Should().Be("grpc-status: 0\r\n");
            response.TrailingHeaders.Should().BeEmpty();
        }
    }

    [Fact]
    public async Task Metadata_stand_in_the_last_frame_in_lower_case()
    {
        await using var server = await RunningServer.StartAsync();
        using var client = new HttpClient();
        var decoration = new Decoration { Trailers = { new Entry { Key = "x-a", Value = "1" }, new Entry { Key = "x-a", Value = "2" } } };

        using var response = await PostAsync(client, server, "1.1", "application/grpc-web", "/probe.Probe/Decorate", FrameClient.Framed(decoration));

        Encoding.ASCII.GetString((await FramesAsync(response, false))[^1].Payload).Should().Be("x-a: 1\r\nx-a: 2\r\ngrpc-status: 0\r\n");
    }

    [Fact]
    public async Task A_failure_before_the_first_message_is_in_the_headers_alone()
    {
        await using var server = await RunningServer.StartAsync();
        using var client = new HttpClient();
        foreach (var path in new[] { "/probe.Probe/Fail", "/probe.Probe/Nonsense" })
        {
            using var response = await PostAsync(client, server, "1.1", "application/grpc-web", path, FrameClient.Framed(new Failure { Code = 12, Message = "a\nb" }));

            response.StatusCode.Should().Be(HttpStatusCode.OK);
            response.Headers.GetValues("grpc-status").Should().Equal("12");
            (await response.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
        }
    }

    [Fact]
    public async Task Text_may_come_in_padded_pieces_split_anywhere_and_each_flush_is_a_piece()
    {
        await using var server = await RunningServer.StartAsync();
        using var client = new HttpClient();
        var framed = FrameClient.Framed(new Text { Text_ = "hello, world" });
        byte[] body = [.. Base64(framed[..1]), .. Base64(framed[1..6]), .. Base64(framed[6..]), .. Base64(framed)];

        using var response = await PostAsync(client, server, "2.0", "application/grpc-web-text", "/probe.Probe/EchoFromPool", body);

        var text = await response.Content.ReadAsStringAsync();
        text.TrimEnd('=').Should().Contain("=", "more than one piece is padded");
        (await FramesAsync(response, isText: true)).SkipLast(1).Select(frame => Text.Parser.ParseFrom(frame.Payload).Text_).Should().Equal("hello, world", "hello, world");
    }

    [Theory]
    [InlineData("AAAA*AAA")]
    [InlineData("AAAAAA")]
    [InlineData("AA=A")]
    public async Task Text_that_is_no_base64_is_INTERNAL(string body)
    {
        await using var server = await RunningServer.StartAsync();
        using var client = new HttpClient();

        using var response = await PostAsync(client, server, "1.1", "application/grpc-web-text", "/probe.Probe/Answer", Encoding.ASCII.GetBytes(body));

        response.Headers.GetValues("grpc-status").Should().Equal("13");
    }

    [Fact]
    public async Task Plain_gRPC_needs_HTTP_2()
    {
        await using var server = await RunningServer.StartAsync();
        using var client = new HttpClient();

        using var response = await PostAsync(client, server, "1.1", "application/grpc", "/probe.Probe/Answer", new byte[5]);

        response.StatusCode.Should().Be(HttpStatusCode.UpgradeRequired);
        response.Headers.Upgrade.ToString().Should().Be("HTTP/2");
        response.Headers.Connection.Should().Equal("Upgrade");
    }

    [Theory]
    [InlineData("zz\r\n")]
    [InlineData("5\r\n\0\0\0\0\0oops\r\n")]
    public async Task A_body_that_breaks_HTTP_1_is_INTERNAL(string chunks)
    {
        await using var server = await RunningServer.StartAsync();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.EndPoint);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            "POST /probe.Probe/Answer HTTP/1.1\r\nHost: test\r\nContent-Type: application/grpc-web\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks));

        using var reader = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
        var answer = await reader.ReadToEndAsync().WaitAsync(RunningNode.Patience);

        answer.Should().StartWith("HTTP/1.1 200 OK\r\n").And.Contain("\r\nGrpc-Status: 13\r\n", "without it, a client would have to guess");
    }

    [Fact]
    public async Task The_preface_may_come_byte_by_byte()
    {
        await using var server = await RunningServer.StartAsync();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.EndPoint);
        byte[] preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];
        foreach (var value in preface)
        {
            await socket.SendAsync(new[] { value });
        }

        var header = new byte[9];
        await new NetworkStream(socket).ReadExactlyAsync(header).AsTask().WaitAsync(RunningNode.Patience);
        header[3].Should().Be((byte)FrameType.Settings);
    }

    [Fact]
    public async Task A_client_that_says_nothing_is_let_go()
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartAsync(time: time);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.EndPoint);
        while (server.Server.Connections == 0)
        {
            await Task.Yield();
        }

        var closed = socket.ReceiveAsync(new Memory<byte>(new byte[1])).AsTask();
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        while (!closed.IsCompleted && !patience.IsCancellationRequested)
        {
            time.Advance(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }

        (await closed.WaitAsync(RunningNode.Patience)).Should().Be(0);
    }

    [Theory]
    [InlineData("https://example.org", "https://example.org", true)]
    [InlineData("https://example.org", "https://example.com", false)]
    [InlineData("*", "https://example.com", true)]
    [InlineData(null, "https://example.org", false)]
    public async Task Pages_of_the_origins_that_were_named_may_call(string? allowed, string origin, bool may)
    {
        await using var server = await RunningServer.StartAsync(options => options with { Origins = allowed is null ? [] : [allowed] });
        using var client = new HttpClient();

        using var question = new HttpRequestMessage(HttpMethod.Options, new Uri($"http://{server.EndPoint}/probe.Probe/Answer"));
        question.Headers.Add("Origin", origin);
        question.Headers.Add("Access-Control-Request-Method", "POST");
        question.Headers.Add("Access-Control-Request-Headers", "content-type,x-grpc-web,x-mine");
        using var answer = await client.SendAsync(question);
        answer.StatusCode.Should().Be(allowed is null ? HttpStatusCode.MethodNotAllowed : HttpStatusCode.NoContent);
        Header(answer, "Access-Control-Allow-Origin").Should().Be(may ? origin : null);
        Header(answer, "Access-Control-Allow-Headers").Should().Be(may ? "content-type,x-grpc-web,x-mine" : null);
        Header(answer, "Access-Control-Allow-Methods").Should().Be(may ? "POST" : null);

        using var call = new HttpRequestMessage(HttpMethod.Post, question.RequestUri) { Content = Content(new byte[5], "application/grpc-web") };
        call.Headers.Add("Origin", origin);
        using var response = await client.SendAsync(call);
        response.StatusCode.Should().Be(HttpStatusCode.OK);
        Header(response, "Access-Control-Allow-Origin").Should().Be(may ? origin : null);
        (Header(response, "Access-Control-Expose-Headers") ?? "").Contains("grpc-status", StringComparison.Ordinal).Should().Be(may);
    }

    private static async Task<HttpResponseMessage> PostAsync(
        HttpClient client, RunningServer server, string version, string contentType, string path, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{server.EndPoint}{path}"))
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = Content(body, contentType),
        };
        return await client.SendAsync(request);
    }

    private static ByteArrayContent Content(byte[] body, string contentType)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return content;
    }

    private static async Task<List<(byte Flag, byte[] Payload)>> FramesAsync(HttpResponseMessage response, bool isText)
    {
        var body = await response.Content.ReadAsByteArrayAsync();
        return CallReply.SplitBody(isText ? Decoded(Encoding.ASCII.GetString(body)) : body);
    }

    private static byte[] Base64(byte[] bytes) => Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes));

    /// <summary>Group by group: each may be the last of a piece.</summary>
    private static byte[] Decoded(string text) => [.. text.Chunk(4).SelectMany(group => Convert.FromBase64CharArray(group, 0, group.Length))];

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;
}
