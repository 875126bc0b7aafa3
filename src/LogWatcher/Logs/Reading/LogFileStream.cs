namespace LogWatcher.Logs.Reading;

/// <summary>
/// An open file as a stream from its start on, with a place of its own: whatever has become of its name, and however many read
/// it. One thread at a time.
/// </summary>
/// <param name="file">Disposed of with the stream.</param>
internal sealed class LogFileStream(LogFile file) : ForwardStream
{
    private long _offset;

    public override int Read(Span<byte> buffer)
    {
        var read = file.ReadAt(buffer, _offset);
        _offset += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }
}
