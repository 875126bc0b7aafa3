using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Pipelines;
using LogWatcher.Rpc;
using Microsoft.AspNetCore.Http.Features;

namespace LogWatcher.Http2;

/// <summary>
/// The body of a response. Messages are written straight into the server's pipe; only gRPC-Web's text gathers them first, and
/// becomes base64 at each flush. The response starts with the first byte that is asked for: what fails before that can still be
/// told by headers alone. One thread at a time.
/// </summary>
/// <param name="call">Sets the headers, right before they can't be set any more.</param>
internal sealed class ResponseBody(GrpcCall call, IHttpResponseBodyFeature feature, bool isText) : IBufferWriter<byte>
{
    /// <summary>The flag of gRPC-Web's frame of trailers.</summary>
    public const byte TrailersFlag = 0x80;

    private readonly PipeWriter _pipe = feature.Writer;
    private readonly JsonOutput? _text = isText ? new JsonOutput() : null;

    public bool HasStarted { get; private set; }

    /// <summary>Bytes written since the last flush.</summary>
    public int UnflushedBytes { get; private set; }

    public void Advance(int count)
    {
        UnflushedBytes += count;
        if (_text is null)
        {
            _pipe.Advance(count);
        }
        else
        {
            _text.Advance(count);
        }
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Start();
        return _text is null ? _pipe.GetMemory(sizeHint) : _text.GetMemory(sizeHint);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Start();
        return _text is null ? _pipe.GetSpan(sizeHint) : _text.GetSpan(sizeHint);
    }

    /// <summary>Sends what has been written.</summary>
    public ValueTask<FlushResult> FlushAsync()
    {
        Start();
        PassText();
        UnflushedBytes = 0;
        return _pipe.FlushAsync();
    }

    /// <summary>Has a flush that waits for the client return at once.</summary>
    public void CancelPendingFlush() => _pipe.CancelPendingFlush();

    /// <summary>Writes gRPC-Web's last frame.</summary>
    public void WriteTrailers(ReadOnlySpan<byte> lines)
    {
        var header = GetSpan(LengthPrefixedMessage.HeaderBytes);
        header[0] = TrailersFlag;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], lines.Length);
        Advance(LengthPrefixedMessage.HeaderBytes);
        this.Write(lines);
        PassText();
    }

    private void Start()
    {
        if (HasStarted)
        {
            return;
        }

        HasStarted = true;
        call.PrepareHeaders();

        // Nobody has asked to be called at the start, so it never waits; without it the first bytes would be copied once more.
        var started = feature.StartAsync();
        if (!started.IsCompletedSuccessfully)
        {
            throw new OperationCanceledException("the response can't be started");
        }
    }

    private void PassText()
    {
        if (_text is not { Length: > 0 })
        {
            return;
        }

        Base64.EncodeToUtf8(_text.Written, _pipe.GetSpan(Base64.GetMaxEncodedToUtf8Length(_text.Length)), out _, out var written);
        _pipe.Advance(written);
        _text.Clear(keepBytes: 64 * 1024);
    }
}
