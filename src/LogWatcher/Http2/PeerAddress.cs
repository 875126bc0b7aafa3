using System.Globalization;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;

namespace LogWatcher.Http2;

/// <summary>Where a client calls from.</summary>
/// <param name="Peer">As gRPC writes it: <c>ipv4:127.0.0.1:4711</c>, <c>ipv6:[::1]:4711</c>, <c>unix:</c>.</param>
/// <param name="Host">The address alone.</param>
internal sealed record PeerAddress(string Peer, string Host)
{
    private static readonly PeerAddress Unix = new("unix:", "unix:");

    public static PeerAddress Of(IFeatureCollection features)
    {
        var connection = features.Get<IHttpConnectionFeature>();
        if (connection?.RemoteIpAddress is not { } address)
        {
            return Unix;
        }

        var host = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        return new PeerAddress(
            address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6
                ? string.Create(CultureInfo.InvariantCulture, $"ipv6:[{host}]:{connection.RemotePort}")
                : string.Create(CultureInfo.InvariantCulture, $"ipv4:{host}:{connection.RemotePort}"),
            host);
    }
}
