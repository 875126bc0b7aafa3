using System.Globalization;

namespace LogWatcher.Benchmarks;

/// <summary>
/// Prints tables in Markdown: <c>dotnet run -c Release --project tests/LogWatcher.Benchmarks -- [echo] [latency] [fan-out] [scan] [grpc]</c>;
/// without a name all of them. <c>scan=5000</c> scans so many MB; <c>grpc=PORT</c> measures another server of this machine that has <c>Protos/bench.proto</c>. How far it is goes to stderr.
/// </summary>
internal static class Program
{
    private static readonly string[] All = ["echo", "latency", "fan-out", "scan", "grpc"];

    private static int Main(string[] arguments)
    {
        if (arguments is [FanOut.InProcessName, var consumers, var linesPerSecond])
        {
            FanOut.MeasureInProcess(Integer(consumers), Integer(linesPerSecond));
            return 0;
        }

        if (arguments is [GrpcCost.ServeName])
        {
            GrpcCost.ServeAsync().GetAwaiter().GetResult();
            return 0;
        }

        Machine.Describe();
        foreach (var argument in arguments.Length > 0 ? arguments : All)
        {
            Console.Error.WriteLine($"measuring {argument} …");
            switch (argument.Split('='))
            {
                case ["echo"]:
                    EchoCost.Measure();
                    break;
                case ["latency"]:
                    Latency.Measure();
                    break;
                case ["fan-out"]:
                    FanOut.Measure();
                    break;
                case ["scan"]:
                    Scan.Measure(Scan.DefaultMegabytes);
                    break;
                case ["scan", var megabytes]:
                    Scan.Measure(Integer(megabytes));
                    break;
                case ["grpc"]:
                    GrpcCost.Measure();
                    break;
                case ["grpc", var port]:
                    GrpcCost.MeasureOther(Integer(port));
                    break;
                default:
                    Console.Error.WriteLine($"unknown measurement \"{argument}\": expected {string.Join(", ", All)}, scan=MEGABYTES, or grpc=PORT");
                    return 2;
            }

            Console.WriteLine();
        }

        return 0;
    }

    private static int Integer(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
