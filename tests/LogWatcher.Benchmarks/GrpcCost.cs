using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Google.Protobuf;
using LogWatcher.Benchmarks.Protos;
using LogWatcher.Http2;
using LogWatcher.Rpc;

namespace LogWatcher.Benchmarks;

/// <summary>
/// The HTTP/2 door, as a server in a process of its own: unary calls a second with h2load as the client, streamed messages a second
/// with <see cref="StreamCounter"/>, and what the server allocates for each. Other servers can be measured by the same clients.
/// </summary>
internal static partial class GrpcCost
{
    /// <summary>The argument by which this program serves.</summary>
    public const string ServeName = "grpc-serve";

    private const int Calls = 300_000;
    private const int Messages = 100_000;
    private const int Rounds = 10;
    private const string Path = "/bench.Bench/";

    public static void Measure()
    {
        using var server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [ServeName]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        try
        {
            MeasureOther(int.Parse(server.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
        }
        finally
        {
            server.StandardInput.Close();
            server.WaitForExit();
        }
    }

    /// <param name="port">Of 127.0.0.1, without TLS.</param>
    public static void MeasureOther(int port)
    {
        using var counter = new StreamCounter(new IPEndPoint(IPAddress.Loopback, port));
        Console.WriteLine("| what | a second | allocated each |");
        Console.WriteLine("| --- | ---: | ---: |");
        if (Machine.Has("h2load"))
        {
            AskWithH2Load(port);
            var before = Allocated(counter);
            var rate = AskWithH2Load(port);
            Report("unary calls (h2load -c4 -m10)", rate, (Allocated(counter) - before) / Calls);
        }

        foreach (var (method, how) in new[] { ("Count", "ready at once"), ("CountOneByOne", "one by one") })
        {
            Stream(counter, method);
            var before = Allocated(counter);
            var fastest = Stream(counter, method);
            Report($"streamed messages, {how} ({Messages:N0} a stream, fastest of {Rounds})", fastest, (Allocated(counter) - before) / (Messages * Rounds));
        }
    }

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

    private static double Stream(StreamCounter counter, string method)
    {
        var fastest = 0.0;
        for (var round = 0; round < Rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            var count = counter.Call(Path + method, Framed(Messages)).Count;
            if (count != Messages)
            {
                throw new InvalidOperationException($"{count} messages came, not {Messages}");
            }

            fastest = Math.Max(fastest, Messages / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        return fastest;
    }

    /// <summary>What the server has allocated; 0 if it does not say.</summary>
    private static double Allocated(StreamCounter counter)
    {
        var (count, last) = counter.Call(Path + "Allocated", Framed(1));
        return count == 0 ? 0 : Number.Parser.ParseFrom(last).Value;
    }

    private static double AskWithH2Load(int port)
    {
        var body = System.IO.Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(body, Framed(1));
            using var process = Process.Start(new ProcessStartInfo(
                "h2load",
                [
                    "-c4", "-m10", "-t1", $"-n{Calls}", "-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers",
                    $"http://127.0.0.1:{port}{Path}Ask",
                ])
            { RedirectStandardOutput = true })!;
            var said = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return said.Contains($"{Calls} succeeded", StringComparison.Ordinal)
                ? double.Parse(Rate().Match(said).Groups[1].Value, CultureInfo.InvariantCulture)
                : throw new InvalidOperationException(said);
        }
        finally
        {
            File.Delete(body);
        }
    }

    private static byte[] Framed(long value)
    {
        var message = new Number { Value = value }.ToByteArray();
        var framed = new byte[LengthPrefixedMessage.HeaderBytes + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, LengthPrefixedMessage.HeaderBytes);
        return framed;
    }

    private static void Report(string what, double rate, double bytes) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {rate:N0} | {bytes:N0} B |"));

    [GeneratedRegex(@"([\d.]+) req/s")]
    private static partial Regex Rate();
}
