using System.Runtime.InteropServices;

namespace LogWatcher.Cli;

/// <summary>
/// How many files the process may have open. Shells mostly give it 1,024, for the sake of old programs, and let it ask for more
/// (getrlimit(2)); the runtime with a JIT does so by itself, that of machine code does not.
/// </summary>
internal static partial class OpenFileLimit
{
    // On all of Linux's architectures that .NET knows.
    private const int OpenFiles = 7;

    /// <summary>Asks for as many as there may be. Where that is refused, it stays as it is.</summary>
    public static void Raise()
    {
        if (OperatingSystem.IsLinux() && Environment.Is64BitProcess && GetLimit(OpenFiles, out var limit) == 0 && limit.Soft < limit.Hard)
        {
            _ = SetLimit(OpenFiles, limit with { Soft = limit.Hard });
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private record struct Limit(nuint Soft, nuint Hard);
}
