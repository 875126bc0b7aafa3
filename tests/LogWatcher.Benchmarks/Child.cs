using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace LogWatcher.Benchmarks;

/// <summary>A process over real pipes: the node, or a yardstick. It ends when it is disposed of, or with the program.</summary>
internal sealed class Child : IDisposable
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<Child, bool> Running = new();

    private readonly Process _process;
    private readonly int _id;

    /// <param name="program">A path, or a name to be found in PATH.</param>
    /// <param name="arguments">As they are; no shell sees them.</param>
    /// <param name="readsErrors">Whether <see cref="Errors"/> is wanted; otherwise they go where this program's go.</param>
    public Child(string program, IEnumerable<string> arguments, bool readsErrors = false)
    {
        _process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = readsErrors,
        })!;
        _id = _process.Id;
        Running[this] = true;
    }

    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    public StreamReader Errors => _process.StandardError;

    /// <summary>The most memory it has had resident so far, in MB; null when it has gone, or the system does not say. Any thread, at any time.</summary>
    public double? PeakMegabytes => Machine.PeakMegabytes(_id);

    /// <summary>What it has computed for so far, in the system and out of it.</summary>
    public double ProcessorSeconds => _process.TotalProcessorTime.TotalSeconds;

    /// <summary>This program, as something else than the one that measures.</summary>
    public static Child Own(params IEnumerable<string> arguments) => new(Environment.ProcessPath!, arguments);

    /// <summary>Runs a program from a file to /dev/null, to its end, as a shell's redirections do.</summary>
    /// <returns>How long it took with its start, in seconds.</returns>
    /// <exception cref="InvalidOperationException">It did not exit with 0.</exception>
    public static double Run(string program, string input)
    {
        var start = Stopwatch.GetTimestamp();
        using var child = new Child("/bin/sh", ["-c", $"exec {Quoted(program)} < {Quoted(input)} > /dev/null"]);
        child._process.WaitForExit();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return child._process.ExitCode == 0
            ? seconds
            : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{program} exited with {child._process.ExitCode}"));
    }

    /// <summary>Kills all that still run.</summary>
    public static void KillAll()
    {
        foreach (var child in Running.Keys)
        {
            child.Kill();
        }
    }

    public void Send(ReadOnlySpan<byte> line)
    {
        Input.Write(line);
        Input.WriteByte((byte)'\n');
        Input.Flush();
    }

    /// <summary>Asks it to end in good order (SIGTERM); one that ends with its stdin needs none of this.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_id}"]);
        kill.WaitForExit();
    }

    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    public void Dispose()
    {
        Running.TryRemove(this, out _);
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended before it has read everything.
        }

        if (!_process.WaitForExit(EndPatience))
        {
            Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
