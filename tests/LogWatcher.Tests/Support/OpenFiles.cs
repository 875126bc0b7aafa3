namespace LogWatcher.Tests.Support;

/// <summary>The files that this process has open, as far as the system tells: only Linux does.</summary>
internal static class OpenFiles
{
    /// <summary>The paths of those in a folder; of a deleted one with <c> (deleted)</c> behind it.</summary>
    public static List<string> Under(string folder)
    {
        var paths = new List<string>();
        foreach (var link in Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd") : [])
        {
            if (new FileInfo(link).LinkTarget is { } path && path.StartsWith(folder, StringComparison.Ordinal))
            {
                paths.Add(path);
            }
        }

        return paths;
    }
}
