using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace LogWatcher.Http2;

/// <summary>Which pages of other origins may call (fetch.spec.whatwg.org, "CORS protocol"): those of <c>--cors</c>.</summary>
/// <param name="origins">As browsers write them, e.g. <c>https://example.org</c>; <c>*</c>: all.</param>
internal sealed class CrossOrigin(IReadOnlyList<string> origins)
{
    // What a page can read of a response beside the body: "*" names all but for calls with credentials, so these are named too.
    private const string Exposed = "grpc-status, grpc-message, grpc-encoding, grpc-accept-encoding, *";

    // A day: browsers cut it down to what they take.
    private const string MaxAgeSeconds = "86400";

    private readonly bool _takesAll = origins.Contains("*");

    /// <summary>Allows the page that calls to read the response, if it is one of those that may.</summary>
    public void Allow(IHttpRequestFeature request, IHttpResponseFeature response)
    {
        if (origins.Count > 0 && request.Headers.Origin.Count > 0)
        {
            response.Headers.Vary = "Origin";
            if (IsAllowed(request.Headers.Origin))
            {
                response.Headers.AccessControlAllowOrigin = request.Headers.Origin;
                response.Headers.AccessControlExposeHeaders = Exposed;
            }
        }
    }

    /// <summary>Answers a browser that asks before it calls.</summary>
    /// <returns>False: the request is no such question.</returns>
    public bool TryAnswer(IHttpRequestFeature request, IHttpResponseFeature response)
    {
        if (request.Method != HttpMethods.Options || origins.Count == 0 || request.Headers.AccessControlRequestMethod.Count == 0)
        {
            return false;
        }

        response.StatusCode = StatusCodes.Status204NoContent;
        response.Headers.Vary = "Origin";
        if (IsAllowed(request.Headers.Origin))
        {
            response.Headers.AccessControlAllowOrigin = request.Headers.Origin;
            response.Headers.AccessControlAllowMethods = HttpMethods.Post;
            response.Headers.AccessControlAllowHeaders = request.Headers.AccessControlRequestHeaders;
            response.Headers.AccessControlMaxAge = MaxAgeSeconds;
        }

        return true;
    }

    private bool IsAllowed(StringValues origin) => origin.Count == 1 && (_takesAll || origins.Contains(origin.ToString()));
}
