using System.Diagnostics;

namespace LogWatcher.Benchmarks;

/// <summary>The source tree that this program was built from.</summary>
internal static class SourceTree
{
    private static readonly string[] SourceSuffixes = [".cs", ".csproj", ".targets", ".proto", ".json", ".txt"];
    private static readonly Lazy<string> ReleaseBuild = new(Built);

    /// <summary>Its folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Where results are kept.</summary>
    public static string ResultsFolder { get; } = Path.Combine(Root, "tests", "LogWatcher.Benchmarks", "results");

    /// <summary>The release build of the node; made first, if it isn't there or is older than its sources.</summary>
    public static string Executable => ReleaseBuild.Value;

    /// <summary>What the node says of its version, and of what it runs on.</summary>
    public static string NodeVersion
    {
        get
        {
            using var node = Process.Start(new ProcessStartInfo(Executable, ["--version"]) { RedirectStandardOutput = true })!;
            var said = node.StandardOutput.ReadToEnd().Trim();
            node.WaitForExit();
            return said;
        }
    }

    /// <summary>The commit that is checked out, and whether there is more than that; "unknown" without git.</summary>
    public static string Commit
    {
        get
        {
            if (!Machine.Has("git") || Git("rev-parse", "--short=12", "HEAD") is not { Length: > 0 } commit)
            {
                return "unknown";
            }

            return Git("status", "--porcelain", "--", "src", "Directory.Build.props").Length == 0 ? commit : commit + " with changes";
        }
    }

    private static string Built()
    {
        var project = Path.Combine(Root, "src", "LogWatcher");
        var folder = Path.Combine(project, "bin", "Release", "net10.0");
        var executable = Path.Combine(folder, "logwatcher");

        // Where it is no machine code, the executable only starts what is in the assembly, and stays as it is when that changes.
        var assembly = new FileInfo(executable + ".dll");
        if (!File.Exists(executable) || !assembly.Exists || assembly.LastWriteTimeUtc < LatestChange(project))
        {
            Console.Error.WriteLine("building the release executable …");
            using var build = Process.Start(new ProcessStartInfo("dotnet", ["build", "-c", "Release", project, "-v", "quiet"]) { RedirectStandardOutput = true })!;
            var said = build.StandardOutput.ReadToEnd();
            build.WaitForExit();
            if (build.ExitCode != 0)
            {
                throw new InvalidOperationException("the release build failed: " + said);
            }
        }

        return executable;
    }

    private static DateTime LatestChange(string project) => Directory.EnumerateFiles(project, "*", SearchOption.AllDirectories)
        .Where(path => SourceSuffixes.Contains(Path.GetExtension(path)))
        .Where(path => Path.GetRelativePath(project, path).Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
        .Max(File.GetLastWriteTimeUtc);

    private static string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, WorkingDirectory = Root })!;
        var said = git.StandardOutput.ReadToEnd().Trim();
        git.WaitForExit();
        return git.ExitCode == 0 ? said : "";
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "LogWatcher.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("no LogWatcher.sln above " + AppContext.BaseDirectory);
        }

        return folder.FullName;
    }
}
