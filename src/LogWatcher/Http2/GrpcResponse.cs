using System.Text;
using LogWatcher.Rpc;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LogWatcher.Http2;

/// <summary>How a call's end stands in headers, trailers and gRPC-Web's last frame.</summary>
internal static class GrpcResponse
{
    /// <summary>Sets the status among headers or trailers.</summary>
    public static void SetStatus(IHeaderDictionary headers, Status status)
    {
        headers.GrpcStatus = GrpcHeaders.Code(status.Code);
        if (status.Message.Length > 0)
        {
            headers.GrpcMessage = GrpcHeaders.EncodeMessage(status.Message);
        }
    }

    /// <summary>Answers a request that never became a call: headers and nothing else.</summary>
    public static void Refuse(IFeatureCollection features, GrpcContent content, Status status)
    {
        var headers = features.Get<IHttpResponseFeature>()!.Headers;
        headers.ContentType = content.ContentType;
        SetStatus(headers, status);
    }

    /// <summary>Answers a request that is no gRPC at all.</summary>
    public static void Reject(IFeatureCollection features, int statusCode)
    {
        var response = features.Get<IHttpResponseFeature>()!;
        response.StatusCode = statusCode;
        response.Headers.ContentLength = 0;
    }

    /// <summary>Trailers as lines in the body: <c>key: value\r\n</c>, in lower case.</summary>
    public static byte[] ToLines(IHeaderDictionary trailers)
    {
        var lines = new StringBuilder();
        foreach (var (name, values) in trailers)
        {
            foreach (var value in values)
            {
                lines.Append(name.ToLowerInvariant()).Append(": ").Append(value).Append("\r\n");
            }
        }

        return Encoding.ASCII.GetBytes(lines.ToString());
    }
}
