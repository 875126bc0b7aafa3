using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Google.Protobuf;
using LogWatcher.Benchmarks.Protos;
using LogWatcher.Benchmarks.Report;
using LogWatcher.Http2;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;

namespace LogWatcher.Benchmarks;

/// <summary>
/// The HTTP/2 door over sockets: unary calls a second with h2load as the client, beside <see cref="KestrelAlone"/>, and streamed
/// messages a second with <see cref="StreamCounter"/>, beside <see cref="BareSocket"/>. Through the executable; and the door alone,
/// with handlers that do nothing, as a server in a process of its own that says what it allocates. Other servers can be measured
/// by the same clients.
/// </summary>
internal static partial class GrpcCost
{
    /// <summary>The argument by which this program serves.</summary>
    public const string ServeName = "grpc-serve";

    private const int Calls = 100_000;
    private const int Messages = 100_000;
    private const int Megabytes = 50;
    private const string UnaryClient = "unary calls (h2load -c4 -m10)";
    private const string BenchService = "/bench.Bench/";

    public static IEnumerable<Step> Steps()
    {
        yield return new Step("grpc, unary calls", MeasureUnary);
        yield return new Step("grpc, a watch of all lines", MeasureWatch);
        foreach (var step in DoorSteps("grpc, the door alone", () => ServingChild.Own(ServeName)))
        {
            yield return step;
        }
    }

    /// <param name="port">Another server's, of 127.0.0.1, without TLS.</param>
    public static IEnumerable<Step> StepsOfOther(int port) => DoorSteps($"grpc, the server at port {port}", () => new ServingChild(port));

    /// <summary>Serves on a port that is free, says which on stdout, and ends with stdin.</summary>
    public static async Task ServeAsync()
    {
        _ = ListenAddress.TryParse("http://127.0.0.1:0", out var address);
        var methods = new MethodTable().Add(BenchReflection.Descriptor.Services.Single(), new BenchService());
        await using var server = await GrpcServer.StartAsync(
            new ServeOptions { Listen = [address] }, methods, InterceptorChain.Empty, TimeProvider.System, Console.Error.WriteLine);
        Console.WriteLine(server.Addresses[0].EndPoint!.Port);
        Console.In.ReadToEnd();
        await server.StopAsync();
    }

    private static void MeasureUnary(Results results)
    {
        using var node = ServingChild.Node();
        using var kestrel = ServingChild.Own(KestrelAlone.Name);
        AddUnary(results, "grpc", node, "/AssistantService/Multiply", kestrel);
        results.Add("grpc, peak memory after unary calls", node.PeakMegabytes ?? 0, "MB", new Yardstick("Kestrel alone", kestrel.PeakMegabytes));
    }

    private static void MeasureWatch(Results results)
    {
        using var folder = new TemporaryFolder();
        var format = ScanFormat.All[0];
        var lines = format.Generate(folder["app.log"], Megabytes * 1_000_000L);
        using var node = ServingChild.Node("--logs", folder["app.log"]);
        AddStream(results, $"grpc, a watch of all lines ({format.Name})", node, "/logwatcher.v1.LogWatcher/WatchLogs", Framed(new WatchLogsRequest()), lines);
        results.Add("grpc, peak memory after watches", node.PeakMegabytes ?? 0, "MB");
    }

    private static IEnumerable<Step> DoorSteps(string name, Func<ServingChild> start)
    {
        yield return new Step($"{name}, unary calls", results =>
        {
            using var server = start();
            using var kestrel = ServingChild.Own(KestrelAlone.Name);
            AddUnary(results, name, server, BenchService + "Ask", kestrel);
        });
        foreach (var (method, how) in new[] { ("Count", "ready at once"), ("CountOneByOne", "one by one") })
        {
            yield return new Step($"{name}, streamed messages, {how}", results =>
            {
                using var server = start();
                AddStream(results, $"{name}, streamed messages, {how}", server, BenchService + method, Framed(new Number { Value = Messages }), Messages);
            });
        }
    }

    private static void AddUnary(Results results, string name, ServingChild server, string path, ServingChild kestrel)
    {
        if (!Machine.Has("h2load"))
        {
            results.AddMissing($"{name}, {UnaryClient}", "calls/s", "h2load");
            return;
        }

        AskWithH2Load(server.Port, path);
        var allocated = 0.0;
        var medians = InTurn.Medians(
            InTurn.Rounds,
            () =>
            {
                var before = Allocated(server.Port);
                var rate = AskWithH2Load(server.Port, path);
                allocated = Allocated(server.Port) - before;
                return [rate, allocated / Calls];
            },
            () => [AskWithH2Load(kestrel.Port, path)]);
        results.Add($"{name}, {UnaryClient}", medians[0][0], "calls/s", new Yardstick("Kestrel alone", medians[1][0]));
        if (allocated > 0)
        {
            results.Add($"{name}, allocated for a unary call", medians[0][1], "B/call");
        }
    }

    private static void AddStream(Results results, string name, ServingChild server, string path, byte[] request, int messages)
    {
        using var counter = new StreamCounter(new IPEndPoint(IPAddress.Loopback, server.Port));
        using var socket = new BareSocket();
        Stream(counter, path, request, messages);
        var allocated = 0.0;
        var medians = InTurn.Medians(
            InTurn.ShortRounds,
            () =>
            {
                var before = Allocated(server.Port);
                var seconds = Stream(counter, path, request, messages);
                allocated = Allocated(server.Port) - before;
                return [messages / seconds, allocated / messages];
            },
            () => [messages / socket.Carry(counter.ReceivedBytes)]);
        results.Add(name, medians[0][0], "messages/s", new Yardstick("the bytes on a bare socket", medians[1][0]));
        if (allocated > 0)
        {
            results.Add($"{name}, allocated", medians[0][1], "B/message");
        }
    }

    private static double Stream(StreamCounter counter, string path, byte[] request, int messages)
    {
        var started = Stopwatch.GetTimestamp();
        var count = counter.Call(path, request).Count;
        return count == messages
            ? Stopwatch.GetElapsedTime(started).TotalSeconds
            : throw new InvalidOperationException($"{path}: {count} messages came, not {messages}");
    }

    /// <summary>What the server has allocated; 0 if it does not say.</summary>
    private static double Allocated(int port)
    {
        using var counter = new StreamCounter(new IPEndPoint(IPAddress.Loopback, port));
        var (count, last) = counter.Call(BenchService + "Allocated", Framed(new Number { Value = 1 }));
        return count == 0 ? 0 : Number.Parser.ParseFrom(last).Value;
    }

    private static double AskWithH2Load(int port, string path)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["body"], Framed(new Number()));
        using var h2load = new Child(
            "h2load",
            [
                "-c4", "-m10", "-t1", $"-n{Calls}", "-d", folder["body"], "-H", "content-type: application/grpc", "-H", "te: trailers",
                $"http://127.0.0.1:{port}{path}",
            ]);
        using var output = new StreamReader(h2load.Output);
        var said = output.ReadToEnd();
        return said.Contains($"{Calls} succeeded", StringComparison.Ordinal)
            ? double.Parse(Rate().Match(said).Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException(said);
    }

    private static byte[] Framed(IMessage content)
    {
        var message = content.ToByteArray();
        var framed = new byte[LengthPrefixedMessage.HeaderBytes + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, LengthPrefixedMessage.HeaderBytes);
        return framed;
    }

    [GeneratedRegex(@"([\d.]+) req/s")]
    private static partial Regex Rate();
}
