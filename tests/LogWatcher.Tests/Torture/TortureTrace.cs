using System.Diagnostics;
using System.Globalization;
using LogWatcher.Logs;
using LogWatcher.Logs.Reading;

namespace LogWatcher.Tests.Torture;

/// <summary>
/// What a watch has got last of each writer, and from where: a line that is missing or comes twice was lost or doubled between two
/// files, and the cursors around it tell which. Under the run's lock.
/// </summary>
/// <param name="clock">Of the run.</param>
internal sealed class TortureTrace(Stopwatch clock)
{
    /// <summary>Stretches of lines out of one file that a failure tells of.</summary>
    private const int ToldStretches = 40;

    private readonly Dictionary<int, Queue<string>> _told = [];
    private readonly Dictionary<int, Stretch> _open = [];

    /// <summary>Keeps a line for the message of a failure.</summary>
    public void Add(int writer, int number, int generation, string source, string cursor)
    {
        if (!Cursor.TryParse(cursor, out var read))
        {
            read = default;
        }

        if (!_open.TryGetValue(writer, out var stretch) || !stretch.TryAdd(number, generation, source, read))
        {
            End(writer);
            _open[writer] = new Stretch(Now, number, generation, source, read);
        }
    }

    /// <summary>Its node was killed: what comes now was asked for anew.</summary>
    public void AddKill()
    {
        foreach (var writer in _open.Keys.ToList())
        {
            End(writer);
            _told[writer].Enqueue($"{Now} killed");
        }
    }

    /// <summary>The last lines of a writer, and the files that stand now where it works.</summary>
    public string Tell(TortureWriter writer)
    {
        End(writer.Id);
        var (folder, name) = (Path.GetDirectoryName(writer.Path)!, Path.GetFileName(writer.Path));
        var files = Directory.GetFiles(folder, name + "*").Order(StringComparer.Ordinal).Select(Show);
        return $"""
            Got last of w{writer.Id}:
            {string.Join('\n', _told.GetValueOrDefault(writer.Id) ?? [])}
            Standing now:
            {string.Join('\n', files)}
            """;
    }

    private string Now => string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalMilliseconds,8:0.0} ms");

    private void End(int writer)
    {
        if (_open.Remove(writer, out var stretch))
        {
            if (!_told.TryGetValue(writer, out var told))
            {
                _told[writer] = told = [];
            }

            told.Enqueue(stretch.ToString());
            if (told.Count > ToldStretches)
            {
                told.Dequeue();
            }
        }
    }

    private static string Show(string path) => FileStatus.TryGet(path, out var file)
        ? $"{Path.GetFileName(path)} {FilePlace.HashOf(file.Identity):x}, {file.Length} bytes, born {file.Born}, changed {file.Changed}"
        : $"{Path.GetFileName(path)}, gone";

    /// <summary>Lines that came one after the other out of the same file.</summary>
    private sealed class Stretch(string began, int first, int generation, string source, Cursor cursor)
    {
        private readonly (int Number, Cursor Cursor) _first = (first, cursor);
        private (int Number, Cursor Cursor) _last = (first, cursor);

        public bool TryAdd(int number, int ofGeneration, string from, Cursor at)
        {
            var isNext = number > _last.Number && ofGeneration == generation && from == source && at.Other == _last.Cursor.Other
                && at.Place?.FileHash == _last.Cursor.Place?.FileHash && at.Place?.Position.Offset > _last.Cursor.Place?.Position.Offset;
            _last = isNext ? (number, at) : _last;
            return isNext;
        }

        public override string ToString() =>
            $"{began} lines {_first.Number} to {_last.Number} of generation {generation}, {Path.GetFileName(source)}: "
            + $"from {Show(_first.Cursor.Place)} to {Show(_last.Cursor.Place)}, "
            + (_last.Cursor.Other is { } other ? $"{(_last.Cursor.IsOtherNewer ? "newer" : "older")} {Show(other)}" : "alone")
            + $", since {_last.Cursor.WatchedSince}";

        private static string Show(FilePlace? place) =>
            place is null ? "?" : $"{place.FileHash:x}@{place.Position.Offset} {place.Position.Inside}, changed by {place.ChangedBy}";
    }
}
