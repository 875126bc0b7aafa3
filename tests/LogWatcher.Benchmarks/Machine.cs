using System.Diagnostics;
using System.Globalization;

namespace LogWatcher.Benchmarks;

/// <summary>What the numbers were taken on, and what the system says of a process.</summary>
internal static class Machine
{
    public static void Describe()
    {
        var processor = Line("/proc/cpuinfo", "model name") ?? "unknown processor";
        var memory = Line("/proc/meminfo", "MemTotal") ?? "unknown memory";
        Console.WriteLine($"{Environment.ProcessorCount} × {processor}, {memory}, {Environment.OSVersion}, .NET {Environment.Version}");
        Console.WriteLine();
    }

    /// <summary>The most memory a process has had resident, in MB; null when it has gone, or the system does not say.</summary>
    public static double? PeakMegabytes(int processId) =>
        Line($"/proc/{processId}/status", "VmHWM") is { } text && double.TryParse(text.Split(' ')[0], CultureInfo.InvariantCulture, out var kilobytes)
            ? kilobytes / 1024
            : null;

    /// <summary>Whether a program is installed.</summary>
    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Runs a program, its output dropped.</summary>
    /// <returns>How long it took, and the most memory it was seen to have.</returns>
    public static (TimeSpan Time, double? PeakMegabytes) Run(string program, params string[] arguments)
    {
        // The output goes where nobody has to read it.
        var words = string.Join(' ', arguments.Prepend(program).Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        var watch = Stopwatch.StartNew();
        using var process = Process.Start("/bin/sh", ["-c", $"exec {words} > /dev/null"]);
        double? peak = null;
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(10)))
        {
            peak = PeakMegabytes(process.Id) ?? peak;
        }

        return (watch.Elapsed, peak);
    }

    private static string? Line(string path, string name)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
