using Google.Protobuf.Reflection;
using LogWatcher.Protos.Health.V1;
using LogWatcher.Protos.Reflection.V1;
using LogWatcher.Tests.Support;
using static LogWatcher.Protos.Health.V1.HealthCheckResponse.Types;

namespace LogWatcher.Tests.Http2;

/// <summary>Rule 13: whether it is alive, and what it serves.</summary>
public sealed class HealthAndReflectionTests
{
    private const string Check = "/grpc.health.v1.Health/Check";
    private const string Watch = "/grpc.health.v1.Health/Watch";

    [Theory]
    [InlineData("")]
    [InlineData("probe.Probe")]
    [InlineData("grpc.health.v1.Health")]
    public async Task What_is_served_is_SERVING(string service)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync(Check, new HealthCheckRequest { Service = service });

        reply.Messages(HealthCheckResponse.Parser).Should().Equal(new HealthCheckResponse { Status = ServingStatus.Serving });
    }

    [Fact]
    public async Task An_unknown_service_is_NOT_FOUND_to_Check_and_SERVICE_UNKNOWN_to_Watch_which_stays_open()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        (await client.CallAsync(Check, new HealthCheckRequest { Service = "Probe" })).Status.Should().Be("5");

        var streamId = await WatchAsync(client, "nonsense");
        (await NextStatusAsync(client, streamId)).Should().Be(ServingStatus.ServiceUnknown);
        await client.PingAsync();
        client.HasFrame(streamId).Should().BeFalse("the stream is open");
    }

    [Fact]
    public async Task Everything_turns_NOT_SERVING_at_the_stop()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var streamId = await WatchAsync(client, "");
        (await NextStatusAsync(client, streamId)).Should().Be(ServingStatus.Serving);
        var unknown = await WatchAsync(client, "nonsense");
        await NextStatusAsync(client, unknown);

        server.Health.TurnNotServing();

        Unframe((await client.NextAsync(streamId)).Payload).Should().Be(ServingStatus.NotServing);
        (await client.NextAsync(streamId)).Headers.Should().Contain(("grpc-status", "14"));
        (await client.NextAsync(unknown)).Headers.Should().Contain(("grpc-status", "14"));
        (await client.CallAsync(Check, new HealthCheckRequest())).Messages(HealthCheckResponse.Parser).Single().Status.Should().Be(ServingStatus.NotServing);
    }

    [Fact]
    public async Task List_names_every_service()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var reply = await client.CallAsync("/grpc.health.v1.Health/List", new HealthListRequest());

        var statuses = reply.Messages(HealthListResponse.Parser).Single().Statuses;
        statuses.Keys.Should().Contain(["", "probe.Probe", "grpc.reflection.v1.ServerReflection"]);
        statuses.Values.Should().OnlyContain(each => each.Status == ServingStatus.Serving);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v1alpha")]
    public async Task Reflection_lists_the_services_and_gives_their_files_with_all_imports(string version)
    {
        var services = await AskAsync(version, new ServerReflectionRequest { Host = "h", ListServices = "*" });
        services.ValidHost.Should().Be("h");
        services.OriginalRequest.ListServices.Should().Be("*");
        services.ListServicesResponse.Service.Select(service => service.Name).Should().Contain(
            ["probe.Probe", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]);

        foreach (var service in services.ListServicesResponse.Service)
        {
            var answer = await AskAsync(version, new ServerReflectionRequest { FileContainingSymbol = service.Name });
            var files = FileDescriptor.BuildFromByteStrings(answer.FileDescriptorResponse.FileDescriptorProto.Reverse());
            files[^1].Services.Should().Contain(each => each.FullName == service.Name);
        }
    }

    [Theory]
    [InlineData("probe.Probe.Answer")]
    [InlineData("probe.Entry")]
    [InlineData("probe.Entry.binary")]
    [InlineData("grpc.health.v1.HealthCheckResponse.ServingStatus")]
    [InlineData("grpc.health.v1.HealthCheckResponse.NOT_SERVING")]
    [InlineData("grpc.health.v1.HealthListResponse.StatusesEntry")]
    [InlineData("grpc.reflection.v1.ServerReflectionRequest.message_request")]
    public async Task Symbols_of_all_kinds_are_found(string symbol)
    {
        var answer = await AskAsync("v1", new ServerReflectionRequest { FileContainingSymbol = symbol });

        answer.FileDescriptorResponse.FileDescriptorProto.Should().NotBeEmpty();
    }

    [Fact]
    public async Task Files_are_found_by_name_and_messages_have_no_extensions()
    {
        (await AskAsync("v1", new ServerReflectionRequest { FileByFilename = "probe.proto" }))
            .FileDescriptorResponse.FileDescriptorProto.Should().ContainSingle();
        var numbers = await AskAsync("v1", new ServerReflectionRequest { AllExtensionNumbersOfType = "probe.Text" });
        numbers.AllExtensionNumbersResponse.BaseTypeName.Should().Be("probe.Text");
        numbers.AllExtensionNumbersResponse.ExtensionNumber.Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_not_there_is_an_error_in_the_stream_which_goes_on()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        ServerReflectionRequest[] questions =
        [
            new() { FileByFilename = "nonsense.proto" }, new() { FileContainingSymbol = "nonsense" }, new() { AllExtensionNumbersOfType = "nonsense" },
            new() { FileContainingExtension = new ExtensionRequest { ContainingType = "probe.Text", ExtensionNumber = 1 } }, new(), new() { ListServices = "" },
        ];

        var reply = await client.CallAsync(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", questions.SelectMany(FrameClient.Framed).ToArray());

        reply.Status.Should().Be("0");
        reply.Messages(ServerReflectionResponse.Parser).Select(answer => answer.ErrorResponse?.ErrorCode).Should().Equal(5, 5, 5, 5, 3, null);
    }

    private static async Task<ServerReflectionResponse> AskAsync(string version, ServerReflectionRequest request)
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var reply = await client.CallAsync($"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo", request);
        reply.Status.Should().Be("0");
        return reply.Messages(ServerReflectionResponse.Parser).Single();
    }

    private static async Task<int> WatchAsync(FrameClient client, string service)
    {
        var streamId = await client.OpenAsync(Watch);
        await client.SendAsync(streamId, FrameClient.Framed(new HealthCheckRequest { Service = service }), endStream: true);
        (await client.NextAsync(streamId)).Type.Should().Be(FrameType.Headers);
        return streamId;
    }

    private static async Task<ServingStatus> NextStatusAsync(FrameClient client, int streamId) => Unframe((await client.NextAsync(streamId)).Payload);

    private static ServingStatus Unframe(byte[] frame) => HealthCheckResponse.Parser.ParseFrom(frame.AsSpan(5)).Status;
}
