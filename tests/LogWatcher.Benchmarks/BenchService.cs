using LogWatcher.Benchmarks.Protos;
using LogWatcher.Rpc;

namespace LogWatcher.Benchmarks;

/// <summary><c>bench.Bench</c>: handlers with next to no work of their own.</summary>
internal sealed class BenchService
{
    public Task<Number> Ask(Number request, CallContext context) => Task.FromResult(request);

    public async IAsyncEnumerable<Number> Count(Number request, CallContext context)
    {
        for (var value = 1L; value <= request.Value; value++)
        {
            yield return new Number { Value = value };
        }
    }

    public async IAsyncEnumerable<Number> CountOneByOne(Number request, CallContext context)
    {
        for (var value = 1L; value <= request.Value; value++)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            yield return new Number { Value = value };
        }
    }

    public Task<Number> Allocated(Number request, CallContext context) =>
        Task.FromResult(new Number { Value = GC.GetTotalAllocatedBytes(precise: true) });
}
