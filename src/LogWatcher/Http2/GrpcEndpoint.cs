using System.Collections.Frozen;
using LogWatcher.Rpc;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LogWatcher.Http2;

/// <summary>
/// What the server does with a request: finds the call's method by its path and lets the call run, or says why there is none.
/// Any number of requests at once.
/// </summary>
internal sealed class GrpcEndpoint : IHttpApplication<IFeatureCollection>
{
    private readonly MethodTable _methods;
    private readonly FrozenDictionary<string, GrpcRoute> _routes;
    private readonly CrossOrigin _crossOrigin;

    /// <param name="methods">What is served, under the full names.</param>
    public GrpcEndpoint(MethodTable methods, GrpcEnvironment environment)
    {
        _methods = methods;
        _routes = methods.Methods.ToFrozenDictionary(
            method => "/" + method.FullName, method => GrpcRoute.To(method, environment), StringComparer.Ordinal);
        _crossOrigin = new CrossOrigin(environment.Options.Origins);
    }

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.Get<IHttpRequestFeature>()!;
        var isHttp2 = request.Protocol == "HTTP/2";
        if (!isHttp2)
        {
            context.Get<OpenConnection>()!.Begin();
        }

        var response = context.Get<IHttpResponseFeature>()!;
        if (_crossOrigin.TryAnswer(request, response))
        {
            return Task.CompletedTask;
        }

        _crossOrigin.Allow(request, response);
        if (request.Method != HttpMethods.Post)
        {
            response.Headers.Allow = HttpMethods.Post;
            return Reject(context, StatusCodes.Status405MethodNotAllowed);
        }

        if (GrpcContent.Of(request.Headers.ContentType) is not { } content)
        {
            return Reject(context, StatusCodes.Status415UnsupportedMediaType);
        }

        if (!content.IsWeb && !isHttp2)
        {
            // Without HTTP/2's trailers only gRPC-Web can say how a call ended. The answer must name what would be right (RFC 9110, 15.5.22).
            response.Headers.Upgrade = "HTTP/2";
            response.Headers.Connection = "Upgrade";
            return Reject(context, StatusCodes.Status426UpgradeRequired);
        }

        if (_routes.TryGetValue(request.RawTarget, out var route))
        {
            return route.Open(content, context).ServeAsync();
        }

        GrpcResponse.Refuse(context, content, UnknownMethod(request.RawTarget));
        return Task.CompletedTask;
    }

    private static Task Reject(IFeatureCollection context, int statusCode)
    {
        GrpcResponse.Reject(context, statusCode);
        return Task.CompletedTask;
    }

    private Status UnknownMethod(string path)
    {
        var names = path.Split('/');
        if (names is not ["", var service, var method])
        {
            return new Status(StatusCode.Unimplemented, "the path must be /package.Service/Method");
        }

        try
        {
            _methods.FindByFullName(service, method);
        }
        catch (RpcException exception)
        {
            return exception.Status;
        }

        throw new InvalidOperationException($"{path} has no route");
    }
}
