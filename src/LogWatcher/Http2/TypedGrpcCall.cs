using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using LogWatcher.Rpc;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LogWatcher.Http2;

/// <summary>
/// A <see cref="GrpcCall"/> that knows its messages: reads them from the request's pipe, runs the handler, writes what it
/// yields. It is itself what the handler reads its requests from.
/// </summary>
internal sealed class TypedGrpcCall<TRequest, TResponse> : GrpcCall, IAsyncEnumerable<TRequest>, IAsyncEnumerator<TRequest>
    where TRequest : class, IMessage<TRequest>, new()
    where TResponse : class, IMessage<TResponse>, new()
{
    /// <summary>So much may wait for a flush, in bytes: about what the server itself keeps of a response before it waits.</summary>
    private const int MaxUnflushedBytes = 32 * 1024;

    // A handler that never waits leaves its thread to others after so many messages.
    private const int MaxInlineMessages = 1024;

    private readonly Method<TRequest, TResponse> _method;
    private JsonOutput? _json;

    public TypedGrpcCall(GrpcEnvironment environment, Method<TRequest, TResponse> method, GrpcContent content, IFeatureCollection features)
        : base(environment, method, content, features)
    {
        _method = method;
    }

    /// <summary>The request taken last.</summary>
    public TRequest Current { get; private set; } = null!;

    /// <summary>There is one enumerator: what it has taken nobody else gets.</summary>
    public IAsyncEnumerator<TRequest> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <exception cref="RpcException">The request is not in form, or over the limit; the call has ended with that.</exception>
    /// <exception cref="OperationCanceledException">The call has ended.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> MoveNextAsync()
    {
        BeginRead();
        var held = 0L;
        try
        {
            while (true)
            {
                var read = Reader.ReadAsync();
                if (!read.IsCompleted && Method.TakesOneMessage)
                {
                    AwaitRequest();
                }

                if (TryTake(await read, ref held, out var hasMessage))
                {
                    return hasMessage;
                }
            }
        }
        catch (RpcException exception)
        {
            EndForRequest(exception.Status);
            throw;
        }
        catch (BadHttpRequestException exception)
        {
            // The client is still there, and reads: its HTTP/1.1 body is no such.
            var status = new Status(StatusCode.Internal, $"the request's body is not in HTTP's form: {exception.Message}");
            EndForRequest(status);
            throw new RpcException(status.Code, status.Message);
        }
        catch (IOException exception)
        {
            EndForClient();
            throw new OperationCanceledException("the client has gone away", exception);
        }
        catch (OperationCanceledException)
        {
            EndForClient();
            throw;
        }
        finally
        {
            if (held > 0)
            {
                Environment.Partial.Release(held);
            }

            EndRead();
        }
    }

    protected override async Task PumpAsync(CallContext context)
    {
        if (_method.Unary is { } unary)
        {
            Write(await unary(await HandlerShape.SingleAsync(this, this), this));
            return;
        }

        var responses = _method.Handler(this, this).GetAsyncEnumerator();
        try
        {
            await PumpAsync(responses);
        }
        finally
        {
            await responses.DisposeAsync();
        }
    }

    /// <summary>Writes what the handler yields, and sends it whenever no more is ready.</summary>
    private async Task PumpAsync(IAsyncEnumerator<TResponse> responses)
    {
        for (var inline = 1; ; inline++)
        {
            var next = responses.MoveNextAsync();
            var isFirstWait = false;
            if (!next.IsCompleted)
            {
                inline = 0;
                isFirstWait = !Body.HasStarted;

                // Whether the client still reads or not: the handler is waited for, it has been told by its token.
                if (Body.UnflushedBytes > 0)
                {
                    await FlushAsync();
                }
            }

            if (!await (isFirstWait ? WaitForFirstAsync(next.AsTask()) : next))
            {
                break;
            }

            if (!Write(responses.Current) || (Body.UnflushedBytes >= MaxUnflushedBytes && !await FlushAsync()))
            {
                return;
            }

            if (inline >= MaxInlineMessages)
            {
                inline = 0;
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }
        }

        if (Method.GivesOneMessage && MessagesSent == 0)
        {
            throw new InvalidOperationException("the handler gave no response");
        }
    }

    /// <summary>
    /// Waits for the first response. Until it comes a failure can be told by headers alone; but once the handler says that the call
    /// is endless, it may take any time, and the client is to know that the call stands: then the headers go out.
    /// </summary>
    private async ValueTask<bool> WaitForFirstAsync(Task<bool> first)
    {
        await Task.WhenAny(first, DeclaredEndless);
        if (!first.IsCompleted)
        {
            await FlushAsync();
        }

        return await first;
    }

    /// <summary>Takes the next message off what has come.</summary>
    /// <param name="held">Bytes that the message is counted with while it is not whole.</param>
    /// <param name="hasMessage">False: there are no more.</param>
    /// <returns>False: more must come before it is known.</returns>
    private bool TryTake(in ReadResult result, ref long held, out bool hasMessage)
    {
        hasMessage = false;
        var buffer = result.Buffer;
        var consumed = buffer.End;
        var examined = buffer.End;
        try
        {
            if (result.IsCanceled)
            {
                if (State == StreamState.Closed)
                {
                    throw new OperationCanceledException("the call has ended");
                }

                // Kestrel cancels what reads over HTTP/1.1 when it stops: the client is there, and what has come of its request, too.
                (consumed, examined) = (buffer.Start, buffer.Start);
                return false;
            }

            var rest = buffer;
            if (LengthPrefixedMessage.TryRead(ref rest, RequestEncoding, out var payload, out var isCompressed, Environment.Options.MaxMessageBytes))
            {
                Current = Parse(payload, isCompressed);
                SetRequestCompressed(isCompressed);
                consumed = examined = rest.Start;
                CountReceived(LengthPrefixedMessage.HeaderBytes + payload.Length);
                hasMessage = true;
                return true;
            }

            if (!result.IsCompleted)
            {
                Environment.Partial.Hold(ref held, buffer.Length);
                consumed = buffer.Start;
                return false;
            }

            LengthPrefixedMessage.ThrowIfCutOff(buffer);
            HalfClose();
            return true;
        }
        finally
        {
            Reader.AdvanceTo(consumed, examined);
        }
    }

    private TRequest Parse(in ReadOnlySequence<byte> payload, bool isCompressed)
    {
        var limit = Environment.Options.MaxMessageBytes;
        try
        {
            return IsJson
                ? ParseJson(isCompressed ? new(LengthPrefixedMessage.Decompress(payload, RequestEncoding, limit)) : payload)
                : LengthPrefixedMessage.Parse(payload, isCompressed, RequestEncoding, _method.Parser, limit);
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or MessageFormatException)
        {
            throw new RpcException(StatusCode.Internal, $"expected a {_method.FullName} request, got something else: {exception.Message}");
        }
    }

    private static TRequest ParseJson(in ReadOnlySequence<byte> payload) => payload switch
    {
        { IsEmpty: true } => new TRequest(),
        { IsSingleSegment: true } => MessageJson<TRequest>.Instance.Parse(payload.FirstSpan),
        _ => MessageJson<TRequest>.Instance.Parse(payload.ToArray()),
    };

    /// <summary>Writes one message, without sending it yet.</summary>
    /// <returns>False: the call has ended.</returns>
    private bool Write(TResponse message)
    {
        if (message is null)
        {
            throw new InvalidOperationException("the handler gave no response");
        }

        if (!BeginWrite())
        {
            return false;
        }

        try
        {
            var before = Body.UnflushedBytes;
            WriteFramed(message);
            CountSent(Body.UnflushedBytes - before);
            return true;
        }
        finally
        {
            EndWrite();
        }
    }

    private void WriteFramed(TResponse message)
    {
        var limit = Environment.Options.MaxMessageBytes;
        var encoding = ResponseEncoding;
        if (!IsJson)
        {
            LengthPrefixedMessage.Write(Body, message, encoding, limit);
            return;
        }

        _json ??= new JsonOutput();
        _json.Clear(keepBytes: MaxUnflushedBytes);
        MessageJson<TResponse>.Instance.Write(_json, message);
        LengthPrefixedMessage.Write(Body, _json.Written, encoding, limit);
    }

    /// <summary>Sends what has been written, and waits while the client does not read.</summary>
    /// <returns>False: the call has ended.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FlushAsync()
    {
        if (!BeginWrite())
        {
            return false;
        }

        try
        {
            var flush = Body.FlushAsync();
            if (!flush.IsCompleted)
            {
                // A client that does not read may as well be gone, and the flush alone would not learn of it.
                WatchAbortion();
            }

            var result = await flush;
            if (result.IsCompleted)
            {
                EndForClient();
            }

            return State != StreamState.Closed;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            EndForClient();
            return false;
        }
        finally
        {
            EndWrite();
        }
    }
}
