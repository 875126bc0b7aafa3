namespace LogWatcher.Rpc;

/// <summary>The rest of a call: the interceptors behind this one, and then the handler with all its messages.</summary>
internal delegate Task CallDelegate(CallContext context);

/// <summary>
/// Stands around every call of any kind on any door. It may refuse the call by throwing an <see cref="RpcException"/> before
/// it hands on, see how it went after, or just hand on: <c>return next(context);</c>. Before it hands on an <see cref="UnknownCall"/>
/// it does not wait. One instance serves all calls at once.
/// </summary>
internal delegate Task Interceptor(CallContext context, CallDelegate next);

/// <summary>The interceptors of a node, in the order in which a call passes them.</summary>
internal sealed class InterceptorChain(params IReadOnlyList<Interceptor> interceptors)
{
    public static InterceptorChain Empty { get; } = new();

    /// <summary>Whether a call's own work is all there is.</summary>
    public bool IsEmpty => interceptors.Count == 0;

    /// <summary>How a call ends that can have no handler: as an interceptor refuses it, or else as the door would.</summary>
    /// <param name="call">Passes all interceptors.</param>
    /// <param name="refusal">Is told only to who may call.</param>
    public Status RefusalOf(CallContext call, Status refusal)
    {
        if (IsEmpty)
        {
            return refusal;
        }

        try
        {
            var run = Around(_ => throw new RpcException(refusal.Code, refusal.Message))(call);
            return run is { IsFaulted: true, Exception.InnerException: { } failure }
                ? Status.From(failure)
                : Status.From(new InvalidOperationException("an interceptor waits before it hands a call on, or keeps how it ended to itself"));
        }
        catch (Exception exception)
        {
            return Status.From(exception);
        }
    }

    /// <summary>The call's own work with all interceptors around it.</summary>
    public CallDelegate Around(CallDelegate call)
    {
        for (var index = interceptors.Count - 1; index >= 0; index--)
        {
            var (interceptor, next) = (interceptors[index], call);
            call = context => interceptor(context, next);
        }

        return call;
    }
}
