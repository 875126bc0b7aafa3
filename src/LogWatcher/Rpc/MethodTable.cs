using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.Reflection;

namespace LogWatcher.Rpc;

/// <summary>
/// Every method that the node serves, by service and name. Filled once at the start, then read from any thread.
/// </summary>
internal sealed class MethodTable
{
    private readonly Dictionary<string, Service> _services = [];
    private readonly Dictionary<string, string> _fullNames = [];

    /// <summary>The full names of the services, in the order of registration.</summary>
    public IEnumerable<string> Services => _services.Keys;

    /// <summary>All methods of all services.</summary>
    public IEnumerable<Method> Methods => _services.Values.SelectMany(service => service.Methods.Value.Values);

    /// <summary>The .proto files that the services stand in, each once.</summary>
    public IEnumerable<FileDescriptor> Files => _services.Values.Select(service => service.File()).Distinct();

    /// <summary>
    /// Registers a service: for each <c>rpc</c> of the descriptor the public method of that name on <paramref name="service"/>,
    /// in the form of its kind (see <c>src/ARCHITECTURE.md</c>). The service can then be called by its full or its short name.
    /// </summary>
    /// <typeparam name="TService">The class itself: its methods are looked for there, and not on the object.</typeparam>
    /// <param name="hasShortName">False for one of several versions of a service, whose short names are the same.</param>
    /// <exception cref="ArgumentException">
    /// A method is missing or has another form than its <c>rpc</c> says, or one of the names is taken.
    /// </exception>
    public MethodTable Add<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)] TService>(
        ServiceDescriptor descriptor, TService service, bool hasShortName = true)
        where TService : class
    {
        var methods = BoundService.Bind(new MethodFactory(descriptor.FullName, () => descriptor.File), service);
        return Add(descriptor.FullName, new Service(() => descriptor.File, new Lazy<Dictionary<string, Method>>(methods)), hasShortName);
    }

    /// <summary>The same, with all that the service needs made at its first call: most services of a node are never called.</summary>
    /// <typeparam name="TService">As above.</typeparam>
    /// <param name="fullName">The service's, with its package.</param>
    /// <param name="file">Gives the .proto file that it stands in.</param>
    /// <param name="service">Makes what has its methods; called once at most.</param>
    /// <param name="hasShortName">As above.</param>
    /// <exception cref="ArgumentException">One of the names is taken. What else is wrong is thrown at the first call.</exception>
    public MethodTable Add<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)] TService>(
        string fullName, Func<FileDescriptor> file, Func<TService> service, bool hasShortName = true)
        where TService : class => Add(
        fullName,
        new Service(file, new Lazy<Dictionary<string, Method>>(() => BoundService.Bind(new MethodFactory(fullName, file), service()))),
        hasShortName);

    /// <summary>Finds a method by the full or short name of its service.</summary>
    /// <exception cref="RpcException">UNIMPLEMENTED, naming what there is.</exception>
    public Method Find(string service, string method) => FindByFullName(_fullNames.GetValueOrDefault(service, service), method);

    /// <summary>Finds a method by the full name of its service.</summary>
    /// <exception cref="RpcException">UNIMPLEMENTED, naming what there is.</exception>
    public Method FindByFullName(string service, string method)
    {
        if (!_services.TryGetValue(service, out var bound))
        {
            throw new RpcException(
                StatusCode.Unimplemented,
                $"unknown service \"{UnknownCall.Shortened(service)}\"; there are: {string.Join(", ", Services)}");
        }

        var methods = bound.Methods.Value;
        return methods.TryGetValue(method, out var found)
            ? found
            : throw new RpcException(
                StatusCode.Unimplemented,
                $"unknown method \"{UnknownCall.Shortened(method)}\" of {service}; there are: {string.Join(", ", methods.Keys)}");
    }

    private MethodTable Add(string fullName, Service service, bool hasShortName)
    {
        TakeName(fullName, fullName);
        var shortName = fullName[(fullName.LastIndexOf('.') + 1)..];
        if (hasShortName && shortName != fullName)
        {
            TakeName(shortName, fullName);
        }

        _services.Add(fullName, service);
        return this;
    }

    private void TakeName(string name, string fullName)
    {
        if (!_fullNames.TryAdd(name, fullName))
        {
            throw new ArgumentException($"the service name \"{name}\" is registered twice: by {_fullNames[name]} and {fullName}");
        }
    }

    /// <param name="File">Gives the .proto that it stands in.</param>
    /// <param name="Methods">By their names; made at the first call.</param>
    private sealed record Service(Func<FileDescriptor> File, Lazy<Dictionary<string, Method>> Methods);
}
