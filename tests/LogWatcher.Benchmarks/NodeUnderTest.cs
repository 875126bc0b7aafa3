using System.Diagnostics;
using System.Text;

namespace LogWatcher.Benchmarks;

/// <summary>The release executable over real pipes; its output is read as lines, in bytes, by one thread.</summary>
internal sealed class NodeUnderTest : IDisposable
{
    private readonly Process _process;

    public NodeUnderTest(params string[] logs)
    {
        _process = Process.Start(new ProcessStartInfo(Executable(), logs.SelectMany(path => new[] { "--logs", path }))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Send("""{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}""");
    }

    public double? PeakMegabytes => Machine.PeakMegabytes(_process.Id);

    /// <summary>Begins a watch; its answers have this number as <c>in_reply_to</c>.</summary>
    public void Watch(int id, string request) => Send(
        $$$"""{"src":"c1","dest":"n1","body":{"type":"grpc_server_stream","msg_id":{{{id}}},"service":"LogWatcher","method":"WatchLogs","request":{{{request}}}}}""");

    /// <summary>Hands out each line as it comes, with the time at which it was read, until told to stop.</summary>
    public void Read(Lines.Take take) => Lines.Read(_process.StandardOutput.BaseStream, take);

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Send(string line)
    {
        _process.StandardInput.BaseStream.Write(Encoding.UTF8.GetBytes(line + "\n"));
        _process.StandardInput.BaseStream.Flush();
    }

    /// <summary>The release build of this source tree; made, if it isn't there.</summary>
    private static string Executable()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "LogWatcher.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("no LogWatcher.sln above " + AppContext.BaseDirectory);
        }

        var project = Path.Combine(folder.FullName, "src", "LogWatcher");
        var executable = Path.Combine(project, "bin", "Release", "net10.0", "logwatcher");
        if (!File.Exists(executable))
        {
            Console.Error.WriteLine("building the release executable …");
            using var build = Process.Start(new ProcessStartInfo("dotnet", ["build", "-c", "Release", project, "-v", "quiet"]) { RedirectStandardOutput = true })!;
            build.StandardOutput.ReadToEnd();
            build.WaitForExit();
        }

        return executable;
    }
}

/// <summary>Lines out of a stream, without a string for each.</summary>
internal static class Lines
{
    /// <summary>Takes a line without its end.</summary>
    /// <param name="line">Good until it returns.</param>
    /// <param name="arrived">When it was read, as a time stamp.</param>
    /// <returns>Whether more are wanted.</returns>
    public delegate bool Take(ReadOnlySpan<byte> line, long arrived);

    public static void Read(Stream stream, Take take)
    {
        var buffer = new byte[1 << 18];
        var length = 0;
        while (stream.Read(buffer, length, buffer.Length - length) is var read and > 0)
        {
            var arrived = Stopwatch.GetTimestamp();
            length += read;
            var start = 0;
            for (int end; (end = buffer.AsSpan(start, length - start).IndexOf((byte)'\n')) >= 0; start += end + 1)
            {
                if (!take(buffer.AsSpan(start, end), arrived))
                {
                    return;
                }
            }

            buffer.AsSpan(start, length - start).CopyTo(buffer);
            length -= start;
        }
    }

    /// <summary>The digits behind the first place where a text stands; -1 if it doesn't.</summary>
    public static int NumberBehind(ReadOnlySpan<byte> line, ReadOnlySpan<byte> text)
    {
        var at = line.IndexOf(text);
        return at >= 0 && System.Buffers.Text.Utf8Parser.TryParse(line[(at + text.Length)..], out int number, out _) ? number : -1;
    }
}
