using Google.Protobuf.Reflection;
using LogWatcher.Logs;
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

    /// <summary>The service of that name in a .proto file.</summary>
    private static ServiceDescriptor Service(this FileDescriptor file, string name) => file.Services.Single(service => service.Name == name);
}
