using LogWatcher.Logs;
using LogWatcher.Logs.Reading;

namespace LogWatcher.Tests.Torture;

/// <summary>
/// What a watch has got last, and from where: a line that is missing or comes twice was lost or doubled between two files, and the
/// cursors before it tell which. Under the run's lock.
/// </summary>
internal sealed class TortureTrace
{
    /// <summary>Lines that a failure tells.</summary>
    private const int ToldLines = 40;

    private readonly Queue<(string What, string Source, string Cursor)> _last = [];

    /// <summary>Keeps a line for the message of a failure.</summary>
    public void Add(string what, string source = "", string cursor = "")
    {
        _last.Enqueue((what, source, cursor));
        if (_last.Count > ToldLines)
        {
            _last.Dequeue();
        }
    }

    /// <summary>The last lines, and the files that stand now where the writer of some of them works.</summary>
    public string Tell(string path)
    {
        var lines = _last.Select(line => line.Source.Length == 0 ? line.What : $"{line.What}, {Path.GetFileName(line.Source)} {ShowCursor(line.Cursor)}");
        var files = Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + "*").Order(StringComparer.Ordinal).Select(ShowFile);
        return $"""
            Got last:
            {string.Join('\n', lines)}
            Standing now:
            {string.Join('\n', files)}
            """;
    }

    private static string ShowCursor(string text) => Cursor.TryParse(text, out var cursor)
        ? $"{ShowPlace(cursor.Place)}{(cursor.Other is { } other ? $", {(cursor.IsOtherNewer ? "newer" : "older")} {ShowPlace(other)}" : "")}, since {cursor.WatchedSince}"
        : $"cursor {text}";

    private static string ShowPlace(FilePlace place) =>
        $"{place.FileHash:x8}@{place.Position.Offset} {place.Position.Inside}, changed by {place.ChangedBy}";

    private static string ShowFile(string path) => FileStatus.TryGet(path, out var file)
        ? $"{Path.GetFileName(path)} {FilePlace.HashOf(file.Identity):x8}, {file.Length} bytes, born {file.Born}, changed {file.Changed}"
        : $"{Path.GetFileName(path)}, gone";
}
