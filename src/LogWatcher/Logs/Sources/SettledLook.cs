using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Sources;

/// <summary>
/// What stands under some names at one moment. Names that move up while they are looked at may be passed over or seen twice: so it
/// is looked again until nothing has moved.
/// </summary>
internal static class SettledLook
{
    /// <summary>Looks at names that change all the time, at most.</summary>
    public const int MaxLooks = 50;

    /// <summary>The regular files that stand under the names, in their order.</summary>
    /// <param name="unfold">The names that are there.</param>
    public static List<(string Path, FileStatus Status)> At(Func<IEnumerable<string>> unfold)
    {
        var found = Look(unfold());
        for (var look = 1; look < MaxLooks; look++)
        {
            var before = found;
            found = Look(unfold());
            if (IsSame(found, before))
            {
                break;
            }
        }

        return found;
    }

    /// <summary>A plain loop: a query over such pairs would be compiled at every start.</summary>
    private static bool IsSame(List<(string Path, FileStatus Status)> found, List<(string Path, FileStatus Status)> before)
    {
        var same = 0;
        while (same < found.Count && same < before.Count
            && found[same].Path == before[same].Path && found[same].Status.Identity == before[same].Status.Identity)
        {
            same++;
        }

        return same == found.Count && same == before.Count;
    }

    private static List<(string Path, FileStatus Status)> Look(IEnumerable<string> paths)
    {
        var found = new List<(string, FileStatus)>();
        foreach (var path in paths)
        {
            if (FileStatus.TryGet(path, out var status) && status.IsRegular)
            {
                found.Add((path, status));
            }
        }

        return found;
    }
}
