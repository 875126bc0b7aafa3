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
        Func<TRequest, CallContext, IAsyncEnumerable<TResponse>> method) =>
        (requests, context) => new ResponsesToOne<TRequest, TResponse>(method, requests, context);

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

    /// <summary>
    /// The responses to a request that is waited for first. An enumerator of its own: an iterator around the method's would be another
    /// state machine to go through for each message.
    /// </summary>
    private sealed class ResponsesToOne<TRequest, TResponse>(
        Func<TRequest, CallContext, IAsyncEnumerable<TResponse>> method, IAsyncEnumerable<TRequest> requests, CallContext context)
        : IAsyncEnumerable<TResponse>, IAsyncEnumerator<TResponse>
    {
        private IAsyncEnumerator<TResponse>? _responses;

        public TResponse Current => _responses!.Current;

        /// <summary>Once: a call has one stream of responses.</summary>
        public IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => _responses?.MoveNextAsync() ?? BeginAsync();

        public ValueTask DisposeAsync() => _responses?.DisposeAsync() ?? ValueTask.CompletedTask;

        private async ValueTask<bool> BeginAsync()
        {
            _responses = method(await SingleAsync(requests, context), context).GetAsyncEnumerator();
            return await _responses.MoveNextAsync();
        }
    }
}
