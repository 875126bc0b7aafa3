using System.Text;
using System.Text.Json;

namespace LogWatcher.Tests.Torture;

/// <summary>Which lines of which writers a filter of the scenarios matches.</summary>
/// <param name="Text">The filter as the request gives it.</param>
/// <param name="Wants">The same, of a writer's line.</param>
internal sealed record TortureFilter(string Text, Func<int, TortureLine, bool> Wants)
{
    public static readonly TortureFilter Everything = new("", static (_, _) => true);

    public static readonly TortureFilter Errors = new("level >= ERROR", static (_, line) => line.Level >= TortureLine.Error);

    /// <summary>A word that stands in all lines of a writer.</summary>
    public static TortureFilter Writer(int id) => new($"\"w{id}#\"", (writer, _) => writer == id);

    /// <summary>Structured lines of a writer: only they have the field.</summary>
    public static TortureFilter WarningsOf(int id) => new(
        $"writer = w{id} and level >= WARN",
        (writer, line) => writer == id && line.Format != LineFormat.Text && line.Level >= TortureLine.Warn);
}

/// <summary>
/// One watch as its client sees it, over all the processes that it is resumed in: checks each entry as it comes. Under the
/// run's lock.
/// </summary>
internal sealed class TortureWatch(
    string name, TortureFilter filter, Watched watched, IReadOnlyList<TortureWriter> writers, TortureTrace trace)
{
    private readonly Dictionary<int, Progress> _progress = [];
    private readonly Dictionary<string, string> _cursors = new(StringComparer.Ordinal);

    public TortureFilter Filter => filter;

    /// <summary>Entries that have come.</summary>
    public long Delivered { get; private set; }

    /// <summary>Entries that the node says it has dropped.</summary>
    public long Suppressed { get; private set; }

    /// <summary>Entries the client has cursors of: the latest of each source.</summary>
    public IReadOnlyDictionary<string, string> Cursors => _cursors;

    public bool SeesCopies => watched is Watched.Folder or Watched.Glob;

    /// <summary>Whether the writer's path is among what its node watches.</summary>
    public bool Sees(TortureWriter writer) => watched != Watched.Files || writer.IsNamed;

    public override string ToString() => name;

    /// <summary>Begins now: what is on the disk at this moment, and all that comes, is wanted.</summary>
    public void Begin()
    {
        foreach (var writer in writers)
        {
            // Who watches the path alone gets what it finds under it: this file or a later one, but from its start.
            var progress = Of(writer);
            progress.IsOpen = !SeesCopies;
            progress.FirstGeneration = progress.IsOpen ? writer.Generations.Count - 1 : 0;
            foreach (var generation in writer.Generations.Where(generation => generation.IsGone || (!SeesCopies && generation.Number < progress.FirstGeneration)))
            {
                progress.Next[generation.Number] = int.MaxValue;
            }
        }
    }

    /// <summary>Checks an entry.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? Receive(JsonElement entry)
    {
        var source = Text(entry, "source");
        if (Text(entry, "cursor") is { Length: > 0 } cursor)
        {
            _cursors[source] = cursor;
        }

        if (entry.TryGetProperty("suppressed", out var suppressed))
        {
            Suppressed += suppressed.GetInt64();
            return $"suppressed {suppressed} at {entry}";
        }

        var message = Text(entry, "msg");
        if (message.StartsWith(TortureWriter.Banner, StringComparison.Ordinal))
        {
            return null;
        }

        var isNumbered = TortureLine.TryReadNumber(message, out var id, out var number)
            && id < writers.Count && number < writers[id].Lines.Count;
        if ((!isNumbered || message != writers[id].Lines[number].Message(id, number)) && TakeTorn(source, message))
        {
            return null;
        }

        if (!isNumbered)
        {
            return $"an entry that is no line that was written: {Short(entry.GetRawText())}";
        }

        Delivered++;
        trace.Add(id, number, writers[id].Lines[number].Generation, source, Text(entry, "cursor"));
        return Check(writers[id], number, source, message, Text(entry, "level")) is { } wrong ? $"{wrong}\n{Trace(writers[id])}" : null;
    }

    /// <summary>What has come last, and the files of a writer: for the message of a failure.</summary>
    public string Trace(TortureWriter writer) => trace.Tell(writer);

    /// <summary>Its node is killed: what comes now was asked for anew.</summary>
    public void NoteKill() => trace.AddKill();

    public void AddSuppressed(long count) => Suppressed += count;

    /// <summary>Whether the watch has a line of a writer, or does not want it.</summary>
    public bool Has(TortureWriter writer, int number) =>
        !Wants(writer, number) || Of(writer).NextOf(writer.Generations[writer.Lines[number].Generation]) > number;

    /// <summary>Whether nothing that was written to a file up to here is still to come.</summary>
    public bool HasAll(TortureWriter writer, Generation generation, int end) => FirstMissing(writer, generation, end) is null;

    public bool HasAll(TortureWriter writer, Generation generation) => HasAll(writer, generation, generation.RequiredEnd(SeesCopies));

    /// <summary>The number of the first line that must have come and hasn't.</summary>
    public int? FirstMissing(TortureWriter writer, Generation generation, int end)
    {
        var progress = Of(writer);
        if (!Sees(writer) || (progress.IsOpen && !progress.HasBegun && generation.Number < writer.Generations.Count - 1))
        {
            return null;
        }

        var next = SkipUnwanted(writer, progress.NextOf(generation), end);
        return next < Math.Min(end, generation.RequiredEnd(SeesCopies)) ? next : null;
    }

    /// <summary>How many lines of files that were copied and cut it has not got, where the copy is not watched.</summary>
    public int CountLostToTruncation(TortureWriter writer) => SeesCopies || !Sees(writer)
        ? 0
        : writer.Generations.Where(generation => generation.CopyEnd is not null && Of(writer).NextOf(generation) != int.MaxValue)
            .Sum(generation => Enumerable.Range(Of(writer).NextOf(generation), generation.End - Of(writer).NextOf(generation)).Count(number => Wants(writer, number)));

    /// <summary>Notes, when a file leaves its path, that this watch has it open under that.</summary>
    public void NoteLeaving(TortureWriter writer, Generation generation)
    {
        if (Of(writer).IsSeenByName.Contains(generation.Number) && (!generation.IsFromBeside || !SeesCopies))
        {
            generation.FollowedBy.Add(this);
        }
    }

    /// <summary>
    /// Where no copy has it that is watched, a line of which only the first part had been read when its file was cut to nothing is
    /// an entry as far as it was read: the rest is copytruncate's own gap, and ends what comes of that file.
    /// </summary>
    private bool TakeTorn(string source, string message)
    {
        if (writers.FirstOrDefault(writer => writer.Path == source) is not { } writer)
        {
            return false;
        }

        foreach (var generation in writer.Generations.Where(generation => generation.CopyEnd is not null))
        {
            // Where the copy is watched, only what is in none of them can be torn.
            var first = SeesCopies ? Math.Max(generation.CopyEnd!.Value, Of(writer).NextOf(generation)) : Of(writer).NextOf(generation);
            for (var number = first; number < generation.End; number++)
            {
                // A part so short that it may be of any line is of one that has not been cut off before.
                if (IsFirstPart(message, Encoding.UTF8.GetString(writer.Lines[number].Bytes(writer.Id, number))) && Of(writer).Torn.Add(generation.Number))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether a message is what a line's beginning gives, with or without the time and level before it.</summary>
    private static bool IsFirstPart(string message, string line)
    {
        const int LongestHead = 36;
        var text = message.TrimEnd('\uFFFD');
        var at = line.IndexOf(text, StringComparison.Ordinal);
        return at is >= 0 and < LongestHead && at + text.Length < line.Length - 1;
    }

    private static string Text(JsonElement entry, string field) =>
        entry.TryGetProperty(field, out var value) ? value.GetString()! : "";

    private static string Short(string text) => text.Length <= 300 ? text : text[..200] + " … " + text[^100..];

    private string? Check(TortureWriter writer, int number, string source, string message, string level)
    {
        var line = writer.Lines[number];
        var generation = writer.Generations[line.Generation];
        var progress = Of(writer);
        var what = $"line {number} of w{writer.Id} from {Path.GetFileName(source)}";
        if (message != line.Message(writer.Id, number) || level != TortureLine.Levels[line.Level])
        {
            return $"{what} is not as it was written: {level} {Short(message)}, not {TortureLine.Levels[line.Level]} {Short(line.Message(writer.Id, number))}";
        }

        if (!Wants(writer, number))
        {
            return $"{what} does not match";
        }

        if (progress.Torn.Contains(generation.Number))
        {
            return $"{what} came after its file was cut to nothing and the entry that was read in part: {generation}";
        }

        var next = SkipUnwanted(writer, progress.NextOf(generation), generation.End);
        if (number != next)
        {
            return number > next
                ? $"line {next} of w{writer.Id} is missing or late: {what} came first, in {generation}"
                : $"{what} is doubled or out of place; expected was {(next < generation.End ? $"{next}" : "nothing more")} of {generation}";
        }

        if (!progress.HasBegun && progress.IsOpen)
        {
            // Nothing of the files before this one is to come.
            for (var earlier = 0; earlier < generation.Number; earlier++)
            {
                progress.Next[earlier] = int.MaxValue;
            }
        }

        progress.HasBegun = true;
        progress.Next[generation.Number] = number + 1;
        if (source == writer.Path)
        {
            progress.IsSeenByName.Add(generation.Number);
        }

        return CheckOrder(writer, generation, progress, what);
    }

    /// <summary>Files that stood under one path come one after the other, if the watch knew the earlier one under that path.</summary>
    private string? CheckOrder(TortureWriter writer, Generation generation, Progress progress, string what)
    {
        var latest = progress.Latest;
        if (!generation.IsFromBeside || !SeesCopies)
        {
            // (In a folder, what is written beside is a file of its own before it takes the path.)
            progress.Latest = Math.Max(latest, generation.Number);
        }

        return generation.Number < latest && generation.CopyEnd is null && generation.FollowedBy.Contains(this)
            ? $"{what} came after lines of generation {latest}, though its file was followed before: {generation}"
            : null;
    }

    private bool Wants(TortureWriter writer, int number) => Sees(writer) && filter.Wants(writer.Id, writer.Lines[number]);

    private int SkipUnwanted(TortureWriter writer, int next, int end)
    {
        while (next < end && !Wants(writer, next))
        {
            next++;
        }

        return next;
    }

    private Progress Of(TortureWriter writer)
    {
        if (!_progress.TryGetValue(writer.Id, out var progress))
        {
            _progress.Add(writer.Id, progress = new Progress());
        }

        return progress;
    }

    /// <summary>What a watch has of one writer.</summary>
    private sealed class Progress
    {
        /// <summary>For each generation the number behind the last line that has come; none: its first.</summary>
        public Dictionary<int, int> Next { get; } = [];

        /// <summary>Generations of which a line came in part, and nothing more can come.</summary>
        public HashSet<int> Torn { get; } = [];

        public HashSet<int> IsSeenByName { get; } = [];

        /// <summary>Which file it begins with is seen by the first line that comes.</summary>
        public bool IsOpen { get; set; }

        public int FirstGeneration { get; set; }

        public bool HasBegun { get; set; }

        public int Latest { get; set; }

        public int NextOf(Generation generation) => Next.TryGetValue(generation.Number, out var next) ? next : generation.First;
    }
}
