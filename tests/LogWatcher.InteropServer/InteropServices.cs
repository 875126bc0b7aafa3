using LogWatcher.InteropServer.Protos;
using LogWatcher.Rpc;

namespace LogWatcher.InteropServer;

/// <summary>What this server has beside health and reflection; not <c>UnimplementedService</c>, which nobody has.</summary>
internal static class InteropServices
{
    public static MethodTable Register(MethodTable methods) =>
        methods.Add(TestReflection.Descriptor.Services.Single(service => service.Name == nameof(TestService)), new TestService());
}
