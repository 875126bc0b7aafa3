using LogWatcher.Protos.Health.V1;
using LogWatcher.Rpc;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Rpc;

/// <summary>Authentication and the rate limit: written once, on both doors.</summary>
[Trait("Node", "executable")]
public sealed class InterceptorTests
{
    private const string Token = "s3cret";

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("Bearer ", false)]
    [InlineData("Bearer s3cre", false)]
    [InlineData("Bearer s3crett", false)]
    [InlineData("Bearer S3CRET", false)]
    [InlineData("Basic s3cret", false)]
    [InlineData("s3cret", false)]
    [InlineData("Bearer s3cret", true)]
    [InlineData("bearer s3cret", true)]
    public async Task A_call_needs_the_token_over_HTTP_2(string? authorization, bool mayCall)
    {
        await using var server = await RunningServer.StartAsync(interceptors: new InterceptorChain(TokenAuthentication.Requiring(Token)));
        await using var client = await server.ConnectAsync();
        (string, string)[] headers = authorization is null ? [] : [("authorization", authorization)];

        foreach (var method in new[] { "Answer", "Count", "Sum", "Echo" })
        {
            var reply = await client.CallAsync("/probe.Probe/" + method, new byte[5], headers);
            reply.Status.Should().Be(mayCall ? "0" : "16");
            reply.ToString().Should().NotContain(Token);
        }

        (await client.CallAsync("/grpc.health.v1.Health/Check", new HealthCheckRequest(), headers)).Status.Should().Be("0", "health is free");
    }

    [Theory]
    [InlineData("", "UNAUTHENTICATED")]
    [InlineData(""","metadata":{"authorization":"Bearer wrong"}""", "UNAUTHENTICATED")]
    [InlineData(""","metadata":{"authorization":"Bearer s3cret"}""", "OK")]
    public void And_so_it_does_on_stdin(string metadata, string status)
    {
        var call = ChatLines.Of($$$"""{"type":"grpc_server_stream","msg_id":2,"service":"LogWatcher","method":"WatchLogs","request":{"limit":1}{{{metadata}}}}""");

        var result = NodeProcess.Run(string.Join('\n', ChatLines.Init, call), "--token", Token);

        result.OutputLines[^1].Should().Contain($"\"status\": \"{status}\"");
        result.ErrorLines.Should().BeEmpty();
    }

    [Theory]
    [InlineData("/nobody.Service/Answer")]
    [InlineData("/probe.Probe/Nothing_of_this_name")]
    [InlineData("/probe.Probe")]
    [InlineData("/")]
    public async Task Who_has_no_token_learns_no_names_over_HTTP_2(string path)
    {
        await using var server = await RunningServer.StartAsync(interceptors: new InterceptorChain(TokenAuthentication.Requiring(Token), RateLimit.Of(1)), time: Standing);
        await using var client = await server.ConnectAsync();

        var refused = await client.CallAsync(path, new byte[5]);
        refused.Status.Should().Be("16");
        refused.Message.Should().NotContain("Probe").And.NotContain("there are");
        (await client.CallAsync(path, new byte[5], ("authorization", "Bearer " + Token))).Status.Should().Be("12");
        (await client.CallAsync(path, new byte[5], ("authorization", "Bearer " + Token))).Status.Should().Be("8", "it counts as any call");
        (await client.CallAsync("/grpc.health.v1.Health/Nothing", new byte[5])).Status.Should().Be("12", "health is free");
    }

    [Theory]
    [InlineData("Nobody", "WatchLogs", "")]
    [InlineData("LogWatcher", "Nothing", "")]
    [InlineData("LogWatcher", "WatchLogs", """,  "metadata":{"authorization":"Bearer wrong"}""")]
    public void And_none_on_stdin(string service, string method, string metadata)
    {
        string[] calls = [
            $$$"""{"type":"grpc_call","msg_id":2,"service":"{{{service}}}","method":"{{{method}}}"{{{metadata}}}}""",
            $$$"""{"type":"grpc_call","msg_id":3,"service":"{{{service}}}","method":"{{{method}}}","metadata":{"authorization":"Bearer s3cret"}}""",
        ];

        var result = NodeProcess.Run(string.Join('\n', calls.Select(call => ChatLines.Of(call)).Prepend(ChatLines.Init)), "--token", Token, "--verbose");

        result.OutputLines[^2].Should().Contain("\"status\": \"UNAUTHENTICATED\"").And.NotContain("there are").And.NotContain("opened with");
        result.OutputLines[^1].Should().Contain("\"status\": \"UNIMPLEMENTED\"").And.ContainAny("there are", "opened with");
        result.ErrorLines.Should().HaveCount(2).And.OnlyContain(line => line.Contains($"{service}/{method}: UN", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_peer_has_so_many_calls_a_second_and_no_more_at_once()
    {
        var time = new ManualTimeProvider();
        await using var server = await RunningServer.StartAsync(interceptors: new InterceptorChain(RateLimit.Of(3)), time: time);
        await using var client = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();

        (await StatusesAsync(client, 4)).Should().Equal("0", "0", "0", "8");
        (await StatusesAsync(other, 1)).Should().Equal(["8"], "another connection is the same peer");
        (await client.CallAsync("/grpc.health.v1.Health/Check", new HealthCheckRequest())).Status.Should().Be("0", "health is free");
        time.Advance(TimeSpan.FromMilliseconds(334));
        (await StatusesAsync(client, 2)).Should().Equal("0", "8");
        time.Advance(TimeSpan.FromDays(1));
        (await StatusesAsync(client, 4)).Should().Equal("0", "0", "0", "8");
    }

    [Fact]
    public async Task On_stdin_a_peer_is_a_src()
    {
        await using var node = await RunningNode.StartAsync(interceptors: new InterceptorChain(RateLimit.Of(1)), time: new ManualTimeProvider());
        foreach (var (src, status) in new[] { ("c1", "OK"), ("c1", "RESOURCE_EXHAUSTED"), ("c2", "OK") })
        {
            var msgId = src == "c1" && status == "OK" ? 1 : 2;
            node.Feed($$$"""{"src":"{{{src}}}","dest":"n1","body":{"type":"grpc_call","msg_id":{{{msgId}}},"service":"Probe","method":"Answer"}}""");
            (await node.ReadAsync()).Should().Contain($"\"status\": \"{status}\"");
        }
    }

    [Fact]
    public async Task More_peers_than_are_kept_share_what_is_left()
    {
        var limit = RateLimit.Of(1);
        for (var peer = 0; peer < RateLimit.MaxPeers; peer++)
        {
            (await MayCallAsync($"peer {peer}")).Should().BeTrue();
        }

        (await MayCallAsync("one more")).Should().BeTrue("the shared bucket has one call");
        (await MayCallAsync("and another")).Should().BeFalse();
        (await MayCallAsync("peer 0")).Should().BeFalse("its own bucket is kept");

        async Task<bool> MayCallAsync(string peer)
        {
            try
            {
                await limit(new PlainCall(peer: peer, time: Standing), _ => Task.CompletedTask);
                return true;
            }
            catch (RpcException exception) when (exception.Status.Code == StatusCode.ResourceExhausted)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Whatever_a_client_says_its_call_is_one_line_of_the_log()
    {
        var lines = new List<string>();
        var call = new PlainCall(peer: "c1\nlogwatcher: forged");

        var logged = () => CallLog.To(lines.Add)(call, _ => throw new RpcException(StatusCode.InvalidArgument, "no \r\n\u001b[2Jsuch thing"));

        await logged.Should().ThrowAsync<RpcException>();
        lines.Should().ContainSingle().Which.Should().Contain(@"c1\u000alogwatcher: forged").And.EndWith(@"no \u000d\u000a\u001b[2Jsuch thing");
    }

    private static ManualTimeProvider Standing { get; } = new();

    private static async Task<List<string?>> StatusesAsync(FrameClient client, int calls)
    {
        var statuses = new List<string?>();
        for (var call = 0; call < calls; call++)
        {
            statuses.Add((await client.CallAsync("/probe.Probe/Answer", new Text())).Status);
        }

        return statuses;
    }
}
