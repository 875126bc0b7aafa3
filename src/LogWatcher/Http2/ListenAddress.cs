using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LogWatcher.Http2;

/// <summary>Where the door listens: an IP address with a port, with TLS or without, or a Unix socket.</summary>
internal sealed record ListenAddress
{
    private const string Http = "http://";
    private const string Https = "https://";
    private const string Unix = "unix:";

    /// <summary>What would be right, for errors.</summary>
    public const string Expected = "http://ADDRESS:PORT, https://ADDRESS:PORT or unix:/PATH, with an IP address, \"localhost\" or \"*\"";

    /// <summary>Null for a Unix socket. Port 0 is whatever is free.</summary>
    public IPEndPoint? EndPoint { get; private init; }

    /// <summary>Null for an IP address.</summary>
    public string? SocketPath { get; private init; }

    /// <summary>Whether it speaks TLS.</summary>
    public bool IsTls { get; private init; }

    /// <summary>Whether nobody else on the network can get there.</summary>
    public bool IsLocal => EndPoint is null || IPAddress.IsLoopback(EndPoint.Address);

    /// <summary>Reads <see cref="Expected"/>. <c>localhost</c> is 127.0.0.1, <c>*</c> every address of the machine.</summary>
    public static bool TryParse(string text, out ListenAddress address)
    {
        address = new ListenAddress();
        if (text.StartsWith(Unix, StringComparison.Ordinal))
        {
            address = new ListenAddress { SocketPath = text[Unix.Length..] };
            return Path.IsPathRooted(address.SocketPath);
        }

        var isTls = text.StartsWith(Https, StringComparison.OrdinalIgnoreCase);
        if (!isTls && !text.StartsWith(Http, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var authority = text[(isTls ? Https : Http).Length..].TrimEnd('/');
        var colon = authority.LastIndexOf(':');
        if (colon <= 0
            || !ushort.TryParse(authority[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || !TryParseHost(authority[..colon], out var host))
        {
            return false;
        }

        address = new ListenAddress { EndPoint = new IPEndPoint(host, port), IsTls = isTls };
        return true;
    }

    /// <summary>The same with the port that was free.</summary>
    public ListenAddress WithEndPoint(IPEndPoint bound) => this with { EndPoint = bound };

    /// <summary>As it is written on the command line.</summary>
    public override string ToString() => EndPoint is null ? Unix + SocketPath : (IsTls ? Https : Http) + EndPoint;

    private static bool TryParseHost(string host, out IPAddress address)
    {
        address = host switch
        {
            "localhost" => IPAddress.Loopback,
            // IPv6's takes IPv4 as well; but a kernel may be without it, and then it can't be had.
            "*" => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
            _ => IPAddress.None,
        };
        if (!ReferenceEquals(address, IPAddress.None))
        {
            return true;
        }

        // An IPv6 address stands in brackets, or its last colon would pass for that of the port.
        var isBracketed = host.StartsWith('[') && host.EndsWith(']');
        return IPAddress.TryParse(isBracketed ? host[1..^1] : host, out address!)
            && isBracketed == (address.AddressFamily == AddressFamily.InterNetworkV6);
    }
}
