using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using LogWatcher.Cli;
using LogWatcher.Http2;
using LogWatcher.Logs;
using LogWatcher.Logs.Collected;
using LogWatcher.Logs.Live;
using LogWatcher.Logs.Reading;
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
                WriteText(!options.WantsHelp ? $"logwatcher {Version()}" : options.Serve is null ? HelpText.Help : HelpText.ServeHelp);
                return LineNode.ExitOk;
            }

            if (options.WantsServices)
            {
                WriteText(ServiceList.Of(AllServices.Register(new MethodTable(), LogSet.OpenSample())));
                return LineNode.ExitOk;
            }

            OpenFileLimit.Raise();
            OpenSsl.Require(options, OpenSsl.Load);
            return options.Serve is { } serve ? ServeAsync(options, serve, errors).GetAwaiter().GetResult() : RunNode(options, errors);
        }
        catch (Exception exception) when (exception is LogSourceException or TooManyOpenFilesException or StandardStreamException or UnusableFileException or ListenException or MissingLibraryException)
        {
            errors.WriteLine(exception.Message);
            return LineNode.ExitFailed;
        }
        catch (UsageException exception)
        {
            errors.WriteLine($"{exception.Message}; {(arguments is [ServeArguments.Command, ..] ? HelpText.ServeUsage : HelpText.Usage)}");
            return ExitUsage;
        }
    }

    private static int RunNode(Options options, ErrorLog errors)
    {
        if (options.Logs.Count > 0)
        {
            // Whoever names logs is going to watch them, and until the first lines come in the other core has nothing to do.
            new Thread(LogWatcherService.Prepare) { IsBackground = true, Name = "prepare" }.Start();
        }

        using var collectTo = OpenCollectTo(options);
        var logs = options.Logs.Count > 0 ? OpenLogs(options, collectTo) : null;
        LineNode? node = null;
        var services = ServicesOf(options, () => node!.Counts);
        var methods = new Lazy<MethodTable>(() => AllServices.Register(new MethodTable(), logs ?? OpenLogs(options, collectTo), services));
        node = new LineNode(
            StandardStreams.OpenInput(),
            StandardStreams.OpenOutput(),
            options.Node,
            methods,
            Interceptors(options, errors),
            TimeProvider.System,
            errors.WriteLine);
        using var stop = new CancellationTokenSource();
        using var terminate = OnSignal(PosixSignal.SIGTERM, 143, stop);
        using var interrupt = OnSignal(PosixSignal.SIGINT, 130, stop);

        // Once a line is answered, whoever reads the answer may count on what a signal does.
        node.Start();
        if (!Console.IsInputRedirected)
        {
            Console.Error.WriteLine(HelpText.Hint);
        }

        return node.WaitForExit(stop.Token);
    }

    /// <summary>The other door. All that needs ASP.NET Core is in here: a node on stdin loads nothing of it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<int> ServeAsync(Options options, ServeArguments arguments, ErrorLog errors)
    {
        using var collectTo = OpenCollectTo(options);
        GrpcServer? server = null;
        var methods = AllServices.RegisterForHttp2(new MethodTable(), OpenLogs(options, collectTo), ServicesOf(options, () => server!.Counts), out var health);
        using var stop = new CancellationTokenSource();
        using var terminate = OnSignal(PosixSignal.SIGTERM, 143, stop);
        using var interrupt = OnSignal(PosixSignal.SIGINT, 130, stop);
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.Token.UnsafeRegister(static task => ((TaskCompletionSource)task!).SetResult(), stopping);
        await using var running = server = await GrpcServer.StartAsync(
            arguments.ToOptions(options.Node.Grace), methods, Interceptors(options, errors), TimeProvider.System, errors.WriteLine);

        // Once these lines are written, whoever reads them may connect, and count on what a signal does.
        foreach (var address in server.Addresses)
        {
            errors.WriteLine($"listening on {address}");
        }

        await stopping.Task;
        health.TurnNotServing();
        await server.StopAsync();
        return LineNode.ExitOk;
    }

    /// <exception cref="UnusableFileException">A file or a folder that was named is not there.</exception>
    private static ServiceOptions ServicesOf(Options options, Func<DoorCounts> counts) => new()
    {
        Pace = new Pace(options.Pace ?? Pace.Default),
        Files = OpenFiles(options.Files),
        Story = OpenStory(options.Story),
        Counts = counts,
    };

    private static FileStore? OpenFiles(string? folder)
    {
        try
        {
            if (File.Exists(folder))
            {
                throw new UnusableFileException($"{folder} is no folder: it is a file");
            }

            return folder is null ? null : new FileStore(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UnusableFileException($"the folder {folder} can't be used: {exception.Message}");
        }
    }

    private static Story OpenStory(string? path)
    {
        try
        {
            if (path is not null)
            {
                if (FileStatus.TryGet(path, out var status) && !status.IsRegular)
                {
                    throw new UnusableFileException($"the story can't be read: {path} is no file");
                }

                File.OpenRead(path).Dispose();
            }

            return new Story(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UnusableFileException($"the story can't be read: {exception.Message}");
        }
    }

    /// <exception cref="LogSourceException">It can't be written.</exception>
    private static CollectedFile? OpenCollectTo(Options options) => options.CollectTo is { } path ? new CollectedFile(path) : null;

    private static LogSet OpenLogs(Options options, CollectedFile? collectTo)
    {
        var collected = new CollectedLog(options.CollectBuffer ?? CollectedLog.DefaultMaxEntries, collectTo);
        var watchQueue = options.WatchQueue ?? LiveWatcher.DefaultMaxWaiting;
        return options.Logs.Count == 0
            ? LogSet.OpenSample(collected, watchQueue)
            : LogSet.Open(options.Logs, TimeProvider.System, watchQueue: watchQueue, collected: collected);
    }

    /// <summary>
    /// What stands around every call, in this order: what is refused is logged, counts against no rate, and waits for no worker.
    /// </summary>
    private static InterceptorChain Interceptors(Options options, ErrorLog errors)
    {
        if (options is { IsVerbose: false, Token: null, TokenFile: null, Rate: null, Workers: null })
        {
            return InterceptorChain.Empty;
        }

        var interceptors = new List<Interceptor>();
        if (options.IsVerbose)
        {
            interceptors.Add(CallLog.To(errors.WriteLine));
        }

        if ((options.Token ?? ReadToken(options.TokenFile)) is { } token)
        {
            interceptors.Add(TokenAuthentication.Requiring(token));
        }

        if (options.Rate is { } rate)
        {
            interceptors.Add(RateLimit.Of(rate));
        }

        if (options.Workers is { } workers)
        {
            interceptors.Add(WorkerLimit.Of(workers));
        }

        return new InterceptorChain(interceptors);
    }

    /// <exception cref="UnusableFileException">It can't be read, or holds no token that could be sent.</exception>
    private static string? ReadToken(string? path)
    {
        try
        {
            // An editor ends the line, and the token is not meant to.
            var token = path is null ? null : File.ReadAllText(path).Trim();
            return token switch
            {
                "" => throw new UnusableFileException($"the token file {path} is empty"),
                not null when !TokenAuthentication.CanBeSent(token) => throw new UnusableFileException(
                    $"the token in {path} must be {TokenAuthentication.Sendable}"),
                _ => token,
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UnusableFileException($"the token file {path} can't be read: {exception.Message}");
        }
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

    /// <summary>Also what it runs on, which is part of an executable of machine code.</summary>
    private static string Version()
    {
        var own = typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        return $"{own} (.NET {Environment.Version}{(RuntimeFeature.IsDynamicCodeSupported ? "" : ", machine code")})";
    }

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
