using System.Buffers;
using System.Globalization;
using LogWatcher.Logs.Reading;

namespace LogWatcher.Logs.Sources;

/// <summary>The names that rotation gives to the older files of a log.</summary>
internal static class Rotation
{
    /// <summary>Names in a folder that are looked at for siblings: more are no log folder.</summary>
    private const int MaxNames = 10_000;

    /// <summary>Longer ones are dates, or count upwards.</summary>
    private const int MaxNumberDigits = 3;

    private static readonly SearchValues<char> CountCharacters = SearchValues.Create("0123456789.-_:TZ");

    /// <summary>
    /// Whether a path is that of a sibling of a log in its folder: its name with anything behind it (<c>app.log.1</c>,
    /// <c>app.log-20261120.gz</c>), or with a number or date before the extension (<c>app.1.log</c>, <c>app-2026-11-20.log</c>).
    /// </summary>
    public static bool IsSibling(string path, string log) =>
        IsSiblingName(Path.GetFileName(path.AsSpan()), Path.GetFileName(log.AsSpan()))
        && Path.GetDirectoryName(path.AsSpan()).SequenceEqual(Path.GetDirectoryName(log.AsSpan()));

    /// <summary>Whether a name is that of a sibling of another in the same folder.</summary>
    /// <inheritdoc cref="IsSibling"/>
    public static bool IsSiblingName(ReadOnlySpan<char> sibling, ReadOnlySpan<char> of)
    {
        var name = WithoutCompression(sibling);
        return name.Length > of.Length && (name.StartsWith(of, StringComparison.Ordinal) || !MiddleOf(name, of).IsEmpty);
    }

    /// <summary>What the names of all siblings of a name begin with.</summary>
    public static string StemOf(string of) => Path.GetFileNameWithoutExtension(of) is { Length: > 0 } stem ? stem : of;

    /// <summary>Whether it is one by a number or a date in its name, so that it can be nothing else.</summary>
    public static bool IsRotated(string path, string log)
    {
        if (!IsSibling(path, log))
        {
            return false;
        }

        var name = WithoutCompression(Path.GetFileName(path.AsSpan()));
        var of = Path.GetFileName(log.AsSpan());
        return name.StartsWith(of, StringComparison.Ordinal)
            ? IsCount(name[of.Length..]) || name[of.Length..] is ".old" or ".bak" or ".prev"
            : !MiddleOf(name, of).IsEmpty;
    }

    /// <summary>
    /// Whether what a file with such a name holds may have stood in the log before what that holds now: what was renamed is no younger
    /// than what came in its place; what was copied is, and has the log's whole name in its own, as those who copy and cut name theirs.
    /// </summary>
    public static bool MayHaveComeBefore(LogFile sibling, LogFile present, string log) =>
        sibling.IsCompressed || !sibling.HasBirth || !present.HasBirth || sibling.BegunAt <= present.BegunAt || HasWholeName(sibling.Path, log);

    /// <summary>Whether a sibling has the log's whole name, with something behind it.</summary>
    public static bool HasWholeName(string path, string log) =>
        Path.GetFileName(path.AsSpan()).StartsWith(Path.GetFileName(log.AsSpan()), StringComparison.Ordinal);

    /// <summary>The names of logs that a path may be a sibling of, the longest first.</summary>
    public static IEnumerable<string> LogsOf(string path)
    {
        var start = path.LastIndexOf('/') + 1;
        var extension = Path.GetExtension(WithoutCompression(path)).ToString();
        for (var length = path.Length - 1; length > start; length--)
        {
            yield return path[..length];
            if (extension.Length > 0 && length < path.Length - extension.Length)
            {
                yield return path[..length] + extension;
            }
        }
    }

    /// <summary>The number behind a sibling's name, the higher the older as logrotate counts; null if it is none.</summary>
    public static int? NumberOf(string path, string log)
    {
        var name = WithoutCompression(Path.GetFileName(path.AsSpan()));
        var of = Path.GetFileName(log.AsSpan());
        return name.Length > of.Length + 1 && name.StartsWith(of, StringComparison.Ordinal) && name[of.Length] == '.'
            && name.Length - of.Length - 1 <= MaxNumberDigits
            && int.TryParse(name[(of.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
    }

    /// <summary>
    /// Whether a compressed file is one that is just being made, or was left beside what it was made of: that begins alike, and
    /// stood there at the same moment under the same name without the ending. It holds nothing of its own.
    /// </summary>
    public static bool IsCompressedTwin((string Path, FileStatus Status) compressed, (string Path, FileStatus Status) plain)
    {
        if (SettledLook.TryOpen(plain.Path, plain.Status.Identity, source: null, out _) is not { } twin)
        {
            return false;
        }

        using (twin)
        {
            using var file = SettledLook.TryOpen(compressed.Path, compressed.Status.Identity, source: null, out _);
            return file is null || file.BeginsLike(twin);
        }
    }

    /// <summary>All names in the folder of a log; none when it cannot be read.</summary>
    public static List<string> FilesBeside(string log)
    {
        var folder = Path.GetDirectoryName(log) ?? "/";
        try
        {
            return [.. Directory.EnumerateFiles(folder.Length == 0 ? "." : folder).Take(MaxNames)
                .Select(path => folder.Length == 0 ? Path.GetFileName(path) : path)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>What stands between the log's stem and its extension, if it is a number or a date.</summary>
    private static ReadOnlySpan<char> MiddleOf(ReadOnlySpan<char> name, ReadOnlySpan<char> of)
    {
        var extension = Path.GetExtension(of);
        var stem = of[..^extension.Length];
        if (extension.IsEmpty || stem.IsEmpty || name.Length <= of.Length
            || !name.StartsWith(stem, StringComparison.Ordinal) || !name.EndsWith(extension, StringComparison.Ordinal))
        {
            return default;
        }

        var middle = name[stem.Length..^extension.Length];
        return IsCount(middle) ? middle : default;
    }

    /// <summary><c>.1</c>, <c>-20261120</c>, <c>.2026-11-20T10_00</c>: digits behind a separator, and what stands in dates.</summary>
    private static bool IsCount(ReadOnlySpan<char> text) =>
        text.Length >= 2 && text[0] is '.' or '-' or '_' && text.ContainsAnyInRange('0', '9')
        && !text.ContainsAnyExcept(CountCharacters);

    private static ReadOnlySpan<char> WithoutCompression(ReadOnlySpan<char> name) =>
        name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;
}
