using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace LogWatcher.Benchmarks;

/// <summary>The yardstick of what comes over a socket: as many bytes between two threads of this process, and nothing else.</summary>
internal sealed class BareSocket : IDisposable
{
    private const int PieceBytes = 1 << 16;

    private readonly Socket _from = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Socket _to;
    private readonly byte[] _sent = new byte[PieceBytes];
    private readonly byte[] _received = new byte[4 * PieceBytes];

    public BareSocket()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        _from.Connect(listener.LocalEndPoint!);
        _to = listener.Accept();
    }

    /// <returns>How long it took, in seconds.</returns>
    public double Carry(long bytes)
    {
        var started = Stopwatch.GetTimestamp();
        var sender = Task.Factory.StartNew(
            () =>
            {
                for (var left = bytes; left > 0;)
                {
                    left -= _from.Send(_sent.AsSpan(0, (int)Math.Min(PieceBytes, left)));
                }
            },
            TaskCreationOptions.LongRunning);
        for (var left = bytes; left > 0;)
        {
            left -= _to.Receive(_received);
        }

        sender.Wait();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
    }
}
