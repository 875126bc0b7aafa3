using System.Runtime.InteropServices;
using LogWatcher.Node;

namespace LogWatcher.Cli;

/// <summary>
/// Stdout as write(2) gives it. The console's own stream keeps silent when the reader has gone, and a file stream on a
/// descriptor that others share (<c>&gt;log 2&gt;&amp;1</c>) writes at a position of its own; this one does neither.
/// One thread at a time.
/// </summary>
internal sealed partial class StandardOutput(int descriptor) : Stream
{
    // The numbers are the same on Linux; macOS has another for EAGAIN.
    private const int Eintr = 4;
    private const int Epipe = 32;
    private const short PollOut = 4;

    private static readonly int Eagain = OperatingSystem.IsMacOS() ? 35 : 11;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="BrokenPipeException">The reader has gone.</exception>
    /// <exception cref="IOException">Anything else that write(2) says, e.g. that the disk is full.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = WriteSome(descriptor, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error == Epipe)
            {
                throw new BrokenPipeException();
            }

            if (error == Eagain)
            {
                // Somebody else has made the descriptor non-blocking: wait here as a blocking one would.
                var poll = new PollDescriptor { Descriptor = descriptor, Events = PollOut };
                _ = Poll(ref poll, 1, Timeout.Infinite);
            }
            else if (error != Eintr)
            {
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteSome(int descriptor, ref byte buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int timeoutMs);

    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
