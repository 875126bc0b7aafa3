using Google.Protobuf;
using LogWatcher.Rpc;
using Microsoft.AspNetCore.Http.Features;

namespace LogWatcher.Http2;

/// <summary>Makes the calls of one method: it alone knows the types of its messages.</summary>
internal abstract class GrpcRoute
{
    /// <summary>The route to a method; the argument is what its calls share.</summary>
    public static GrpcRoute To(Method method, GrpcEnvironment environment) => method.Accept(default(Maker), environment);

    public abstract GrpcCall Open(GrpcContent content, IFeatureCollection features);

    private readonly struct Maker : IMethodVisitor<GrpcEnvironment, GrpcRoute>
    {
        public GrpcRoute Visit<TRequest, TResponse>(Method<TRequest, TResponse> method, GrpcEnvironment argument)
            where TRequest : class, IMessage<TRequest>, new()
            where TResponse : class, IMessage<TResponse>, new() => new TypedRoute<TRequest, TResponse>(method, argument);
    }

    private sealed class TypedRoute<TRequest, TResponse>(Method<TRequest, TResponse> method, GrpcEnvironment environment) : GrpcRoute
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        public override GrpcCall Open(GrpcContent content, IFeatureCollection features) =>
            new TypedGrpcCall<TRequest, TResponse>(environment, method, content, features);
    }
}
