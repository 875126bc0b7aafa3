using System.Runtime.InteropServices;

namespace LogWatcher.Cli;

/// <summary>A library of the system that an option needs, and that is not installed; the text says which.</summary>
internal sealed class MissingLibraryException(string message) : Exception(message);

/// <summary>
/// What .NET hashes and encrypts with on Linux. Where it is missing, the first use of it ends the process, whoever asked for that; so
/// it is looked for before.
/// </summary>
internal static class OpenSsl
{
    // Those that .NET looks for, and before them the one that its users may name for it.
    private static readonly string?[] Versions = [Environment.GetEnvironmentVariable("CLR_OPENSSL_VERSION_OVERRIDE"), "3", "1.1"];

    /// <summary>Looks for it, if any of the options is given that need it.</summary>
    /// <param name="options">What the command line says.</param>
    /// <param name="load">Whether a library is there, by its name.</param>
    /// <exception cref="MissingLibraryException">It is not there.</exception>
    public static void Require(Options options, Predicate<string> load)
    {
        var option = options switch
        {
            { Token: not null } => "--token",
            { TokenFile: not null } => "--token-file",
            { Files: not null } => "--files",
            { Serve.Certificate: not null } => "--cert",
            _ => null,
        };
        if (option is not null && OperatingSystem.IsLinux() && !Array.Exists(Versions, version => version is not null && load($"libssl.so.{version}")))
        {
            throw new MissingLibraryException($"{option} needs OpenSSL: install libssl, version 3 or 1.1");
        }
    }

    /// <summary>Loads a library of the system.</summary>
    public static bool Load(string name) => NativeLibrary.TryLoad(name, out _);
}
