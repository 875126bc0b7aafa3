using System.Collections.Concurrent;

namespace LogWatcher.Benchmarks;

/// <summary>A folder for generated logs, made when it is first used; gone when it is disposed of, or with the program.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private static readonly ConcurrentDictionary<TemporaryFolder, bool> Existing = new();

    private readonly Lazy<string> _path;

    public TemporaryFolder() => _path = new Lazy<string>(() =>
    {
        Existing[this] = true;
        return Directory.CreateTempSubdirectory("logwatcher-benchmark-").FullName;
    });

    public string Path => _path.Value;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Deletes all that still exist.</summary>
    public static void DeleteAll()
    {
        foreach (var folder in Existing.Keys)
        {
            folder.Dispose();
        }
    }

    public void Dispose()
    {
        if (Existing.TryRemove(this, out _))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
