namespace LogWatcher.Http2;

/// <summary>How the bodies of a call are made, as its content type says.</summary>
/// <param name="ContentType">The response's: the same as the request's, without parameters.</param>
/// <param name="IsJson">Messages are JSON, not protobuf.</param>
/// <param name="IsWeb">gRPC-Web (grpc/grpc <c>doc/PROTOCOL-WEB.md</c>): trailers are the last frame of the body.</param>
/// <param name="IsText">gRPC-Web's text: the body is base64.</param>
internal sealed record GrpcContent(string ContentType, bool IsJson, bool IsWeb, bool IsText)
{
    private static readonly GrpcContent[] Known =
    [
        new("application/grpc", false, false, false),
        new("application/grpc+proto", false, false, false),
        new("application/grpc+json", true, false, false),
        new("application/grpc-web", false, true, false),
        new("application/grpc-web+proto", false, true, false),
        new("application/grpc-web+json", true, true, false),
        new("application/grpc-web-text", false, true, true),
        new("application/grpc-web-text+proto", false, true, true),
    ];

    /// <summary>The content of a type, whatever its parameters and its case (RFC 9110, 8.3.1); null: none that is served.</summary>
    public static GrpcContent? Of(string? contentType)
    {
        if (contentType is null)
        {
            return null;
        }

        var semicolon = contentType.IndexOf(';');
        var type = contentType.AsSpan(0, semicolon < 0 ? contentType.Length : semicolon).Trim();
        foreach (var known in Known)
        {
            if (type.Equals(known.ContentType, StringComparison.OrdinalIgnoreCase))
            {
                return known;
            }
        }

        return null;
    }
}
