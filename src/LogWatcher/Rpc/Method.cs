using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace LogWatcher.Rpc;

/// <summary>
/// A method of a service: its names, its kind, its messages. What its messages' types are only <see cref="Accept"/> tells,
/// so that a door can hold methods of all types in one table and yet make calls that know theirs.
/// </summary>
/// <param name="descriptor">Gives the rpc in its .proto; null for a method that is not served.</param>
/// <param name="handler">What it was written as.</param>
internal abstract class Method(string service, string name, MethodKind kind, Func<MethodDescriptor>? descriptor = null, Delegate? handler = null)
{
    /// <summary>The full name of the service, e.g. <c>logwatcher.v1.LogWatcher</c>.</summary>
    public string Service { get; } = service;

    public string Name { get; } = name;

    /// <summary>As gRPC writes it, without the leading slash: <c>logwatcher.v1.LogWatcher/WatchLogs</c>.</summary>
    public string FullName { get; } = service + "/" + name;

    public MethodKind Kind { get; } = kind;

    /// <summary>The rpc in its .proto, looked up there.</summary>
    /// <exception cref="InvalidOperationException">There is none: the method is one that a client made up.</exception>
    public MethodDescriptor Descriptor => descriptor?.Invoke() ?? throw new InvalidOperationException($"{FullName} is not served");

    /// <summary>A request to try it with, in JSON: what its handler gives as <see cref="ExampleAttribute"/>, or the empty message.</summary>
    public string Example => handler?.Method.GetCustomAttribute<ExampleAttribute>()?.Request ?? "{}";

    /// <summary>Whether the client sends one message only.</summary>
    public bool TakesOneMessage => Kind is MethodKind.Unary or MethodKind.ServerStreaming;

    /// <summary>Whether the server sends one message only.</summary>
    public bool GivesOneMessage => Kind is MethodKind.Unary or MethodKind.ClientStreaming;

    /// <summary>Calls the visitor with the types of this method's messages.</summary>
    public abstract TResult Accept<TArgument, TResult>(IMethodVisitor<TArgument, TResult> visitor, TArgument argument);

    public static MethodKind KindOf(MethodDescriptor descriptor) => (descriptor.IsClientStreaming, descriptor.IsServerStreaming) switch
    {
        (false, false) => MethodKind.Unary,
        (false, true) => MethodKind.ServerStreaming,
        (true, false) => MethodKind.ClientStreaming,
        (true, true) => MethodKind.Bidi,
    };
}

/// <summary>
/// A handler of any kind, in the one shape that all four have inside: requests in, responses out. A kind with one request
/// reads exactly one, a kind with one response yields exactly one.
/// </summary>
internal delegate IAsyncEnumerable<TResponse> StreamHandler<TRequest, TResponse>(IAsyncEnumerable<TRequest> requests, CallContext context);

/// <inheritdoc cref="Method"/>
internal sealed class Method<TRequest, TResponse>(
    string service,
    string name,
    MethodKind kind,
    Func<MethodDescriptor> descriptor,
    Delegate method,
    StreamHandler<TRequest, TResponse> handler)
    : Method(service, name, kind, descriptor, method)
    where TRequest : class, IMessage<TRequest>, new()
    where TResponse : class, IMessage<TResponse>, new()
{
    public StreamHandler<TRequest, TResponse> Handler { get; } = handler;

    /// <summary>The same handler of a unary method as it was written, for a door that has the one request at hand; else null.</summary>
    public Func<TRequest, CallContext, Task<TResponse>>? Unary { get; } = method as Func<TRequest, CallContext, Task<TResponse>>;

    /// <summary>Reads a request from protobuf bytes.</summary>
    public MessageParser<TRequest> Parser { get; } = new(() => new TRequest());

    public override TResult Accept<TArgument, TResult>(IMethodVisitor<TArgument, TResult> visitor, TArgument argument) =>
        visitor.Visit(this, argument);
}

/// <summary>What a door makes of a method once it is told the types of its messages.</summary>
internal interface IMethodVisitor<in TArgument, out TResult>
{
    TResult Visit<TRequest, TResponse>(Method<TRequest, TResponse> method, TArgument argument)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new();
}
