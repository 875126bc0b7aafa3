using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using LogWatcher.Cli;
using LogWatcher.Logs;
using LogWatcher.Logs.Live;
using LogWatcher.Node;
using LogWatcher.Rpc;
using LogWatcher.Services;

namespace LogWatcher;

/// <summary>The only place that knows the console and the clock; wires the rest by hand.</summary>
internal static class Program
{
    private const int ExitUsage = 2;

    private static int Main(string[] arguments)
    {
        var errors = new ErrorLog(StandardStreams.OpenErrors());
        try
        {
            var options = Options.Parse(arguments);
            if (options.WantsHelp || options.WantsVersion)
            {
                WriteText(options.WantsHelp ? HelpText.Help : $"logwatcher {Version()}");
                return LineNode.ExitOk;
            }

            return RunNode(options, errors);
        }
        catch (Exception exception) when (exception is LogSourceException or StandardStreamException)
        {
            errors.WriteLine(exception.Message);
            return LineNode.ExitFailed;
        }
        catch (UsageException exception)
        {
            errors.WriteLine($"{exception.Message}; {HelpText.Usage}");
            return ExitUsage;
        }
    }

    private static int RunNode(Options options, ErrorLog errors)
    {
        var logs = options.Logs.Count == 0 ? null : LogSet.Open(
            options.Logs, TimeProvider.System, watchQueue: options.WatchQueue ?? LiveWatcher.DefaultMaxWaiting);
        var methods = new Lazy<MethodTable>(() => AllServices.Register(new MethodTable(), logs ?? LogSet.Sample));
        var interceptors = options.IsVerbose ? new InterceptorChain(CallLog.To(errors.WriteLine)) : InterceptorChain.Empty;
        var node = new LineNode(
            StandardStreams.OpenInput(), StandardStreams.OpenOutput(), options.Node, methods, interceptors, TimeProvider.System, errors.WriteLine);
        using var stop = new CancellationTokenSource();
        using var terminate = OnSignal(PosixSignal.SIGTERM, 143, stop);
        using var interrupt = OnSignal(PosixSignal.SIGINT, 130, stop);

        // Once a line is answered, whoever reads the answer may count on what a signal does.
        node.Start();
        if (!Console.IsInputRedirected)
        {
            Console.Error.WriteLine(HelpText.Hint);
        }

        if (logs is not null)
        {
            // Whoever names logs is going to watch them, and while the first lines come in the other core has nothing to do.
            new Thread(LogWatcherService.Prepare) { IsBackground = true, Name = "prepare" }.Start();
        }

        return node.WaitForExit(stop.Token);
    }

    /// <summary>The first signal stops the node in good order, a second one ends the process at once.</summary>
    private static PosixSignalRegistration OnSignal(PosixSignal signal, int exitCode, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (stop.IsCancellationRequested)
            {
                Environment.Exit(exitCode);
            }

            stop.Cancel();
        });

    private static string Version() =>
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <exception cref="StandardStreamException">It can't be written.</exception>
    private static void WriteText(string text)
    {
        try
        {
            using var stdout = StandardStreams.OpenOutput();
            stdout.Write(Encoding.UTF8.GetBytes(text + "\n"));
        }
        catch (BrokenPipeException)
        {
            // `logwatcher --help | head -1` has what it wanted.
        }
        catch (IOException exception)
        {
            throw new StandardStreamException($"stdout can't be written: {exception.Message}");
        }
    }
}
