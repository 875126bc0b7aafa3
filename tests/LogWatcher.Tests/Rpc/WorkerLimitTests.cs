using LogWatcher.Protos.Health.V1;
using LogWatcher.Rpc;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Rpc;

/// <summary>So many handlers at once, and the others in the order in which they came.</summary>
public sealed class WorkerLimitTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task Those_who_wait_get_their_turn_in_order(int workers)
    {
        const int Calls = 20;
        var limit = WorkerLimit.Of(workers);
        var begun = new List<int>();
        var ends = Enumerable.Range(0, Calls).Select(_ => new TaskCompletionSource()).ToArray();
        var running = Enumerable.Range(0, Calls).Select(call => limit(new PlainCall(), _ => RunAsync(call))).ToArray();
        for (var call = 0; call < Calls; call++)
        {
            await UntilBegunAsync(Math.Min(call + workers, Calls));
            begun.Should().Equal(Enumerable.Range(0, Math.Min(call + workers, Calls)), "call {0} has not ended yet", call);
            ends[call].SetResult();
            await running[call].WaitAsync(RunningNode.Patience);
        }

        Task RunAsync(int call)
        {
            lock (begun)
            {
                begun.Add(call);
            }

            return ends[call].Task;
        }

        async Task UntilBegunAsync(int count)
        {
            await RunningNode.UntilAsync(() =>
            {
                lock (begun)
                {
                    return begun.Count >= count;
                }
            });
        }
    }

    /// <summary>It has no handler to wait for, and its refusal is told at once.</summary>
    [Fact]
    public async Task A_call_of_an_unknown_method_takes_no_worker()
    {
        var limit = WorkerLimit.Of(1);
        var first = new TaskCompletionSource();
        var running = limit(new PlainCall(), _ => first.Task);
        var unknown = new UnknownCall("Nobody", "Nothing", MethodKind.Unary, "c1", "c1", () => new Metadata(), TimeProvider.System);

        new InterceptorChain(limit).RefusalOf(unknown, new Status(StatusCode.Unimplemented, "there is none"))
            .Should().Be(new Status(StatusCode.Unimplemented, "there is none"));

        first.SetResult();
        await running;
    }

    [Fact]
    public async Task Who_ends_while_waiting_gives_way_and_never_runs()
    {
        var limit = WorkerLimit.Of(1);
        var first = new TaskCompletionSource();
        var running = limit(new PlainCall(), _ => first.Task);
        var gone = new PlainCall();
        var waiting = limit(gone, _ => throw new InvalidOperationException("it must not run"));
        var ran = false;
        var last = limit(new PlainCall(), _ =>
        {
            ran = true;
            return Task.CompletedTask;
        });
        gone.EndFromOutside();
        await FluentActions.Awaiting(() => waiting).Should().ThrowAsync<OperationCanceledException>();
        ran.Should().BeFalse("the only worker is still at it");
        first.SetResult();
        await running;
        await last.WaitAsync(RunningNode.Patience);
        ran.Should().BeTrue();
    }

    /// <summary>However a turn and an end meet, no worker is lost.</summary>
    [Fact]
    public async Task A_turn_that_comes_with_the_end_goes_to_the_next()
    {
        for (var round = 0; round < 2_000; round++)
        {
            var limit = WorkerLimit.Of(1);
            var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var running = limit(new PlainCall(), _ => first.Task);
            var gone = new PlainCall();
            var waiting = limit(gone, _ => Task.CompletedTask);
            var last = limit(new PlainCall(), _ => Task.CompletedTask);
            Parallel.Invoke(gone.EndFromOutside, first.SetResult);
            await Task.WhenAll(running, last, Swallow(waiting)).WaitAsync(RunningNode.Patience);
            await limit(new PlainCall(), _ => Task.CompletedTask).WaitAsync(RunningNode.Patience);
        }

        static async Task Swallow(Task task)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException)
            {
                // One of the two it may be.
            }
        }
    }

    [Fact]
    public async Task A_handler_that_fails_frees_its_worker()
    {
        var limit = WorkerLimit.Of(1);
        await FluentActions.Awaiting(() => limit(new PlainCall(), _ => throw new InvalidOperationException())).Should().ThrowAsync<InvalidOperationException>();
        await limit(new PlainCall(), _ => Task.CompletedTask).WaitAsync(RunningNode.Patience);
    }

    [Fact]
    public async Task A_stream_holds_its_worker_and_health_needs_none()
    {
        await using var server = await RunningServer.StartAsync(interceptors: new InterceptorChain(WorkerLimit.Of(1)));
        await using var client = await server.ConnectAsync();
        var stream = await client.OpenAsync("/probe.Probe/Echo");
        await client.SendAsync(stream, FrameClient.Framed([]), endStream: false);
        await client.NextAsync(stream);
        var waiting = await client.OpenAsync("/probe.Probe/Echo");
        await client.SendAsync(waiting, FrameClient.Framed([]), endStream: true);
        (await client.CallAsync("/grpc.health.v1.Health/Check", new HealthCheckRequest())).Status.Should().Be("0");
        client.HasFrame(waiting).Should().BeFalse("the only worker is still at it");
        await client.SendAsync(stream, Array.Empty<byte>(), endStream: true);
        (await client.ReplyAsync(stream)).Status.Should().Be("0");
        (await client.ReplyAsync(waiting)).Status.Should().Be("0");
    }
}
