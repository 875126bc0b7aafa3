using System.Globalization;
using System.Text;
using Google.Protobuf;
using LogWatcher.InteropServer.Protos;
using LogWatcher.Rpc;

namespace LogWatcher.InteropServer;

/// <summary>
/// <c>grpc.testing.TestService</c>, which gRPC's interop clients call (grpc/grpc <c>doc/interop-test-descriptions.md</c>, "Server").
/// </summary>
internal sealed class TestService
{
    private const string InitialEcho = "x-grpc-test-echo-initial";
    private const string TrailingEcho = "x-grpc-test-echo-trailing-bin";

    // More than any message may have: a larger one is refused by its size anyway, once it is made.
    private const int MaxResponseBytes = 64 * 1024 * 1024;

    // The same for all calls to one server, and another for each server.
    private readonly string _serverId = Guid.NewGuid().ToString();

    public Task<Empty> EmptyCall(Empty request, CallContext context) => Task.FromResult(request);

    /// <exception cref="RpcException">INVALID_ARGUMENT: the request is not compressed as it says; or what the request asks for.</exception>
    public Task<SimpleResponse> UnaryCall(SimpleRequest request, CallContext context)
    {
        EchoMetadata(context);
        RequireCompressed(request.ExpectCompressed, context);
        ThrowIfAsked(request.ResponseStatus);
        context.CompressesResponses = request.ResponseCompressed?.Value;
        return Task.FromResult(new SimpleResponse
        {
            Payload = PayloadOf(request.ResponseType, request.ResponseSize),
            ServerId = request.FillServerId ? _serverId : "",
        });
    }

    /// <summary>Another answer each time, unless a cache on the way has kept the last one.</summary>
    public Task<SimpleResponse> CacheableUnaryCall(SimpleRequest request, CallContext context)
    {
        EchoMetadata(context);
        context.ResponseHeaders.Add("cache-control", "max-age=60, public");
        var nanoseconds = (context.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var body = Encoding.ASCII.GetBytes(nanoseconds.ToString(CultureInfo.InvariantCulture));
        return Task.FromResult(new SimpleResponse { Payload = new Payload { Body = UnsafeByteOperations.UnsafeWrap(body) } });
    }

    public async IAsyncEnumerable<StreamingOutputCallResponse> StreamingOutputCall(StreamingOutputCallRequest request, CallContext context)
    {
        EchoMetadata(context);
        await foreach (var response in RespondAsync(request, context))
        {
            yield return response;
        }
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: a request is not compressed as it says.</exception>
    public async Task<StreamingInputCallResponse> StreamingInputCall(IAsyncEnumerable<StreamingInputCallRequest> requests, CallContext context)
    {
        EchoMetadata(context);
        var bytes = 0;
        await foreach (var request in requests)
        {
            RequireCompressed(request.ExpectCompressed, context);
            bytes += request.Payload?.Body.Length ?? 0;
        }

        return new StreamingInputCallResponse { AggregatedPayloadSize = bytes };
    }

    /// <summary>Answers each request as it comes.</summary>
    public async IAsyncEnumerable<StreamingOutputCallResponse> FullDuplexCall(IAsyncEnumerable<StreamingOutputCallRequest> requests, CallContext context)
    {
        EchoMetadata(context);
        await foreach (var request in requests)
        {
            await foreach (var response in RespondAsync(request, context))
            {
                yield return response;
            }
        }
    }

    /// <summary>Answers all requests once the last has come.</summary>
    public async IAsyncEnumerable<StreamingOutputCallResponse> HalfDuplexCall(IAsyncEnumerable<StreamingOutputCallRequest> requests, CallContext context)
    {
        EchoMetadata(context);
        var kept = new List<StreamingOutputCallRequest>();
        await foreach (var request in requests)
        {
            kept.Add(request);
        }

        foreach (var request in kept)
        {
            await foreach (var response in RespondAsync(request, context))
            {
                yield return response;
            }
        }
    }

    public Task<Empty> UnimplementedCall(Empty request, CallContext context) =>
        throw new RpcException(StatusCode.Unimplemented, "this method is there to be missing");

    /// <summary>A response for each of the request's parameters, or the end that it asks for.</summary>
    private static async IAsyncEnumerable<StreamingOutputCallResponse> RespondAsync(StreamingOutputCallRequest request, CallContext context)
    {
        ThrowIfAsked(request.ResponseStatus);

        // Whether any message is compressed stands in the headers, so it must be known before the first.
        context.CompressesResponses ??= request.ResponseParameters.Any(parameters => parameters.Compressed is not null) ? false : null;
        foreach (var parameters in request.ResponseParameters)
        {
            if (parameters.IntervalUs > 0)
            {
                // A timer counts whole milliseconds.
                var milliseconds = Math.Ceiling(parameters.IntervalUs / 1000.0);
                await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), context.Time, context.CancellationToken);
            }

            if (context.CompressesResponses is not null)
            {
                context.CompressesResponses = parameters.Compressed?.Value ?? false;
            }

            yield return new StreamingOutputCallResponse { Payload = PayloadOf(request.ResponseType, parameters.Size) };
        }
    }

    private static void EchoMetadata(CallContext context)
    {
        if (context.RequestMetadata.Get(InitialEcho) is { } initial)
        {
            context.ResponseHeaders.Add(InitialEcho, initial);
        }

        foreach (var value in context.RequestMetadata.GetAll(TrailingEcho))
        {
            context.ResponseTrailers.Add(TrailingEcho, (byte[])value);
        }
    }

    private static void RequireCompressed(BoolValue? expected, CallContext context)
    {
        if (expected is not null && expected.Value != context.IsRequestCompressed)
        {
            throw new RpcException(
                StatusCode.InvalidArgument, $"expected the request {(expected.Value ? "" : "not ")}to be compressed; see expect_compressed");
        }
    }

    private static void ThrowIfAsked(EchoStatus? status)
    {
        if (status is { Code: not 0 })
        {
            throw new RpcException(Enum.IsDefined((StatusCode)status.Code) ? (StatusCode)status.Code : StatusCode.Unknown, status.Message);
        }
    }

    private static Payload PayloadOf(PayloadType type, int bytes)
    {
        if (type != PayloadType.Compressable)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"expected the payload type COMPRESSABLE (0), got {(int)type}");
        }

        return bytes is >= 0 and <= MaxResponseBytes
            ? new Payload { Body = UnsafeByteOperations.UnsafeWrap(new byte[bytes]) }
            : throw new RpcException(StatusCode.InvalidArgument, $"expected a size from 0 to {MaxResponseBytes}, got {bytes}");
    }
}
