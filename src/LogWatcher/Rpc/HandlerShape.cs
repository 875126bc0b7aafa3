using System.Runtime.CompilerServices;

namespace LogWatcher.Rpc;

/// <summary>Brings plain methods of the four kinds into the one shape of <see cref="StreamHandler{TRequest, TResponse}"/>.</summary>
internal static class HandlerShape
{
    public static StreamHandler<TRequest, TResponse> Unary<TRequest, TResponse>(Func<TRequest, CallContext, Task<TResponse>> method)
    {
        return Handle;

        async IAsyncEnumerable<TResponse> Handle(IAsyncEnumerable<TRequest> requests, CallContext context)
        {
            yield return await method(await SingleAsync(requests, context), context);
        }
    }

    public static StreamHandler<TRequest, TResponse> ServerStreaming<TRequest, TResponse>(
        Func<TRequest, CallContext, IAsyncEnumerable<TResponse>> method)
    {
        return Handle;

        async IAsyncEnumerable<TResponse> Handle(IAsyncEnumerable<TRequest> requests, CallContext context)
        {
            await foreach (var response in method(await SingleAsync(requests, context), context))
            {
                yield return response;
            }
        }
    }

    public static StreamHandler<TRequest, TResponse> ClientStreaming<TRequest, TResponse>(
        Func<IAsyncEnumerable<TRequest>, CallContext, Task<TResponse>> method)
    {
        return Handle;

        async IAsyncEnumerable<TResponse> Handle(IAsyncEnumerable<TRequest> requests, CallContext context)
        {
            yield return await method(requests, context);
        }
    }

    /// <summary>
    /// The one request of a kind that takes one. gRPC's answer to none or two is UNIMPLEMENTED (grpc/grpc
    /// <c>doc/statuscodes.md</c>: the server expected one message).
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<TRequest> SingleAsync<TRequest>(IAsyncEnumerable<TRequest> requests, CallContext context)
    {
        await using var enumerator = requests.GetAsyncEnumerator();
        if (!await enumerator.MoveNextAsync())
        {
            throw new RpcException(StatusCode.Unimplemented, $"{context.Method.FullName} takes one request message, and none came");
        }

        var request = enumerator.Current;
        if (await enumerator.MoveNextAsync())
        {
            throw new RpcException(StatusCode.Unimplemented, $"{context.Method.FullName} takes one request message, and more came");
        }

        return request;
    }
}
