using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace LogWatcher.Rpc;

/// <summary>Finds the methods of a service on the object that has them.</summary>
internal static class BoundService
{
    /// <returns>By their names: what the service lists, or for each <c>rpc</c> of the .proto the public method of that name.</returns>
    /// <exception cref="ArgumentException">A method is missing or has another form than its <c>rpc</c> says.</exception>
    public static Dictionary<string, Method> Bind<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)] TService>(
        MethodFactory methods, TService service)
        where TService : class
    {
        var bound = new Dictionary<string, Method>();
        foreach (var method in service is IListsMethods listing ? listing.List(methods) : Find(methods, service))
        {
            bound.Add(method.Name, method);
        }

        return bound;
    }

    /// <summary>For each <c>rpc</c> of the .proto the public method of that name.</summary>
    /// <exception cref="ArgumentException">As above.</exception>
    public static Method[] Find<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)] TService>(MethodFactory methods, TService service)
        where TService : class => [.. methods.Descriptor.Methods.Select(rpc => Find(methods, rpc, service))];

    private static Method Find<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)] TService>(
        MethodFactory methods, MethodDescriptor rpc, TService service)
        where TService : class
    {
        var method = typeof(TService).GetMethod(rpc.Name)
            ?? throw new ArgumentException($"{typeof(TService).Name} has no public method {rpc.Name}");
        // Machine code has it, since both are classes (see MessageJson.Of).
        var make = typeof(BoundService).GetMethod(nameof(Make), BindingFlags.NonPublic | BindingFlags.Static)!;
        return (Method)make.MakeGenericMethod(rpc.InputType.ClrType, rpc.OutputType.ClrType)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [methods, rpc, service, method], null)!;
    }

    private static Method Make<TRequest, TResponse>(MethodFactory methods, MethodDescriptor rpc, object service, MethodInfo method)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        return Method.KindOf(rpc) switch
        {
            MethodKind.Unary => methods.Unary(rpc.Name, To<Func<TRequest, CallContext, Task<TResponse>>>()),
            MethodKind.ServerStreaming => methods.ServerStreaming(rpc.Name, To<Func<TRequest, CallContext, IAsyncEnumerable<TResponse>>>()),
            MethodKind.ClientStreaming => methods.ClientStreaming(rpc.Name, To<Func<IAsyncEnumerable<TRequest>, CallContext, Task<TResponse>>>()),
            _ => methods.Bidi(rpc.Name, To<StreamHandler<TRequest, TResponse>>()),
        };

        TDelegate To<TDelegate>()
            where TDelegate : Delegate => (TDelegate)(Delegate.CreateDelegate(typeof(TDelegate), service, method, throwOnBindFailure: false)
                ?? throw new ArgumentException($"{service.GetType().Name}.{rpc.Name} has not the form of a {Method.KindOf(rpc)} method"));
    }
}
