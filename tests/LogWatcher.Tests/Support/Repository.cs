namespace LogWatcher.Tests.Support;

/// <summary>The source tree the tests were built from: transcripts are accepted into it, and its imports are checked.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Golden { get; } = Path.Combine(Root, "tests", "LogWatcher.Tests", "Golden");

    public static string Source { get; } = Path.Combine(Root, "src", "LogWatcher");

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
