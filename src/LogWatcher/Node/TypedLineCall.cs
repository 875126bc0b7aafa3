using System.Buffers.Text;
using System.Text.Json;
using Google.Protobuf;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>A <see cref="LineCall"/> that knows its messages: reads them from lines, runs the handler, writes what it yields.</summary>
internal sealed class TypedLineCall<TRequest, TResponse> : LineCall
    where TRequest : class, IMessage<TRequest>, new()
    where TResponse : class, IMessage<TResponse>, new()
{
    private readonly Method<TRequest, TResponse> _method;
    private readonly RequestQueue<TRequest> _requests;

    // Kept here: to reach them through their generic types costs a look-up for each message.
    private readonly MessageJson<TRequest> _requestJson = MessageJson<TRequest>.Instance;
    private readonly MessageJson<TResponse> _responseJson = MessageJson<TResponse>.Instance;
    private TResponse? _response;

    public TypedLineCall(CallEnvironment environment, CallRecord record, Method<TRequest, TResponse> method, CallOptions options)
        : base(environment, record, method, options)
    {
        _method = method;
        _requests = new RequestQueue<TRequest>(this, Gate);
    }

    /// <summary>The handler's run, which never fails: what goes wrong in it ends the call.</summary>
    public Task Run { get; private set; } = Task.CompletedTask;

    public override void Start()
    {
        if (State != StreamState.Closed)
        {
            Run = RunAsync();
        }
    }

    public override object? TryReadEarly(ref JsonInput reader) => IsProto ? null : _requestJson.Parse(ref reader);

    protected override bool IsConsumerWaiting => _requests.IsConsumerWaiting;

    protected override void Push(in Envelope envelope, EnvelopeKey key, long msgId)
    {
        TRequest message;
        var isCompressed = false;
        try
        {
            message = IsProto ? ParseProto(envelope, key, out isCompressed) : ParseJson(envelope, key);
        }
        catch (MessageFormatException exception)
        {
            exception.Within(NameOf(key));
            End(new Status(StatusCode.InvalidArgument, exception.Message));
            return;
        }
        catch (RpcException exception)
        {
            End(exception.Status with { Message = $"{NameOf(key)}: {exception.Message}" });
            return;
        }

        _requests.Push(message, msgId, envelope[key].Length, isCompressed);
    }

    protected override void CompleteRequests() => _requests.Complete();

    protected override void FailRequests(Exception failure) => _requests.Fail(failure);

    protected override void WriteResponse(JsonOutput output) => WriteMessage(output, _response!);

    private static string NameOf(EnvelopeKey key) => key == EnvelopeKey.Data ? "data" : "request";

    private TRequest ParseJson(in Envelope envelope, EnvelopeKey key)
    {
        if (envelope.Parsed.EarlyCall == this)
        {
            return (TRequest)envelope.Parsed.EarlyMessage!;
        }

        return envelope[key].IsGiven ? _requestJson.Parse(envelope.Raw(key)) : new TRequest();
    }

    private TRequest ParseProto(in Envelope envelope, EnvelopeKey key, out bool isCompressed)
    {
        isCompressed = false;
        if (envelope[key].Type is JsonTokenType.None or JsonTokenType.Null)
        {
            return new TRequest();
        }

        if (envelope[key].Type != JsonTokenType.String || !Base64Text.TryDecode(envelope.Utf8(key), out var framed))
        {
            throw new MessageFormatException("expected base64 of one length-prefixed message, got " + Envelope.Quote(envelope.Raw(key)));
        }

        try
        {
            isCompressed = LengthPrefixedMessage.IsCompressed(framed);
            return LengthPrefixedMessage.Parse(framed, Compression, _method.Parser);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new MessageFormatException($"expected a {_method.FullName} request, got bytes that are none ({exception.Message})", exception);
        }
    }

    private async Task RunAsync()
    {
        Environment.Handlers.Enter();
        var status = Status.Ok;
        try
        {
            await Environment.Interceptors.Around(PumpAsync)(this);
            if (Method.GivesOneMessage && _response is null)
            {
                throw new InvalidOperationException("the handler gave no response");
            }
        }
        catch (Exception exception)
        {
            status = StatusOf(exception);
        }

        End(status);
        Environment.Handlers.Leave();
    }

    /// <summary>Takes what the handler yields and writes it, until it ends or nobody is there to read it.</summary>
    private async Task PumpAsync(CallContext context)
    {
        var responses = _method.Handler(_requests, this).GetAsyncEnumerator();
        try
        {
            while (await BeforeWaiting(responses.MoveNextAsync()))
            {
                if (Method.GivesOneMessage)
                {
                    _response = responses.Current;
                    CountResponse();
                }
                else
                {
                    while (!MayWrite())
                    {
                        await WaitToWriteAsync();
                        if (State == StreamState.Closed)
                        {
                            return;
                        }
                    }

                    if (!TryWrite(responses.Current))
                    {
                        return;
                    }
                }
            }
        }
        finally
        {
            await responses.DisposeAsync();
        }
    }

    /// <summary>
    /// Before a handler is waited for, it is given the next lines, as long as they are its own and it waits for them, and what it has
    /// yielded goes out. (One that waits for something else must be free to go on meanwhile: what it does not take may be too much.)
    /// </summary>
    private ValueTask<bool> BeforeWaiting(ValueTask<bool> next)
    {
        while (!next.IsCompleted && IsConsumerWaiting && Environment.CarryOutNextOf(this))
        {
        }

        if (!next.IsCompleted && !Environment.Writer.IsOnReader)
        {
            Environment.Writer.Flush();
        }

        return next;
    }

    /// <summary>Writes one message. False: the call has ended.</summary>
    private bool TryWrite(TResponse message)
    {
        using var line = Environment.Writer.Begin();
        if (!BeginMessage(line.Output))
        {
            return false;
        }

        WriteMessage(line.Output, message);
        FinishMessage(line.Output);
        line.Commit(hasMore: true);
        return true;
    }

    private void WriteMessage(JsonOutput output, TResponse message)
    {
        if (!IsProto)
        {
            _responseJson.Write(output, message);
            return;
        }

        var framed = new JsonOutput();
        LengthPrefixedMessage.Write(framed, message, CompressesResponses == false ? MessageEncoding.Identity : Compression);
        output.WriteByte((byte)'"');
        Base64.EncodeToUtf8(framed.Written, output.GetSpan(Base64.GetMaxEncodedToUtf8Length(framed.Length)), out _, out var written);
        output.Advance(written);
        output.WriteByte((byte)'"');
    }
}
