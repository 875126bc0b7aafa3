using LogWatcher.Logs;
using LogWatcher.Protos.Assistant;
using LogWatcher.Protos.Files;
using LogWatcher.Protos.Health.V1;
using LogWatcher.Protos.Messenger;
using LogWatcher.Protos.Monitoring;
using LogWatcher.Protos.Rooms;
using LogWatcher.Protos.Stocks;
using LogWatcher.Protos.Streaming;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>Every service of the node, a line each; what it needs is made at its first call.</summary>
internal static class AllServices
{
    /// <param name="logs">What LogWatcher watches.</param>
    /// <param name="options">What the command line says to the services.</param>
    public static MethodTable Register(MethodTable methods, LogSet logs, ServiceOptions? options = null)
    {
        options ??= new ServiceOptions();
        return methods
            .Add("logwatcher.v1.LogWatcher", () => LogwatcherReflection.Descriptor, () => new LogWatcherService(logs))
            .Add("logwatcher.v1.LogCollector", () => CollectorReflection.Descriptor, () => new LogCollector(logs.Collected))
            .Add("logwatcher.v1.Chat", () => LogwatcherReflection.Descriptor, () => new ChatService())
            .Add("streaming.StreamingService", () => StreamingReflection.Descriptor, () => new StreamingService(options.Pace))
            .Add("FileService", () => FilesReflection.Descriptor, () => new FileService(options.Files))
            .Add("ChatService", () => RoomsReflection.Descriptor, () => new RoomService())
            .Add("MonitoringService", () => MonitoringReflection.Descriptor, () => new MonitoringService(new LogWatcherService(logs), options.Counts))
            .Add("StockService", () => StocksReflection.Descriptor, () => new StockService())
            .Add("messenger.LearningMessenger", () => MessengerReflection.Descriptor, () => new LearningMessenger(options.Pace))
            .Add("AssistantService", () => AssistantReflection.Descriptor, () => new AssistantService(options.Pace, options.Story, options.Random));
    }

    /// <summary>The same for the HTTP/2 door, where gRPC's clients look for health and reflection as well.</summary>
    /// <param name="health">Told when the node stops.</param>
    public static MethodTable RegisterForHttp2(MethodTable methods, LogSet logs, ServiceOptions options, out HealthService health) =>
        RegisterStandard(Register(methods, logs, options), out health);

    /// <summary>Adds gRPC's own services to a table, which they tell about.</summary>
    public static MethodTable RegisterStandard(MethodTable methods, out HealthService health)
    {
        var its = health = new HealthService(methods);
        var reflection = new ReflectionService(methods);
        return methods
            .Add("grpc.health.v1.Health", () => HealthReflection.Descriptor, () => its)
            .Add("grpc.reflection.v1.ServerReflection", () => Protos.Reflection.V1.ReflectionReflection.Descriptor, () => reflection)
            .Add(
                "grpc.reflection.v1alpha.ServerReflection",
                () => Protos.Reflection.V1Alpha.ReflectionReflection.Descriptor,
                () => new ReflectionV1AlphaService(reflection),
                hasShortName: false);
    }
}
