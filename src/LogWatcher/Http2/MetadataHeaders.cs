using System.Buffers;
using System.Text;
using LogWatcher.Rpc;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace LogWatcher.Http2;

/// <summary>A call's metadata from and to HTTP/2's headers (grpc/grpc <c>doc/PROTOCOL-HTTP2.md</c>, "Custom-Metadata").</summary>
internal static class MetadataHeaders
{
    private const string Reserved = "grpc-";

    private static readonly SearchValues<char> ValueChars = SearchValues.Create([.. Enumerable.Range(0x20, 0x7F - 0x20).Select(code => (char)code)]);

    /// <summary>What the client sent, but for what is the protocol's own.</summary>
    /// <exception cref="RpcException">INTERNAL: the value of a <c>-bin</c> key is no base64.</exception>
    public static Metadata Read(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            // HTTP/1.1 brings names as the client writes them.
            var key = name.ToLowerInvariant();
            if (IsOfTheRequest(key) || !Metadata.IsKey(key))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (Metadata.IsBinary(key))
                {
                    ReadBinary(metadata, key, value ?? "");
                }
                else
                {
                    metadata.Add(key, value ?? "");
                }
            }
        }

        return metadata;
    }

    /// <summary>Adds a handler's metadata to headers or trailers. What is not the handler's to set is left out.</summary>
    /// <param name="leftOut">Told of a value that is not printable ASCII, and of keys that are not a handler's to set.</param>
    public static void Write(Metadata metadata, IHeaderDictionary headers, Action<string> leftOut)
    {
        foreach (var key in metadata.ByKey)
        {
            if (IsOfTheResponse(key.Key))
            {
                leftOut($"the metadata key \"{key.Key}\" is not for handlers to set");
                continue;
            }

            var values = new List<string>();
            foreach (var value in key)
            {
                if (value is byte[] bytes)
                {
                    values.Add(Convert.ToBase64String(bytes).TrimEnd('='));
                }
                else if (((string)value).AsSpan().ContainsAnyExcept(ValueChars))
                {
                    leftOut($"a value of the metadata key \"{key.Key}\" is not printable ASCII; a key ending in -bin takes any bytes");
                }
                else
                {
                    values.Add((string)value);
                }
            }

            headers.Append(key.Key, new StringValues([.. values]));
        }
    }

    private static void ReadBinary(Metadata metadata, string key, string value)
    {
        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
        {
            metadata.Add(key, Base64Text.TryDecode(Encoding.UTF8.GetBytes(part), out var bytes)
                ? bytes
                : throw new RpcException(StatusCode.Internal, $"the metadata key \"{key}\" needs base64, and got something else"));
        }
    }

    private static bool IsOfTheRequest(string key) =>
        key is "te" or "content-type" or "content-length" or "host" or "connection" or "transfer-encoding"
            or GrpcHeaders.Timeout or GrpcHeaders.Encoding or GrpcHeaders.AcceptEncoding or "grpc-message-type";

    private static bool IsOfTheResponse(string key) =>
        key.StartsWith(Reserved, StringComparison.Ordinal)
        || key is "content-type" or "content-length" or "te" or "trailer" or "transfer-encoding" or "connection" or "keep-alive"
            or "proxy-connection" or "upgrade" or "date";
}
