using System.IO.Compression;
using Google.Protobuf;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Http2;

/// <summary>Rules 3 to 6: messages in frames, however split, damaged, compressed, large or many.</summary>
public sealed class FramingTests(ITestOutputHelper output)
{
    private const int Limit = 4 * 1024 * 1024;

    [Fact]
    public async Task Messages_parse_whatever_the_split()
    {
        var random = Randomness.Create(output);
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        Text[] texts = [new() { Text_ = "one" }, new(), new() { Text_ = new string('x', 300) }, new() { Text_ = "last" }];
        var body = texts.SelectMany(FrameClient.Framed).ToArray();

        foreach (var longest in new[] { 1, 2, 7, 1000 })
        {
            var streamId = await client.OpenAsync("/probe.Probe/Echo");
            for (var sent = 0; sent < body.Length;)
            {
                var length = Math.Min(random.Next(1, longest + 1), body.Length - sent);
                await client.SendAsync(streamId, body.AsMemory(sent, length), endStream: sent + length == body.Length);
                sent += length;
            }

            var reply = await client.ReplyAsync(streamId);
            reply.Messages(Text.Parser).Should().Equal(texts);
            reply.Status.Should().Be("0");
        }
    }

    [Fact]
    public async Task A_message_of_no_bytes_is_a_message()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/Answer", new byte[5]);

        reply.Body.Should().Equal(new byte[5]);
        reply.Status.Should().Be("0");
    }

    public static TheoryData<string, string, string> Malformed() => new()
    {
        { "02 00000000", "", "expected a compressed flag of 0 or 1, got 2" },
        { "ff 00000000", "", "expected a compressed flag of 0 or 1, got 255" },
        { "01 00000000", "", "names no compression" },
        { "01 00000000", "identity", "names no compression" },
        { "00 00000005 0a01", "", "cut off" },
        { "00 0000", "", "cut off" },
        { "00 00000004 0a026869 00", "", "cut off" },
        { "00 00000002 0aff", "", "probe.Probe/Answer request" },
        { "01 00000003 010203", "gzip", "not gzip" },
        { "01 00000003 010203", "deflate", "not deflate" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task What_is_not_in_form_is_INTERNAL(string hex, string encoding, string why)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        (string, string)[] headers = encoding.Length == 0 ? [] : [("grpc-encoding", encoding)];

        foreach (var method in new[] { "Answer", "Echo" })
        {
            var reply = await client.CallAsync("/probe.Probe/" + method, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), headers);

            reply.Status.Should().Be("13");
            reply.Message.Should().Contain(why.Replace("Answer", method, StringComparison.Ordinal));
        }

        (await client.CallAsync("/probe.Probe/Answer", new Text())).Status.Should().Be("0", "the connection lives");
        server.Log.Should().BeEmpty("what a client does wrong is no bug");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("identity")]
    public async Task Messages_are_compressed_one_by_one_as_client_and_handler_say(string encoding)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var text = new string('x', 2000);
        var isCompressed = encoding != "identity";
        byte[] Request(bool compressed, bool wanted)
        {
            var message = new Compression { Text = text, IsCompressed = wanted }.ToByteArray();
            return compressed && isCompressed ? FrameClient.Framed(Compressed(message, encoding), flag: 1) : FrameClient.Framed(message);
        }

        var reply = await client.CallAsync(
            "/probe.Probe/EchoCompressed",
            [.. Request(true, false), .. Request(false, true), .. Request(true, true)],
            ("grpc-encoding", encoding), ("grpc-accept-encoding", $"br, identity,{encoding}"));

        reply.Status.Should().Be("0");
        CallReply.Value(reply.Headers, "grpc-encoding").Should().Be(isCompressed ? encoding : null);
        CallReply.Value(reply.Headers, "grpc-accept-encoding").Should().Be("identity,gzip,deflate");
        reply.Framed.Select(message => message.Flag).Should().Equal(isCompressed ? [0, 1, 1] : new byte[] { 0, 0, 0 });
        reply.Framed.Select(message => Compression.Parser.ParseFrom(message.Flag == 1 ? Decompressed(message.Payload, encoding) : message.Payload))
            .Should().Equal(
                new Compression { Text = text, IsCompressed = isCompressed }, new Compression { Text = text }, new Compression { Text = text, IsCompressed = isCompressed });
    }

    [Fact]
    public async Task Nothing_is_compressed_for_a_client_that_does_not_accept_it()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var request = FrameClient.Framed(Compressed(new Compression { Text = "x", IsCompressed = true }.ToByteArray(), "gzip"), flag: 1);

        var reply = await client.CallAsync("/probe.Probe/EchoCompressed", request, ("grpc-encoding", "gzip"));

        reply.Framed.Should().ContainSingle().Which.Flag.Should().Be(0);
        reply.Headers.Select(field => field.Name).Should().NotContain("grpc-encoding");
    }

    [Theory]
    [InlineData("br")]
    [InlineData("GZIP")]
    [InlineData("gzip, deflate")]
    public async Task An_unknown_encoding_is_UNIMPLEMENTED_and_the_known_ones_are_told(string encoding)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/Answer", new Text(), ("grpc-encoding", encoding));

        reply.IsTrailersOnly.Should().BeTrue();
        reply.Status.Should().Be("12");
        CallReply.Value(reply.Headers, "grpc-accept-encoding").Should().Be("identity,gzip,deflate");
    }

    [Fact]
    public async Task A_message_at_the_limit_is_served_and_one_past_it_is_RESOURCE_EXHAUSTED()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var atLimit = TextOfBytes(Limit);

        (await client.CallAsync("/probe.Probe/Answer", atLimit)).Messages(Text.Parser).Should().Equal(atLimit);
        (await client.CallAsync("/probe.Probe/Count", TextOfBytes(Limit + 1))).Status.Should().Be("8", "the request is too long, and there is no response");
    }

    [Theory]
    [InlineData("00400001")]
    [InlineData("80000000")]
    [InlineData("ffffffff")]
    public async Task A_length_over_the_limit_is_refused_by_the_prefix_alone(string length)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var streamId = await client.OpenAsync("/probe.Probe/Answer");
        await client.SendAsync(streamId, Convert.FromHexString("00" + length), endStream: false);

        (await client.ReplyAsync(streamId)).Status.Should().Be("8");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_message_over_the_limit_once_decompressed_is_RESOURCE_EXHAUSTED(string encoding)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        (await Call(Limit)).Status.Should().Be("0");
        (await Call(Limit + 1)).Message.Should().Contain("once decompressed");
        (await Call(16 * 1024 * 1024)).Status.Should().Be("8", "a bomb of 16 KB is no message of 16 MB");

        // What does not fit the count is passed over, and nothing of it comes back.
        Task<CallReply> Call(int bytes) => client.CallAsync(
            "/probe.Probe/Count", FrameClient.Framed(Compressed(TextOfBytes(bytes).ToByteArray(), encoding), flag: 1), ("grpc-encoding", encoding));
    }

    [Fact]
    public async Task A_response_over_the_limit_is_RESOURCE_EXHAUSTED()
    {
        await using var server = await RunningServer.StartAsync(options => options with { MaxMessageBytes = 100 });
        await using var client = await server.ConnectAsync();

        (await Inspect(60)).Status.Should().Be("0");
        var reply = await Inspect(500);
        reply.Status.Should().Be("8");
        reply.IsTrailersOnly.Should().BeTrue();

        Task<CallReply> Inspect(int bytes) => client.CallAsync("/probe.Probe/Inspect", new Text(), ("x", new string('x', bytes - 60)));
    }

    [Theory]
    [InlineData("Answer", 0, "none came")]
    [InlineData("Answer", 2, "more came")]
    [InlineData("Count", 0, "none came")]
    [InlineData("Count", 2, "more came")]
    public async Task Other_than_one_request_is_UNIMPLEMENTED(string method, int requests, string why)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/" + method, new byte[5 * requests]);

        reply.IsTrailersOnly.Should().BeTrue();
        reply.Status.Should().Be("12");
        reply.Message.Should().Contain(why);
    }

    [Fact]
    public async Task Streams_take_no_request_as_well()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        (await client.CallAsync("/probe.Probe/Sum", [])).Messages(Number.Parser).Should().Equal(new Number());
        (await client.CallAsync("/probe.Probe/Echo", [])).Status.Should().Be("0");
    }

    /// <summary>A text whose message has exactly so many bytes, of 64 KiB or more.</summary>
    private static Text TextOfBytes(int bytes)
    {
        var text = new Text { Text_ = new string('x', bytes - 4) };
        text.Text_ = text.Text_[..(text.Text_.Length - (text.CalculateSize() - bytes))];
        text.CalculateSize().Should().Be(bytes);
        return text;
    }

    private static byte[] Compressed(byte[] bytes, string encoding)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding == "gzip" ? new GZipStream(compressed, CompressionLevel.Optimal) : new ZLibStream(compressed, CompressionLevel.Optimal))
        {
            stream.Write(bytes);
        }

        return compressed.ToArray();
    }

    private static byte[] Decompressed(byte[] bytes, string encoding)
    {
        using var source = new MemoryStream(bytes);
        using Stream stream = encoding == "gzip" ? new GZipStream(source, CompressionMode.Decompress) : new ZLibStream(source, CompressionMode.Decompress);
        using var all = new MemoryStream();
        stream.CopyTo(all);
        return all.ToArray();
    }
}
