using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace LogWatcher.Http2;

/// <summary>
/// Tells HTTP/2 from HTTP/1.1 on connections without TLS, where nothing is negotiated: a client that knows of HTTP/2 begins with
/// its preface (RFC 9113, 3.4).
/// </summary>
/// <param name="patience">How long a client may say nothing at first.</param>
internal sealed class ProtocolSniffer(TimeSpan patience, TimeProvider time)
{
    private static readonly Http2WithoutTls Http2 = new();

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Looks at what a connection begins with, and leaves it to the server to read.</summary>
    /// <returns>False: the client said nothing in time, or has gone.</returns>
    public async Task<bool> SniffAsync(ConnectionContext connection)
    {
        using var timeUp = new CancellationTokenSource(patience, time);
        using var closing = timeUp.Token.UnsafeRegister(static state => ((ConnectionContext)state!).Transport.Input.CancelPendingRead(), connection);
        try
        {
            while (true)
            {
                var result = await connection.Transport.Input.ReadAsync();
                var isHttp2 = StartsWithPreface(result.Buffer);
                var isDecided = isHttp2 is not null || result.IsCompleted || result.IsCanceled;
                connection.Transport.Input.AdvanceTo(result.Buffer.Start, isDecided ? result.Buffer.Start : result.Buffer.End);
                if (isHttp2 == true)
                {
                    // Kestrel asks what TLS has negotiated, and only if it sees that there is any.
                    connection.Features.Set<ITlsConnectionFeature>(Http2);
                    connection.Features.Set<ITlsApplicationProtocolFeature>(Http2);
                }

                if (isDecided)
                {
                    return isHttp2 is not null;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Null: more must come to know.</summary>
    private static bool? StartsWithPreface(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> beginning = stackalloc byte[Preface.Length];
        var length = (int)Math.Min(buffer.Length, Preface.Length);
        buffer.Slice(0, length).CopyTo(beginning);
        if (!Preface.StartsWith(beginning[..length]))
        {
            return false;
        }

        return length == Preface.Length ? true : null;
    }

    private sealed class Http2WithoutTls : ITlsApplicationProtocolFeature, ITlsConnectionFeature
    {
        public X509Certificate2? ClientCertificate { get; set; }

        public ReadOnlyMemory<byte> ApplicationProtocol { get; } = "h2"u8.ToArray();

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
    }
}
