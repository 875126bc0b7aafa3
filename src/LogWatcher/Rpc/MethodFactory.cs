using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace LogWatcher.Rpc;

/// <summary>Makes the methods of one service of what handles them.</summary>
/// <param name="service">Its full name.</param>
/// <param name="file">Gives the .proto that it stands in.</param>
internal sealed class MethodFactory(string service, Func<FileDescriptor> file)
{
    /// <summary>The service in its .proto.</summary>
    /// <exception cref="ArgumentException">It is not there.</exception>
    public ServiceDescriptor Descriptor => file().Services.FirstOrDefault(its => its.FullName == service)
        ?? throw new ArgumentException($"{file().Name} has no service {service}");

    public Method Unary<TRequest, TResponse>(string name, Func<TRequest, CallContext, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        Make(name, MethodKind.Unary, handler, HandlerShape.Unary(handler));

    public Method ServerStreaming<TRequest, TResponse>(string name, Func<TRequest, CallContext, IAsyncEnumerable<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        Make(name, MethodKind.ServerStreaming, handler, HandlerShape.ServerStreaming(handler));

    public Method ClientStreaming<TRequest, TResponse>(string name, Func<IAsyncEnumerable<TRequest>, CallContext, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        Make(name, MethodKind.ClientStreaming, handler, HandlerShape.ClientStreaming(handler));

    public Method Bidi<TRequest, TResponse>(string name, StreamHandler<TRequest, TResponse> handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        Make(name, MethodKind.Bidi, handler, handler);

    private Method<TRequest, TResponse> Make<TRequest, TResponse>(
        string name, MethodKind kind, Delegate method, StreamHandler<TRequest, TResponse> handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        new(service, name, kind, () => Descriptor.FindMethodByName(name), method, handler);
}
