using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace LogWatcher.Benchmarks;

/// <summary>The yardstick of a unary call: the same HTTP/2 server and as many bytes each way, but nothing of gRPC.</summary>
internal static class KestrelAlone
{
    /// <summary>The argument by which this program is that server.</summary>
    public const string Name = "kestrel-alone";

    /// <summary>Serves on a port that is free, says which on stdout, and ends with stdin.</summary>
    public static async Task ServeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        await using var server = builder.Build();
        var emptyMessage = new byte[5];
        server.Run(async context =>
        {
            while (!(await context.Request.BodyReader.ReadAsync()).IsCompleted)
            {
                context.Request.BodyReader.AdvanceTo(default, default);
            }

            context.Response.ContentType = "application/grpc";
            await context.Response.BodyWriter.WriteAsync(emptyMessage);
        });
        await server.StartAsync();
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Console.WriteLine(new Uri(address).Port);
        Console.In.ReadToEnd();
        await server.StopAsync();
    }
}
