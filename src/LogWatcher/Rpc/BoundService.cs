using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace LogWatcher.Rpc;

/// <summary>A service whose methods have been found on the object that has them.</summary>
/// <param name="File">The .proto file that it stands in.</param>
/// <param name="Methods">By their names.</param>
internal sealed record BoundService(FileDescriptor File, Dictionary<string, Method> Methods)
{
    /// <summary>Finds for each <c>rpc</c> of the descriptor the public method of that name.</summary>
    /// <exception cref="ArgumentException">A method is missing or has another form than its <c>rpc</c> says.</exception>
    public static BoundService Bind(ServiceDescriptor descriptor, object service) =>
        new(descriptor.File, descriptor.Methods.ToDictionary(rpc => rpc.Name, rpc => Bind(rpc, service)));

    private static Method Bind(MethodDescriptor rpc, object service)
    {
        var method = service.GetType().GetMethod(rpc.Name)
            ?? throw new ArgumentException($"{service.GetType().Name} has no public method {rpc.Name}");
        var bind = typeof(BoundService).GetMethod(nameof(BindTyped), BindingFlags.NonPublic | BindingFlags.Static)!;
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
            return new Method<TRequest, TResponse>(rpc, method, HandlerShape.Unary(unary), unary);
        }

        StreamHandler<TRequest, TResponse> handler = Method.KindOf(rpc) switch
        {
            MethodKind.ServerStreaming => HandlerShape.ServerStreaming(To<Func<TRequest, CallContext, IAsyncEnumerable<TResponse>>>()),
            MethodKind.ClientStreaming => HandlerShape.ClientStreaming(To<Func<IAsyncEnumerable<TRequest>, CallContext, Task<TResponse>>>()),
            _ => To<StreamHandler<TRequest, TResponse>>(),
        };
        return new Method<TRequest, TResponse>(rpc, method, handler);

        TDelegate To<TDelegate>()
            where TDelegate : Delegate => (TDelegate)(Delegate.CreateDelegate(typeof(TDelegate), service, method, throwOnBindFailure: false)
                ?? throw new ArgumentException($"{service.GetType().Name}.{rpc.Name} has not the form of a {Method.KindOf(rpc)} method"));
    }
}
