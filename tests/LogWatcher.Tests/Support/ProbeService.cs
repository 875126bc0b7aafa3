using System.Collections.Concurrent;
using Google.Protobuf;
using LogWatcher.Rpc;
using LogWatcher.Tests.Protos;

namespace LogWatcher.Tests.Support;

/// <summary>Handlers of all four kinds that do what a test needs: see <c>Protos/probe.proto</c>.</summary>
internal sealed class ProbeService
{
    /// <summary>What an ordinary exception says, and no client may read.</summary>
    public const string Secret = "the secret in the exception";

    private readonly ConcurrentDictionary<string, Gate> _gates = new();
    private int _finished;

    /// <summary>Handlers that have been left, whichever way; those that say so: all but the plainest.</summary>
    public int Finished => Volatile.Read(ref _finished);

    public static MethodTable Register(ProbeService service) =>
        new MethodTable().Add(ProbeReflection.Descriptor.Services.Single(), service);

    /// <summary>The gate of this name: the same one for the test and for the handlers.</summary>
    public Gate Gate(string name = "main") => _gates.GetOrAdd(name, _ => new Gate());

    public Task<Text> Answer(Text request, CallContext context) => Task.FromResult(request);

    public Task<Text> Nothing(Text request, CallContext context) => Task.FromResult<Text>(null!);

    public Task<Inspection> Inspect(Text request, CallContext context)
    {
        var inspection = new Inspection { Peer = context.Peer, DeadlineUnixMs = context.Deadline?.ToUnixTimeMilliseconds() ?? 0 };
        foreach (var key in context.RequestMetadata.ByKey)
        {
            inspection.Metadata.AddRange(key.Select(value => value is byte[] bytes
                ? new Entry { Key = key.Key, Binary = ByteString.CopyFrom(bytes) }
                : new Entry { Key = key.Key, Value = (string)value }));
        }

        return Task.FromResult(inspection);
    }

    public Task<Text> Fail(Failure request, CallContext context) => throw ExceptionOf(request);

    public Task<Text> Decorate(Decoration request, CallContext context)
    {
        Apply(request, context);
        return request.Fails ? throw new RpcException(StatusCode.NotFound, "decorated and failed") : Task.FromResult(new Text { Text_ = "decorated" });
    }

    public async Task<Text> Wait(Text request, CallContext context)
    {
        try
        {
            await GateOf(context).PassAsync(context.CancellationToken);
            return request;
        }
        finally
        {
            Interlocked.Increment(ref _finished);
        }
    }

    public async Task<Text> Persist(Text request, CallContext context)
    {
        await GateOf(context).PassAsync();
        Interlocked.Increment(ref _finished);
        return request;
    }

    public async IAsyncEnumerable<Number> Count(CountRequest request, CallContext context)
    {
        for (var value = 1L; value <= request.Count; value++)
        {
            yield return new Number { Value = value };
            if (request.PoolEvery > 0 && value % request.PoolEvery == 0)
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }
        }
    }

    public async IAsyncEnumerable<Number> Flood(CountRequest request, CallContext context)
    {
        try
        {
            for (var value = 1L; ; value++)
            {
                yield return new Number { Value = value };
            }
        }
        finally
        {
            Interlocked.Increment(ref _finished);
        }
    }

    public async IAsyncEnumerable<Number> CountThenWait(CountRequest request, CallContext context)
    {
        for (var value = 1L; value <= request.Count; value++)
        {
            yield return new Number { Value = value };
        }

        await GateOf(context).PassAsync(context.CancellationToken);
    }

    public async IAsyncEnumerable<Number> Tick(CountRequest request, CallContext context)
    {
        context.DeclareEndless();
        for (var value = 1L; ; value++)
        {
            yield return new Number { Value = value };
            await GateOf(context).PassAsync(context.CancellationToken);
        }
    }

    public async IAsyncEnumerable<Number> TickLater(CountRequest request, CallContext context)
    {
        await GateOf(context).PassAsync();
        context.DeclareEndless();
        for (var value = 1L; ; value++)
        {
            yield return new Number { Value = value };
            await GateOf(context).PassAsync(context.CancellationToken);
        }
    }

    public async IAsyncEnumerable<Number> WaitEndless(CountRequest request, CallContext context)
    {
        await GateOf(context).PassAsync(context.CancellationToken);
        context.DeclareEndless();
        await GateOf(context).PassAsync(context.CancellationToken);
        yield break;
    }

    public async IAsyncEnumerable<Number> CountLater(CountRequest request, CallContext context)
    {
        try
        {
            await GateOf(context).PassAsync();
            for (var value = 1L; value <= request.Count; value++)
            {
                yield return new Number { Value = value };
            }
        }
        finally
        {
            Interlocked.Increment(ref _finished);
        }
    }

    public async IAsyncEnumerable<Number> CountAndFail(Failure request, CallContext context)
    {
        for (var value = 1L; value <= request.After; value++)
        {
            yield return new Number { Value = value };
        }

        throw ExceptionOf(request);
    }

    public async IAsyncEnumerable<Text> DecorateStream(Decoration request, CallContext context)
    {
        Apply(request, context);
        yield return new Text { Text_ = "decorated" };
        yield return new Text { Text_ = "once" };
        if (request.Fails)
        {
            throw new RpcException(StatusCode.NotFound, "decorated and failed");
        }
    }

    public async Task<Number> Sum(IAsyncEnumerable<Number> requests, CallContext context)
    {
        var sum = 0L;
        await foreach (var number in requests)
        {
            sum += number.Value;
        }

        return new Number { Value = sum };
    }

    public async Task<Number> SumToZero(IAsyncEnumerable<Number> requests, CallContext context)
    {
        var sum = 0L;
        await foreach (var number in requests)
        {
            if (number.Value == 0)
            {
                break;
            }

            sum += number.Value;
        }

        return new Number { Value = sum };
    }

    public async Task<Number> SumDeaf(IAsyncEnumerable<Number> requests, CallContext context)
    {
        await GateOf(context).PassAsync(context.CancellationToken);
        return new Number { Value = -1 };
    }

    public IAsyncEnumerable<Text> Echo(IAsyncEnumerable<Text> requests, CallContext context) => requests;

    public async IAsyncEnumerable<Text> EchoFromPool(IAsyncEnumerable<Text> requests, CallContext context)
    {
        await foreach (var text in requests)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            yield return text;
        }
    }

    public async IAsyncEnumerable<Text> EchoAtGate(IAsyncEnumerable<Text> requests, CallContext context)
    {
        await using var enumerator = requests.GetAsyncEnumerator();
        while (true)
        {
            await GateOf(context).PassAsync(context.CancellationToken);
            if (!await enumerator.MoveNextAsync())
            {
                yield break;
            }

            yield return enumerator.Current;
        }
    }

    public async IAsyncEnumerable<Text> EchoDeaf(IAsyncEnumerable<Text> requests, CallContext context)
    {
        try
        {
            await GateOf(context).PassAsync(context.CancellationToken);
        }
        finally
        {
            Interlocked.Increment(ref _finished);
        }

        await foreach (var text in requests)
        {
            yield return text;
        }
    }

    public async IAsyncEnumerable<Text> EchoThrice(IAsyncEnumerable<Text> requests, CallContext context)
    {
        await foreach (var text in requests)
        {
            switch (text.Text_)
            {
                case "bye": yield break;
                case "fail": throw new RpcException(StatusCode.Aborted, "asked to fail");
                case "crash": throw new InvalidOperationException(Secret);
            }

            yield return text;
            yield return text;
            yield return text;
        }
    }

    public IAsyncEnumerable<Text> EchoEndless(IAsyncEnumerable<Text> requests, CallContext context)
    {
        context.DeclareEndless();
        return requests;
    }

    public async IAsyncEnumerable<Compression> EchoCompressed(IAsyncEnumerable<Compression> requests, CallContext context)
    {
        await foreach (var request in requests)
        {
            context.CompressesResponses = request.IsCompressed;
            yield return new Compression { Text = request.Text, IsCompressed = context.IsRequestCompressed };
        }
    }

    private static Exception ExceptionOf(Failure failure) =>
        failure.Code == 0 ? new InvalidOperationException(Secret) : new RpcException((StatusCode)failure.Code, failure.Message);

    private static void Apply(Decoration decoration, CallContext context)
    {
        foreach (var entry in decoration.Headers)
        {
            Add(context.ResponseHeaders, entry);
        }

        foreach (var entry in decoration.Trailers)
        {
            Add(context.ResponseTrailers, entry);
        }
    }

    private static void Add(Metadata metadata, Entry entry)
    {
        if (!Metadata.IsKey(entry.Key))
        {
            throw new RpcException(StatusCode.InvalidArgument, "no such key can be");
        }

        if (Metadata.IsBinary(entry.Key))
        {
            metadata.Add(entry.Key, entry.Binary.ToByteArray());
        }
        else
        {
            metadata.Add(entry.Key, entry.Value);
        }
    }

    private Gate GateOf(CallContext context) => Gate(context.RequestMetadata.Get("gate") ?? "main");
}
