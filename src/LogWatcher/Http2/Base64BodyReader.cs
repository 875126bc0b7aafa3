using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using LogWatcher.Rpc;

namespace LogWatcher.Http2;

/// <summary>
/// The body of a gRPC-Web text request as the bytes it stands for: base64 in one piece or several, each padded by itself, split
/// anywhere (grpc/grpc <c>doc/PROTOCOL-WEB.md</c>). One reader at a time.
/// </summary>
internal sealed class Base64BodyReader(PipeReader text) : PipeReader
{
    private const int GroupLength = 4;

    // What is decoded waits here; how much that can be the reader of messages decides by its limit.
    private readonly Pipe _decoded = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private bool _isCompleted;

    public override void AdvanceTo(SequencePosition consumed) => _decoded.Reader.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _decoded.Reader.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => text.CancelPendingRead();

    public override void Complete(Exception? exception = null) => text.Complete(exception);

    public override bool TryRead(out ReadResult result) => _decoded.Reader.TryRead(out result);

    /// <exception cref="RpcException">INTERNAL: the body is no base64.</exception>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_decoded.Reader.TryRead(out var ready))
            {
                return ready;
            }

            var read = await text.ReadAsync(cancellationToken);
            if (read.IsCanceled)
            {
                text.AdvanceTo(read.Buffer.Start);
                return new ReadResult(default, isCanceled: true, isCompleted: false);
            }

            var groups = read.Buffer.Slice(0, read.Buffer.Length / GroupLength * GroupLength);
            var isCutOff = read.IsCompleted && groups.Length < read.Buffer.Length;
            var isBase64 = !isCutOff && TryDecode(groups);
            text.AdvanceTo(groups.End, read.Buffer.End);
            if (!isBase64)
            {
                throw new RpcException(StatusCode.Internal, "the body is not base64 as its content type says: it is damaged, or cut off");
            }

            if (read.IsCompleted && !_isCompleted)
            {
                _isCompleted = true;
                await _decoded.Writer.CompleteAsync();
            }
            else
            {
                await _decoded.Writer.FlushAsync(CancellationToken.None);
            }
        }
    }

    private bool TryDecode(in ReadOnlySequence<byte> groups)
    {
        if (groups.IsEmpty)
        {
            return true;
        }

        var length = (int)groups.Length;
        var scratch = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            groups.CopyTo(scratch);
            return TryDecode(scratch.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>Decodes whole groups; a padded one ends a piece, and another may follow.</summary>
    private bool TryDecode(ReadOnlySpan<byte> groups)
    {
        while (!groups.IsEmpty)
        {
            var padding = groups.IndexOf((byte)'=');
            var pieceLength = padding < 0 ? groups.Length : ((padding / GroupLength) + 1) * GroupLength;
            var output = _decoded.Writer.GetSpan(Base64.GetMaxDecodedFromUtf8Length(pieceLength));
            if (Base64.DecodeFromUtf8(groups[..pieceLength], output, out _, out var written) != OperationStatus.Done)
            {
                return false;
            }

            _decoded.Writer.Advance(written);
            groups = groups[pieceLength..];
        }

        return true;
    }
}
