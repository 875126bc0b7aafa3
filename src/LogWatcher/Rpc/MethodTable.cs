using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace LogWatcher.Rpc;

/// <summary>
/// Every method that the node serves, by service and name. Filled once at the start, then read from any thread.
/// </summary>
internal sealed class MethodTable
{
    private readonly Dictionary<string, Dictionary<string, Method>> _services = [];
    private readonly Dictionary<string, string> _fullNames = [];
    private readonly List<FileDescriptor> _files = [];

    /// <summary>The full names of the services, in the order of registration.</summary>
    public IEnumerable<string> Services => _services.Keys;

    /// <summary>All methods of all services.</summary>
    public IEnumerable<Method> Methods => _services.Values.SelectMany(methods => methods.Values);

    /// <summary>The .proto files that the services stand in, each once.</summary>
    public IEnumerable<FileDescriptor> Files => _files;

    /// <summary>
    /// Registers a service: for each <c>rpc</c> of the descriptor the public method of that name on <paramref name="service"/>,
    /// in the form of its kind (see <c>src/ARCHITECTURE.md</c>). The service can then be called by its full or its short name.
    /// </summary>
    /// <param name="hasShortName">False for one of several versions of a service, whose short names are the same.</param>
    /// <exception cref="ArgumentException">
    /// A method is missing or has another form than its <c>rpc</c> says, or one of the names is taken.
    /// </exception>
    public MethodTable Add(ServiceDescriptor descriptor, object service, bool hasShortName = true)
    {
        var methods = descriptor.Methods.ToDictionary(rpc => rpc.Name, rpc => Bind(rpc, service));
        TakeName(descriptor.FullName, descriptor);
        if (hasShortName && descriptor.Name != descriptor.FullName)
        {
            TakeName(descriptor.Name, descriptor);
        }

        _services.Add(descriptor.FullName, methods);
        if (!_files.Contains(descriptor.File))
        {
            _files.Add(descriptor.File);
        }

        return this;
    }

    /// <summary>Finds a method by the full or short name of its service.</summary>
    /// <exception cref="RpcException">UNIMPLEMENTED, naming what there is.</exception>
    public Method Find(string service, string method) => FindByFullName(_fullNames.GetValueOrDefault(service, service), method);

    /// <summary>Finds a method by the full name of its service.</summary>
    /// <exception cref="RpcException">UNIMPLEMENTED, naming what there is.</exception>
    public Method FindByFullName(string service, string method)
    {
        if (!_services.TryGetValue(service, out var methods))
        {
            throw new RpcException(
                StatusCode.Unimplemented,
                $"unknown service \"{UnknownCall.Shortened(service)}\"; there are: {string.Join(", ", Services)}");
        }

        return methods.TryGetValue(method, out var found)
            ? found
            : throw new RpcException(
                StatusCode.Unimplemented,
                $"unknown method \"{UnknownCall.Shortened(method)}\" of {service}; there are: {string.Join(", ", methods.Keys)}");
    }

    private void TakeName(string name, ServiceDescriptor descriptor)
    {
        if (!_fullNames.TryAdd(name, descriptor.FullName))
        {
            throw new ArgumentException($"the service name \"{name}\" is registered twice: by {_fullNames[name]} and {descriptor.FullName}");
        }
    }

    private static Method Bind(MethodDescriptor rpc, object service)
    {
        var method = service.GetType().GetMethod(rpc.Name)
            ?? throw new ArgumentException($"{service.GetType().Name} has no public method {rpc.Name}");
        var bind = typeof(MethodTable).GetMethod(nameof(BindTyped), BindingFlags.NonPublic | BindingFlags.Static)!;
        return (Method)bind.MakeGenericMethod(rpc.InputType.ClrType, rpc.OutputType.ClrType)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [rpc, service, method], null)!;
    }

    private static Method<TRequest, TResponse> BindTyped<TRequest, TResponse>(MethodDescriptor rpc, object service, MethodInfo method)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        if (Method.KindOf(rpc) == MethodKind.Unary)
        {
            var unary = To<Func<TRequest, CallContext, Task<TResponse>>>();
            return new Method<TRequest, TResponse>(rpc, HandlerShape.Unary(unary), unary);
        }

        StreamHandler<TRequest, TResponse> handler = Method.KindOf(rpc) switch
        {
            MethodKind.ServerStreaming => HandlerShape.ServerStreaming(To<Func<TRequest, CallContext, IAsyncEnumerable<TResponse>>>()),
            MethodKind.ClientStreaming => HandlerShape.ClientStreaming(To<Func<IAsyncEnumerable<TRequest>, CallContext, Task<TResponse>>>()),
            _ => To<StreamHandler<TRequest, TResponse>>(),
        };
        return new Method<TRequest, TResponse>(rpc, handler);

        TDelegate To<TDelegate>()
            where TDelegate : Delegate => (TDelegate)(Delegate.CreateDelegate(typeof(TDelegate), service, method, throwOnBindFailure: false)
                ?? throw new ArgumentException($"{service.GetType().Name}.{rpc.Name} has not the form of a {Method.KindOf(rpc)} method"));
    }
}
