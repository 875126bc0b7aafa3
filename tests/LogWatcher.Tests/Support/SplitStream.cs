namespace LogWatcher.Tests.Support;

/// <summary>Bytes that come in pieces: no read goes over one of the splits.</summary>
internal sealed class SplitStream(byte[] bytes, params int[] splits) : MemoryStream(bytes)
{
    public override int Read(Span<byte> buffer)
    {
        var position = (int)Position;
        var next = splits.Where(split => split > position).DefaultIfEmpty(int.MaxValue).Min();
        return base.Read(buffer[..Math.Min(buffer.Length, next - position)]);
    }
}
