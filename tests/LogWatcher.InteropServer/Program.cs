using System.Runtime.InteropServices;
using LogWatcher.Cli;
using LogWatcher.Http2;
using LogWatcher.Rpc;
using LogWatcher.Services;

namespace LogWatcher.InteropServer;

/// <summary>
/// Serves gRPC's own test service through the node's HTTP/2 door, with the arguments of <c>logwatcher serve</c>. A line on stderr
/// says where it listens; SIGTERM and SIGINT stop it in good order.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        try
        {
            var options = Options.Parse([ServeArguments.Command, .. arguments]);
            if (options.WantsHelp || options.WantsVersion)
            {
                throw new UsageException(HelpText.ServeUsage);
            }

            await ServeAsync(options.Serve!.ToOptions(options.Node.Grace));
            return 0;
        }
        catch (Exception exception) when (exception is UsageException or UnusableFileException or ListenException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    private static async Task ServeAsync(ServeOptions options)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var methods = AllServices.RegisterStandard(InteropServices.Register(new MethodTable()), out var health);
        await using var server = await GrpcServer.StartAsync(options, methods, InterceptorChain.Empty, TimeProvider.System, Console.Error.WriteLine);
        foreach (var address in server.Addresses)
        {
            await Console.Error.WriteLineAsync($"listening on {address}");
        }

        await stopping.Task;
        health.TurnNotServing();
        await server.StopAsync();

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stopping.TrySetResult();
        }
    }
}
