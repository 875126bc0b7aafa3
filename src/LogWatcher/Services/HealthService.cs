using LogWatcher.Protos.Health.V1;
using LogWatcher.Rpc;
using static LogWatcher.Protos.Health.V1.HealthCheckResponse.Types;

namespace LogWatcher.Services;

/// <summary>
/// <c>grpc.health.v1.Health</c> (grpc/grpc <c>doc/health-checking.md</c>): every service of the table is SERVING until the node
/// stops. Any number of threads at once.
/// </summary>
/// <param name="methods">Whose services are known; the empty name is the whole server.</param>
internal sealed class HealthService(MethodTable methods)
{
    private readonly TaskCompletionSource _stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServingStatus Status => _stopping.Task.IsCompleted ? ServingStatus.NotServing : ServingStatus.Serving;

    /// <summary>Turns everything NOT_SERVING, for good, and tells those that watch.</summary>
    public void TurnNotServing() => _stopping.TrySetResult();

    /// <exception cref="RpcException">NOT_FOUND: the service is not known.</exception>
    public Task<HealthCheckResponse> Check(HealthCheckRequest request, CallContext context) =>
        IsKnown(request.Service)
            ? Task.FromResult(new HealthCheckResponse { Status = Status })
            : throw new RpcException(StatusCode.NotFound, "unknown service; \"\" is the whole server");

    public Task<HealthListResponse> List(HealthListRequest request, CallContext context)
    {
        var response = new HealthListResponse();
        foreach (var service in methods.Services.Prepend(""))
        {
            response.Statuses[service] = new HealthCheckResponse { Status = Status };
        }

        return Task.FromResult(response);
    }

    /// <summary>Ends only with the node: NOT_SERVING is its last word, and UNAVAILABLE its end.</summary>
    public async IAsyncEnumerable<HealthCheckResponse> Watch(HealthCheckRequest request, CallContext context)
    {
        var isKnown = IsKnown(request.Service);
        var first = isKnown ? Status : ServingStatus.ServiceUnknown;
        yield return new HealthCheckResponse { Status = first };
        await _stopping.Task.WaitAsync(context.CancellationToken);
        if (first == ServingStatus.Serving)
        {
            yield return new HealthCheckResponse { Status = ServingStatus.NotServing };
        }

        throw new RpcException(StatusCode.Unavailable, "the node is stopping");
    }

    private bool IsKnown(string service) => service.Length == 0 || methods.Services.Contains(service);
}
