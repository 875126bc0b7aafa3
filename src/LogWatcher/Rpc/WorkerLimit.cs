namespace LogWatcher.Rpc;

/// <summary>
/// The interceptor behind <c>--workers</c>: so many handlers run at once, the others wait in the order in which they came, as on
/// a server with a pool of threads. Calls of the health service are free, and those that can have no handler. Any number of threads at once.
/// </summary>
internal sealed class WorkerLimit
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private int _free;

    private WorkerLimit(int workers) => _free = workers;

    /// <param name="workers">1 or more.</param>
    public static Interceptor Of(int workers)
    {
        var limit = new WorkerLimit(workers);
        return (context, next) => HealthChecking.Includes(context.Method) || context is UnknownCall ? next(context) : limit.RunAsync(context, next);
    }

    private async Task RunAsync(CallContext context, CallDelegate next)
    {
        if (Enter() is { } turn)
        {
            await WaitAsync(turn, context.CancellationToken);
        }

        try
        {
            await next(context);
        }
        finally
        {
            Leave();
        }
    }

    /// <returns>What is completed when it is its turn; null: it is.</returns>
    private LinkedListNode<TaskCompletionSource>? Enter()
    {
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return null;
            }

            return _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }

    /// <summary>Waits for its turn; a call that ends meanwhile gives up its place.</summary>
    private async Task WaitAsync(LinkedListNode<TaskCompletionSource> turn, CancellationToken cancellationToken)
    {
        try
        {
            await turn.Value.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                if (turn.List is not null)
                {
                    _waiting.Remove(turn);
                    throw;
                }
            }

            // Its turn came at the same moment.
            Leave();
            throw;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (_waiting.First is { } next)
            {
                _waiting.Remove(next);
                next.Value.SetResult();
            }
            else
            {
                _free++;
            }
        }
    }
}
