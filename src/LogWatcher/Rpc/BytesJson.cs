using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Google.Protobuf;

namespace LogWatcher.Rpc;

/// <summary>bytes: written as standard base64 with padding; read in both alphabets (RFC 4648, 4 and 5), padded or not.</summary>
internal readonly struct BytesJson : IValueJson<ByteString>
{
    public ByteString Empty => ByteString.Empty;

    public bool ReadsNull => false;

    public bool IsEmpty(ByteString value) => value.IsEmpty;

    public ByteString Read(ref JsonInput reader)
    {
        const string Expected = "bytes in base64";
        if (reader.TokenType != JsonTokenType.String)
        {
            throw MessageFormatException.Unexpected(ref reader, Expected);
        }

        // An escape never makes text longer than it is written.
        var scratch = ArrayPool<byte>.Shared.Rent(Math.Max(reader.ValueSpan.Length, 1));
        try
        {
            var text = scratch.AsSpan(0, CopyText(ref reader, scratch));
            text.Replace((byte)'+', (byte)'-');
            text.Replace((byte)'/', (byte)'_');

            // The url-safe decoder is the one that takes padding or none.
            return Base64Url.IsValid(text)
                ? UnsafeByteOperations.UnsafeWrap(Base64Url.DecodeFromUtf8(text))
                : throw MessageFormatException.Unexpected(ref reader, Expected);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    public void Write(JsonOutput output, ByteString value)
    {
        var bytes = value.Span;
        output.WriteByte((byte)'"');
        Base64.EncodeToUtf8(bytes, output.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var written);
        output.Advance(written);
        output.WriteByte((byte)'"');
    }

    private static int CopyText(ref JsonInput reader, byte[] scratch)
    {
        try
        {
            return reader.CopyString(scratch);
        }
        catch (InvalidOperationException e)
        {
            throw new MessageFormatException("expected bytes in base64, got no text", e);
        }
    }
}
