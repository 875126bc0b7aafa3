using Google.Protobuf.Reflection;
using LogWatcher.Logs;
using LogWatcher.Protos.Health.V1;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>Every service of the node, a line each.</summary>
internal static class AllServices
{
    /// <param name="logs">What LogWatcher watches.</param>
    public static MethodTable Register(MethodTable methods, LogSet logs) => methods
        .Add(LogwatcherReflection.Descriptor.Service("LogWatcher"), new LogWatcherService(logs))
        .Add(LogwatcherReflection.Descriptor.Service("Chat"), new ChatService());

    /// <summary>The same for the HTTP/2 door, where gRPC's clients look for health and reflection as well.</summary>
    /// <param name="health">Told when the node stops.</param>
    public static MethodTable RegisterForHttp2(MethodTable methods, LogSet logs, out HealthService health) =>
        RegisterStandard(Register(methods, logs), out health);

    /// <summary>Adds gRPC's own services to a table, which they tell about.</summary>
    public static MethodTable RegisterStandard(MethodTable methods, out HealthService health)
    {
        health = new HealthService(methods);
        var reflection = new ReflectionService(methods);
        return methods
            .Add(HealthReflection.Descriptor.Service("Health"), health)
            .Add(Protos.Reflection.V1.ReflectionReflection.Descriptor.Service("ServerReflection"), reflection)
            .Add(Protos.Reflection.V1Alpha.ReflectionReflection.Descriptor.Service("ServerReflection"), new ReflectionV1AlphaService(reflection), hasShortName: false);
    }

    /// <summary>The service of that name in a .proto file.</summary>
    private static ServiceDescriptor Service(this FileDescriptor file, string name) => file.Services.Single(service => service.Name == name);
}
