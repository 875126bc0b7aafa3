using System.Globalization;
using System.Runtime.InteropServices;
using LogWatcher.Benchmarks.Growth;
using LogWatcher.Benchmarks.Report;

namespace LogWatcher.Benchmarks;

/// <summary>Measures, and writes the results as tables in Markdown; see <see cref="Usage"/>.</summary>
internal static class Program
{
    private const int ExitFailed = 1;
    private const int ExitUsage = 2;
    private const int ExitInterrupted = 130;

    private const string Save = "--save";

    private static readonly Measurement[] Default =
    [
        new("start", "from the start of the process to init_ok", Start.Steps),
        new("echo", "echo messages a second over pipes: 1, 10 and 1,000 streams", Echo.Steps),
        new("server-stream", "server-stream messages a second over pipes", ServerStream.Steps),
        new("scan", "six searches in NDJSON, logfmt and text; scan=5000: in 5,000 MB of each", () => Scan.Steps(Scan.DefaultMegabytes)),
        new("latency", "from an append to its delivery", Latency.Steps),
        new("fan-out", "one file that grows, and 1, 100 and 1,000 watches", FanOut.Steps),
        new("grpc", "unary calls and streamed messages a second over HTTP/2; grpc=PORT: of another server that has Protos/bench.proto", GrpcCost.Steps),
        new("allocations", "what an echo and a scanned line allocate, in process", () => EchoCost.Steps().Concat(ScanCost.Steps())),
    ];

    private static readonly Measurement[] Extra =
    [
        new("growth", "how cost grows with messages, streams, watches, files and the length of lines; some five minutes more", GrowthSteps),
    ];

    private static string Usage =>
        $"""
        usage: dotnet run -c Release --project tests/LogWatcher.Benchmarks [-- [{Save}] MEASUREMENT ...]

        Without arguments: all of these, some six minutes, and the results are written to tests/LogWatcher.Benchmarks/results.
        {Listed(Default)}

        Only when it is named:
        {Listed(Extra)}

        What is named goes to stdout alone; with {Save} also to the results. How far it is goes to stderr.
        Beside each value stands a yardstick of the same run; "last" is the ratio to it (without one: the value) in the
        newest of the results that has it, and "change" what has become of it since.
        """;

    private static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case [Benchmarks.Start.EmptyName]:
                Benchmarks.Start.AnswerOneLine();
                return 0;
            case [FanOut.InProcessName, var watches]:
                FanOut.RunInProcess(int.Parse(watches, CultureInfo.InvariantCulture));
                return 0;
            case [GrpcCost.ServeName]:
                GrpcCost.ServeAsync().GetAwaiter().GetResult();
                return 0;
            case [KestrelAlone.Name]:
                KestrelAlone.ServeAsync().GetAwaiter().GetResult();
                return 0;
            case ["--help"]:
                Console.WriteLine(Usage);
                return 0;
        }

        var names = arguments.Where(argument => argument != Save).ToArray();
        var chosen = names.Length == 0 ? Default : names.Select(Named).ToArray();
        if (chosen.Contains(null))
        {
            Console.Error.WriteLine($"unknown measurement \"{names[Array.IndexOf(chosen, null)]}\"\n\n{Usage}");
            return ExitUsage;
        }

        if (!IsOptimized)
        {
            Console.Error.WriteLine("this is a debug build, of which nothing can be told: dotnet run -c Release");
            return ExitFailed;
        }

        return Measure([.. chosen.SelectMany(measurement => measurement!.Steps())], SaveAs(arguments, names));
    }

    private static bool IsOptimized =>
#if DEBUG
        false;
#else
        true;
#endif

    private static int Measure(Step[] steps, string? saveAs)
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Environment.Exit(ExitInterrupted));
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            Child.KillAll();
            TemporaryFolder.DeleteAll();
        };
        var folder = new ResultsFolder(SourceTree.ResultsFolder);
        var last = folder.ReadLast(out var lastNames);
        var results = new Results();
        using var limit = new TimeLimit(() => Print(results.Write(last)));
        try
        {
            for (var number = 0; number < steps.Length; number++)
            {
                Console.Error.WriteLine($"[{number + 1} of {steps.Length}] {steps[number].Name}");
                limit.Begin(steps[number]);
                steps[number].Measure(results);
            }
        }
        catch (Exception) when (limit.IsOver)
        {
            // What waits for a process that is killed fails; the time limit has said why, and ends the program.
            Thread.Sleep(Timeout.Infinite);
        }
        catch (Exception exception)
        {
            Print(results.Write(last));
            Console.Error.WriteLine(exception);
            return ExitFailed;
        }

        string[] head =
        [
            $"{Machine.Description}. Generated logs: seed {ScanFormat.Seed}.",
            "",
            ResultsFolder.TakenLine(TimeProvider.System.GetUtcNow()),
            lastNames.Count == 0 ? "Last: none." : $"Last: {string.Join(", ", lastNames)}.",
            "",
        ];
        List<string> text = [.. head, .. results.Write(last)];
        Print(text);
        if (saveAs is not null)
        {
            Console.Error.WriteLine("written to " + folder.Write(saveAs, [$"# {saveAs}", "", .. text]));
        }

        return 0;
    }

    /// <summary>The name of the file to be written, without its suffix; null: none.</summary>
    private static string? SaveAs(string[] arguments, string[] names)
    {
        var date = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return names.Length == 0 ? date
            : arguments.Contains(Save) ? $"{date}-{string.Join('-', names.Select(name => name.Split('=')[0]))}"
            : null;
    }

    private static IEnumerable<Step> GrowthSteps() => GrowthOfCalls.Series.Concat(GrowthOfLogs.Series).SelectMany(series => series.Steps());

    private static Measurement? Named(string argument) => argument.Split('=') switch
    {
        ["scan", var megabytes] when TryParse(megabytes, out var number) => new Measurement("scan", "", () => Scan.Steps(number)),
        ["grpc", var port] when TryParse(port, out var number) => new Measurement("grpc", "", () => GrpcCost.StepsOfOther(number)),
        _ => Default.Concat(Extra).FirstOrDefault(measurement => measurement.Name == argument),
    };

    private static bool TryParse(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;

    private static string Listed(Measurement[] measurements) => string.Join('\n', measurements.Select(it => $"  {it.Name,-14} {it.Summary}"));

    private static void Print(IEnumerable<string> lines) => Console.WriteLine(string.Join('\n', lines));
}
