using System.IO.Compression;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// What a compressed file holds, from its start on, as far as it can be read: a damaged one ends where the damage is. (The platform's
/// stream gives nothing of the stretch in which it finds any, be it only in the checksum behind it all: from there on this goes byte by
/// byte.) One thread at a time.
/// </summary>
/// <param name="open">Opens the compressed bytes from their start; they are disposed of with the stream.</param>
internal sealed class DecompressedStream(Func<Stream> open) : ForwardStream
{
    private GZipStream _stream = Decompress(open());
    private long _offset;
    private bool _isDamaged;

    /// <exception cref="InvalidDataException">It is no compressed file at all.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public override int Read(Span<byte> buffer)
    {
        var read = 0;
        if (!_isDamaged)
        {
            try
            {
                read = _stream.Read(buffer);
                _offset += read;
                return read;
            }
            catch (InvalidDataException)
            {
                _isDamaged = true;
                Reopen();
            }
        }

        while (read < buffer.Length && TryReadOne(ref buffer[read]))
        {
            read++;
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose();
        }

        base.Dispose(disposing);
    }

    private static GZipStream Decompress(Stream compressed) => new(compressed, CompressionMode.Decompress);

    /// <summary>Begins anew, at the same place.</summary>
    private void Reopen()
    {
        _stream.Dispose();
        _stream = Decompress(open());
        LineReader.SkipTo(_stream, 0, _offset, new ContentGuard());
    }

    private bool TryReadOne(ref byte into)
    {
        try
        {
            var read = _stream.Read(new Span<byte>(ref into));
            _offset += read;
            return read > 0;
        }
        catch (InvalidDataException) when (_offset > 0)
        {
            return false;
        }
    }
}
