using System.Runtime.InteropServices;

namespace LogWatcher.Cli;

/// <summary>Thrown for a standard stream that the process was not given, or that can't be used; the text says which.</summary>
internal sealed class StandardStreamException(string message) : Exception(message);

/// <summary>The standard streams of this process, on any system, as far as it was given them.</summary>
internal static partial class StandardStreams
{
    private const int Stdin = 0;
    private const int Stdout = 1;
    private const int Stderr = 2;

    // The numbers are the same on Linux and macOS.
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExec = 1;

    /// <exception cref="StandardStreamException">It is closed.</exception>
    public static Stream OpenInput() =>
        WasGiven(Stdin) ? Console.OpenStandardInput() : throw new StandardStreamException("stdin can't be read: it is closed");

    /// <exception cref="StandardStreamException">It is closed.</exception>
    public static Stream OpenOutput()
    {
        if (!WasGiven(Stdout))
        {
            throw new StandardStreamException("stdout can't be written: it is closed");
        }

        return OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new StandardOutput(Stdout);
    }

    /// <summary>Stderr; if it is closed, a stream that takes everything and keeps nothing.</summary>
    public static Stream OpenErrors() => WasGiven(Stderr) ? Console.OpenStandardError() : Stream.Null;

    /// <summary>
    /// Whether a descriptor was open when the process began. The number of one that was not (<c>&lt;&amp;-</c>) is soon that
    /// of something the runtime opened for itself, which must not be read or written; but what the runtime opens is closed on
    /// exec, and what has come through an exec can't be.
    /// </summary>
    private static bool WasGiven(int descriptor) =>
        OperatingSystem.IsWindows() || (FileControl(descriptor, GetDescriptorFlags) & CloseOnExec) == 0;

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(int descriptor, int command);
}
