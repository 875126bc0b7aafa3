using Google.Protobuf;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Http2;

/// <summary>Rules 2, 8 and 10: how an answer and its end stand in frames, and what of the metadata gets through.</summary>
public sealed class ReplyTests
{
    [Fact]
    public async Task Success_is_headers_data_and_headers_that_end_the_stream()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        foreach (var (method, request) in new (string, IMessage)[] { ("Answer", new Text { Text_ = "hi" }), ("Count", new CountRequest { Count = 3 }) })
        {
            var reply = await client.CallAsync("/probe.Probe/" + method, request);

            reply.Frames[0].Type.Should().Be(FrameType.Headers);
            reply.Headers.Should().Contain((":status", "200")).And.Contain(("content-type", "application/grpc"));
            reply.Headers.Select(field => field.Name).Should().NotContain("grpc-status");
            reply.Frames.Skip(1).SkipLast(1).Should().OnlyContain(frame => frame.Type == FrameType.Data && !frame.EndsStream).And.NotBeEmpty();
            reply.Frames[^1].Type.Should().Be(FrameType.Headers);
            reply.Trailers.Should().Equal(("grpc-status", "0"));
        }
    }

    [Fact]
    public async Task Success_without_a_message_has_headers_and_trailers()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/Count", new CountRequest());

        reply.Body.Should().BeEmpty();
        reply.Headers.Select(field => field.Name).Should().NotContain("grpc-status");
        reply.Trailers.Should().Equal(("grpc-status", "0"));
    }

    [Fact]
    public async Task Failure_before_the_first_message_is_one_block_of_headers()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/Fail", new Failure { Code = 5, Message = "not here" });

        reply.IsTrailersOnly.Should().BeTrue(reply.ToString());
        reply.Headers.Should().Contain([(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5"), ("grpc-message", "not here")]);
    }

    [Fact]
    public async Task Failure_behind_a_message_is_in_the_trailers()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/CountAndFail", new Failure { Code = 9, Message = "enough", After = 2 });

        reply.Messages(Number.Parser).Should().HaveCount(2);
        reply.Headers.Select(field => field.Name).Should().NotContain("grpc-status");
        reply.Trailers.Should().BeEquivalentTo([("grpc-status", "9"), ("grpc-message", "enough")]);
    }

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb\tc", "a%0Ab%09c")]
    [InlineData("é€😀", "%C3%A9%E2%82%AC%F0%9F%98%80")]
    [InlineData(" ~\u007f", " ~%7F")]
    public async Task The_message_is_percent_encoded(string message, string encoded)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/Fail", new Failure { Code = 3, Message = message });

        CallReply.Value(reply.Headers, "grpc-message").Should().Be(encoded);
    }

    [Fact]
    public async Task A_bug_is_UNKNOWN_in_general_words_and_the_log_has_the_details()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        foreach (var (method, request) in new (string, IMessage)[] { ("Fail", new Failure()), ("CountAndFail", new Failure { After = 1 }), ("Nothing", new Text()) })
        {
            var reply = await client.CallAsync("/probe.Probe/" + method, request);

            reply.Status.Should().Be("2", method);
            reply.ToString().Should().NotContain(ProbeService.Secret).And.Contain("the handler failed");
        }

        server.Log.Should().HaveCount(3).And.Contain(line => line.Contains(ProbeService.Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metadata_come_in_with_their_duplicates_in_order_and_binary_ones_decoded()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync(
            "/probe.Probe/Inspect",
            new Text(),
            ("x-text", "1"), ("x-bytes-bin", "AQI="), ("x-text", "2, 3"), ("x-bytes-bin", "Aw,BAUG"), ("x-empty", ""), ("x-none-bin", ""),
            ("grpc-timeout", "1H"), ("grpc-accept-encoding", "identity"), ("grpc-encoding", "identity"));

        var inspection = reply.Messages(Inspection.Parser).Single();
        inspection.Metadata.Where(entry => entry.Key.StartsWith("x-", StringComparison.Ordinal)).Should().BeEquivalentTo(
            [
                new Entry { Key = "x-text", Value = "1" }, new Entry { Key = "x-text", Value = "2, 3" },
                new Entry { Key = "x-bytes-bin", Binary = ByteString.CopyFrom(1, 2) }, new Entry { Key = "x-bytes-bin", Binary = ByteString.CopyFrom(3) },
                new Entry { Key = "x-bytes-bin", Binary = ByteString.CopyFrom(4, 5, 6) },
                new Entry { Key = "x-empty" }, new Entry { Key = "x-none-bin" },
            ]);
        inspection.Metadata.Where(entry => entry.Key == "x-text").Select(entry => entry.Value).Should().Equal("1", "2, 3");
        inspection.Metadata.Where(entry => entry.Key == "x-bytes-bin").Select(entry => entry.Binary.Length).Should().Equal(2, 1, 3);
        inspection.Metadata.Select(entry => entry.Key).Should().NotContain(["te", "content-type", "grpc-timeout", "grpc-encoding", "grpc-accept-encoding", ":path", "host"]);
        inspection.Peer.Should().MatchRegex(@"^ipv4:127\.0\.0\.1:\d+$");
    }

    [Fact]
    public async Task Binary_metadata_that_are_no_base64_are_INTERNAL()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/Inspect", new Text(), ("x-bytes-bin", "!"));

        reply.Status.Should().Be("13");
        reply.Message.Should().Contain("x-bytes-bin");
    }

    [Theory]
    [InlineData("Decorate")]
    [InlineData("DecorateStream")]
    public async Task Headers_and_trailers_go_out_with_their_duplicates_and_binary_ones_unpadded(string method)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/probe.Probe/" + method, Decoration());

        CallReply.Values(reply.Headers, "x-head").Should().Equal("a", "b");
        CallReply.Value(reply.Headers, "x-head-bin").Should().Be("AQ");
        CallReply.Value(reply.Trailers, "x-tail").Should().Be("c");
        CallReply.Value(reply.Trailers, "x-tail-bin").Should().Be("AQID/w");
        reply.Status.Should().Be("0");
    }

    [Fact]
    public async Task A_failed_call_brings_its_trailers_too()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var trailersOnly = Decoration();
        trailersOnly.Fails = true;
        trailersOnly.Headers.Clear();

        var reply = await client.CallAsync("/probe.Probe/Decorate", trailersOnly);

        reply.IsTrailersOnly.Should().BeTrue();
        CallReply.Value(reply.Headers, "x-tail").Should().Be("c");
        reply.Status.Should().Be("5");

        var both = Decoration();
        both.Fails = true;
        reply = await client.CallAsync("/probe.Probe/Decorate", both);
        CallReply.Values(reply.Headers, "x-head").Should().Equal(["a", "b"], "a handler's headers are not lost because it failed");
        CallReply.Value(reply.Trailers, "x-tail").Should().Be("c");
        reply.Status.Should().Be("5");
    }

    [Fact]
    public async Task What_a_handler_sets_overrides_nothing_of_the_protocol()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var decoration = new Decoration();
        foreach (var key in new[] { "grpc-status", "grpc-message", "content-type", "content-length", "te", "connection" })
        {
            decoration.Headers.Add(new Entry { Key = key, Value = "7" });
            decoration.Trailers.Add(new Entry { Key = key, Value = "7" });
        }

        decoration.Trailers.Add(new Entry { Key = "x-text", Value = "é" });
        var reply = await client.CallAsync("/probe.Probe/Decorate", decoration);

        reply.Headers.Should().NotContain(field => field.Value == "7").And.Contain(("content-type", "application/grpc"));
        reply.Trailers.Should().Equal(("grpc-status", "0"));
        server.Log.Should().Contain(line => line.Contains("grpc-status", StringComparison.Ordinal))
            .And.Contain(line => line.Contains("x-text", StringComparison.Ordinal));
    }

    private static Decoration Decoration() => new()
    {
        Headers = { new Entry { Key = "x-head", Value = "a" }, new Entry { Key = "x-head-bin", Binary = ByteString.CopyFrom(1) }, new Entry { Key = "x-head", Value = "b" } },
        Trailers = { new Entry { Key = "x-tail", Value = "c" }, new Entry { Key = "x-tail-bin", Binary = ByteString.CopyFrom(1, 2, 3, 255) } },
    };
}
