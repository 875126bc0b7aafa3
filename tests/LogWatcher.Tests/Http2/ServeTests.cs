using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LogWatcher.Protos.Health.V1;
using LogWatcher.Protos.V1;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Http2;

/// <summary>The real executable as <c>logwatcher serve</c>: addresses, TLS, what it says, signals, exit codes.</summary>
[Trait("Node", "executable")]
public sealed class ServeTests
{
    private const string Watch = "/logwatcher.v1.LogWatcher/WatchLogs";
    private const string Check = "/grpc.health.v1.Health/Check";

    [Fact]
    public async Task It_says_where_it_listens_and_serves_the_logs_there()
    {
        using var folder = new TempFolder();
        using var node = ServeProcess.Start("--listen", "http://127.0.0.1:0", "--logs", folder.Write("app.log", "ERROR disk full\nINFO fine\n"));
        await using var client = await FrameClient.ConnectAsync(node.EndPoints[0]);

        var reply = await client.CallAsync(Watch, new WatchLogsRequest { Filter = "ERROR" });

        reply.Messages(LogEntry.Parser).Should().ContainSingle().Which.Msg.Should().Be("disk full");
        reply.Status.Should().Be("0");
        node.Process.Errors.Should().MatchRegex("^logwatcher: listening on http://127\\.0\\.0\\.1:[1-9][0-9]*\n$");
    }

    [Fact]
    public async Task It_may_listen_on_several_addresses_and_on_a_socket()
    {
        using var folder = new TempFolder();
        var path = folder["node.sock"];

        // What a process that was killed has left behind is no hindrance.
        ServeProcess.Start("--listen", "unix:" + path).Dispose();
        File.Exists(path).Should().BeTrue();
        using var node = ServeProcess.Start("--listen", "http://127.0.0.1:0", "--listen", "http://[::1]:0", "--listen", "unix:" + path);
        node.EndPoints.Should().HaveCount(3);
        foreach (var endPoint in node.EndPoints)
        {
            await using var client = await FrameClient.ConnectAsync(endPoint);
            (await client.CallAsync(Check, new HealthCheckRequest())).Status.Should().Be("0");
        }

        var second = NodeProcess.Run("", "serve", "--listen", "unix:" + path);
        second.ExitCode.Should().Be(1, "somebody answers there");
        second.ErrorLines.Should().ContainSingle().Which.Should().Contain("unix:" + path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ERROR disk full\n")]
    public void A_file_in_the_place_of_a_socket_is_not_touched(string text)
    {
        using var folder = new TempFolder();
        var path = folder.Write("app.log", text);

        var result = NodeProcess.Run("", "serve", "--listen", "unix:" + path);

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().Contain("unix:" + path).And.Contain("no socket");
        File.ReadAllText(path).Should().Be(text);
    }

    [Fact]
    public void A_path_that_is_too_long_for_a_socket_exits_1_and_is_named()
    {
        var address = "unix:/tmp/" + new string('a', 200);

        var result = NodeProcess.Run("", "serve", "--listen", address);

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith($"logwatcher: can't listen on {address}: ");
    }

    [Fact]
    public void A_certificate_that_is_not_for_servers_exits_1_and_says_so()
    {
        using var folder = new TempFolder();
        var (certificate, key) = WriteCertificate(folder, usage: "1.3.6.1.5.5.7.3.2");

        var result = NodeProcess.Run("", "serve", "--listen", "https://127.0.0.1:0", "--cert", certificate, "--key", key);

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().Contain("cannot be used as an SSL server certificate");
    }

    [Fact]
    public void A_port_that_is_taken_exits_1_and_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = $"http://{taken.LocalEndpoint}";

        var result = NodeProcess.Run("", "serve", "--listen", address);

        result.ExitCode.Should().Be(1);
        result.Output.Should().BeEmpty();
        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith("logwatcher: can't listen on ").And.Contain(address);
    }

    [Fact]
    public async Task TLS_negotiates_HTTP_2_and_HTTP_1()
    {
        using var folder = new TempFolder();
        var (certificate, key) = WriteCertificate(folder);
        using var node = ServeProcess.Start("--listen", "https://127.0.0.1:0", "--cert", certificate, "--key", key);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.Subject == "CN=node";
        using var client = new HttpClient(handler);
        foreach (var (version, contentType) in new[] { ("2.0", "application/grpc"), ("2.0", "application/grpc-web"), ("1.1", "application/grpc-web") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"https://{node.EndPoints[0]}{Check}"))
            {
                Version = Version.Parse(version),
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(new byte[5]),
            };
            request.Content.Headers.ContentType = new(contentType);
            using var response = await client.SendAsync(request);
            response.StatusCode.Should().Be(HttpStatusCode.OK);
            CallReply.SplitBody(await response.Content.ReadAsByteArrayAsync())[0].Payload.Should().Equal(8, 1);
        }
    }

    [Theory]
    [InlineData("--listen nonsense", "--listen must be http://ADDRESS:PORT")]
    [InlineData("--listen http://127.0.0.1", "--listen must be")]
    [InlineData("--listen http://127.0.0.1:65536", "--listen must be")]
    [InlineData("--listen http://example.org:80", "--listen must be")]
    [InlineData("--listen http://::1:80", "--listen must be")]
    [InlineData("--listen unix:node.sock", "--listen must be")]
    [InlineData("--listen http://0.0.0.0:0", "http://0.0.0.0:0 would serve others without TLS")]
    [InlineData("--listen http://*:0", "http://[::]:0 would serve others without TLS")]
    [InlineData("--listen https://127.0.0.1:0", "https://127.0.0.1:0 needs --cert and --key")]
    [InlineData("--cert a.pem", "--cert and --key go together")]
    [InlineData("--cert a --key b --listen http://127.0.0.1:0", "--cert and --key are for an address with https://")]
    [InlineData("--max-streams 0", "--max-streams must be an integer from 1 to 1000000")]
    [InlineData("--max-message-bytes 0", "--max-message-bytes must be an integer from 1 to 1073741824")]
    [InlineData("--cors example.org", "--cors must be an origin")]
    [InlineData("--cors https://example.org/", "--cors must be an origin")]
    [InlineData("--rate 0", "--rate must be an integer from 1 to 1000000")]
    [InlineData("--token a --token-file b", "--token and --token-file both say the token")]
    [InlineData("--token \u00e9", "--token must be printable ASCII")]
    [InlineData("--max-calls 0", "--max-calls must be an integer from 1 to 1000000")]
    [InlineData("serve", "unknown argument \"serve\"")]
    public void Bad_arguments_exit_2_with_one_line_that_names_them_and_the_usage(string arguments, string text)
    {
        var result = NodeProcess.Run("", ["serve", .. arguments.Split(' ')]);

        result.ExitCode.Should().Be(2);
        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith("logwatcher: " + text).And.Contain("; usage: logwatcher serve ");
    }

    [Fact]
    public void Every_address_is_that_of_IPv4_where_there_is_no_IPv6()
    {
        using var node = NodeProcess.Start(new Dictionary<string, string> { ["DOTNET_SYSTEM_NET_DISABLEIPV6"] = "1" }, "serve", "--listen", "http://*:0");

        node.WaitForExit().Should().Be(2);
        node.Errors.Should().StartWith("logwatcher: http://0.0.0.0:0 would serve others without TLS");
    }

    [Theory]
    [InlineData("--cert", "nowhere.pem", "--key", "nowhere.key")]
    [InlineData("--token-file", "nowhere", "--listen", "http://127.0.0.1:0")]
    [InlineData("--token-file", "/dev/null", "--listen", "http://127.0.0.1:0")]
    public void Files_that_can_not_be_used_exit_1_and_are_named(params string[] arguments)
    {
        var result = NodeProcess.Run("", ["serve", .. arguments]);

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().Contain(arguments[1]);
    }

    [Theory]
    [InlineData("two\nlines\n")]
    [InlineData("of\u0001control")]
    [InlineData("de l'\u00e9t\u00e9")]
    public void A_token_that_no_client_could_send_exits_1(string token)
    {
        using var folder = new TempFolder();
        var path = folder.Write("token", token);

        var result = NodeProcess.Run("", "serve", "--listen", "http://127.0.0.1:0", "--token-file", path);

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().Contain(path).And.Contain("must be printable ASCII");
    }

    [Fact]
    public void Help_tells_of_the_door()
    {
        var result = NodeProcess.Run("", "serve", "--help");

        result.ExitCode.Should().Be(0);
        result.OutputLines[0].Should().StartWith("usage: logwatcher serve [--listen ADDRESS]...");
        result.OutputLines.Should().Contain(line => line.Contains("--cors ORIGIN", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(NodeProcess.Sigterm)]
    [InlineData(NodeProcess.Sigint)]
    public async Task A_signal_ends_watches_and_the_process_at_once(int signal)
    {
        // Were any of it waited for, the grace would outlast the test.
        using var node = ServeProcess.Start("--listen", "http://127.0.0.1:0", "--grace", "86400");
        await using var client = await FrameClient.ConnectAsync(node.EndPoints[0]);
        var streamId = await client.OpenAsync(Watch);
        await client.SendAsync(streamId, FrameClient.Framed(new WatchLogsRequest { Filter = "timeout", Follow = true }), endStream: true);
        (await client.NextAsync(streamId)).Type.Should().Be(FrameType.Headers);

        node.Process.Signal(signal);

        (await client.ReplyAsync(streamId)).Frames[^1].Headers.Should().Contain(("grpc-status", "14"));
        await client.Closed;
        node.Process.WaitForExit().Should().Be(0);
    }

    [Fact]
    public async Task A_running_call_gets_the_grace_and_a_second_signal_ends_it_all()
    {
        using (var node = ServeProcess.Start("--listen", "http://127.0.0.1:0", "--grace", "0.2"))
        {
            await using var client = await FrameClient.ConnectAsync(node.EndPoints[0]);
            var streamId = await ChatAsync(client);
            node.Process.Signal(NodeProcess.Sigterm);
            var end = await client.ReplyAsync(streamId);
            end.Frames[^1].Headers.Should().Contain(("grpc-status", "14"));
            node.Process.WaitForExit().Should().Be(0);
        }

        using (var node = ServeProcess.Start("--listen", "http://127.0.0.1:0", "--grace", "86400"))
        {
            await using var client = await FrameClient.ConnectAsync(node.EndPoints[0]);
            await ChatAsync(client);
            node.Process.Signal(NodeProcess.Sigterm);
            while ((await client.NextAsync(FrameClient.Connection)).Type != FrameType.GoAway)
            {
            }

            node.Process.Signal(NodeProcess.Sigterm);
            node.Process.WaitForExit().Should().Be(143);
        }
    }

    [Fact]
    public async Task Token_rate_and_log_stand_around_the_calls_and_health_is_free()
    {
        using var folder = new TempFolder();
        using var node = ServeProcess.Start(
            "--listen", "http://127.0.0.1:0", "--token-file", folder.Write("token", "s3cret-token\n"), "--rate", "2", "--verbose");
        await using var client = await FrameClient.ConnectAsync(node.EndPoints[0]);
        var watch = new WatchLogsRequest { Limit = 1 };

        (await client.CallAsync(Watch, watch)).Status.Should().Be("16");
        (await client.CallAsync(Watch, watch, ("authorization", "Bearer wrong"))).Status.Should().Be("16");
        (await client.CallAsync(Watch, watch, ("authorization", "Bearer s3cret-token"))).Status.Should().Be("0");
        (await client.CallAsync(Watch, watch, ("authorization", "bearer s3cret-token"))).Status.Should().Be("0");
        for (var call = 0; call < 10; call++)
        {
            (await client.CallAsync(Check, new HealthCheckRequest())).Status.Should().Be("0");
        }

        node.Process.Signal(NodeProcess.Sigterm);
        node.Process.WaitForExit().Should().Be(0);
        node.Process.Errors.Should().Contain("WatchLogs: UNAUTHENTICATED").And.Contain("WatchLogs: OK").And.NotContain("s3cret").And.NotContain("wrong");
    }

    private static async Task<int> ChatAsync(FrameClient client)
    {
        var streamId = await client.OpenAsync("/logwatcher.v1.Chat/BiDiChat");
        await client.SendAsync(streamId, FrameClient.Framed(new ChatText { Text = "hello" }), endStream: false);
        await client.NextAsync(streamId);
        (await client.NextAsync(streamId)).Type.Should().Be(FrameType.Data);
        return streamId;
    }

    /// <param name="usage">The one extended key usage that it is for; null: it is for any.</param>
    private static (string Certificate, string Key) WriteCertificate(TempFolder folder, string? usage = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        if (usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        }

        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (folder.Write("cert.pem", certificate.ExportCertificatePem()), folder.Write("key.pem", key.ExportPkcs8PrivateKeyPem()));
    }
}
