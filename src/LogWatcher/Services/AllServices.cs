using LogWatcher.Protos.V1;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>Every service of the node, a line each.</summary>
internal static class AllServices
{
    public static MethodTable Register(MethodTable methods) => methods
        .Add(Named(LogwatcherReflection.Descriptor, "Chat"), new ChatService());

    private static Google.Protobuf.Reflection.ServiceDescriptor Named(Google.Protobuf.Reflection.FileDescriptor file, string service) =>
        file.Services.Single(descriptor => descriptor.Name == service);
}
