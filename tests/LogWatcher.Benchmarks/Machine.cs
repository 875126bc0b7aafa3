using System.Globalization;
using System.Runtime.InteropServices;

namespace LogWatcher.Benchmarks;

/// <summary>What the numbers were taken on, and what the system says of a process.</summary>
internal static class Machine
{
    /// <summary>Processor, cores, memory, system, .NET, the node that is measured, and its commit.</summary>
    public static string Description
    {
        get
        {
            var processor = Line("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();
            var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{Environment.ProcessorCount} × {processor}, {memory:0} GiB of memory, {RuntimeInformation.OSDescription}, .NET {Environment.Version}, {SourceTree.NodeVersion}, commit {SourceTree.Commit}");
        }
    }

    /// <summary>The most memory a process has had resident, in MB; null when it has gone, or the system does not say.</summary>
    public static double? PeakMegabytes(int processId) =>
        Line($"/proc/{processId}/status", "VmHWM") is { } text && double.TryParse(text.Split(' ')[0], CultureInfo.InvariantCulture, out var kilobytes)
            ? kilobytes / 1024
            : null;

    /// <summary>Whether a program is installed.</summary>
    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

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
