using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Http2;

/// <summary>Rule 1: what is a call, and what is answered to whatever is none.</summary>
public sealed class RequestTests
{
    private const string Answer = "/probe.Probe/Answer";

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc+proto;charset=utf-8")]
    [InlineData("application/grpc; charset=utf-8")]
    [InlineData("Application/gRPC")]
    public async Task Every_content_type_of_gRPC_is_served(string contentType)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync(Answer, new Text { Text_ = "hello" }, ("content-type", contentType));

        reply.Messages(Text.Parser).Should().Equal(new Text { Text_ = "hello" });
        reply.Status.Should().Be("0");
    }

    [Fact]
    public async Task Messages_may_be_JSON()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync(Answer, FrameClient.Framed("""{"text":"hello"}"""u8.ToArray()), ("content-type", "application/grpc+json"));

        CallReply.Value(reply.Headers, "content-type").Should().Be("application/grpc+json");
        reply.Framed.Should().ContainSingle().Which.Payload.Should().Equal("""{"text": "hello"}"""u8.ToArray());
        reply.Status.Should().Be("0");

        reply = await client.CallAsync(Answer, FrameClient.Framed("""{"text":7}"""u8.ToArray()), ("content-type", "application/grpc+json"));
        reply.Status.Should().Be("13");
        reply.Message.Should().Contain("text: expected a string, got 7");

        reply = await client.CallAsync(Answer, FrameClient.Framed([]), ("content-type", "application/grpc+json"));
        reply.Status.Should().Be("0", "a message of no bytes is the empty message");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    [InlineData("application/grpcx")]
    [InlineData("application/grpc+xml")]
    [InlineData("")]
    public async Task Other_content_types_are_415(string contentType)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync(Answer, new Text(), ("content-type", contentType));

        reply.HttpStatus.Should().Be("415");
        reply.Status.Should().BeNull();
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Other_verbs_are_405(string verb)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var streamId = await client.OpenAsync(FrameClient.CallHeaders(Answer).Select(field => field.Name == ":method" ? (":method", verb) : field), endStream: true);
        var reply = await client.ReplyAsync(streamId);

        reply.HttpStatus.Should().Be("405");
        CallReply.Value(reply.Headers, "allow").Should().Be("POST");
    }

    [Theory]
    [InlineData("/probe.Probe/answer")]
    [InlineData("/Probe.Probe/Answer")]
    [InlineData("/probe.Probe/Nonsense")]
    [InlineData("/Probe/Answer")]
    [InlineData("/probe.Probe/Answer/")]
    [InlineData("/probe.Probe/Answer?x=1")]
    [InlineData("/probe.Probe/%41nswer")]
    [InlineData("/probe.Probe")]
    [InlineData("//Answer")]
    [InlineData("/")]
    public async Task Paths_that_name_no_method_are_200_and_UNIMPLEMENTED(string path)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync(path, new Text());

        reply.IsTrailersOnly.Should().BeTrue();
        reply.HttpStatus.Should().Be("200");
        reply.Status.Should().Be("12");
        reply.Message.Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_missing_te_is_tolerated()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var streamId = await client.OpenAsync(FrameClient.CallHeaders(Answer).Where(field => field.Name != "te"));
        await client.SendAsync(streamId, FrameClient.Framed(new Text()), endStream: true);

        (await client.ReplyAsync(streamId)).Status.Should().Be("0");
    }
}
