namespace LogWatcher.Tests.Torture;

/// <summary>
/// The life of one file, or of its content until it is cut to nothing, under a writer's path: the lines that were written to
/// it have numbers in a row. Under the run's lock.
/// </summary>
internal sealed class Generation(int number, int first)
{
    private readonly List<string> _events = [];

    public int Number => number;

    /// <summary>The number of its first line.</summary>
    public int First { get; } = first;

    /// <summary>The number behind its last line so far.</summary>
    public int End { get; set; } = first;

    /// <summary>It was copied and cut to nothing: the copy goes up to here, and who does not watch copies may have lost its end.</summary>
    public int? CopyEnd { get; set; }

    /// <summary>Its lines are on the disk no more, in no file.</summary>
    public bool IsGone { get; set; }

    /// <summary>Watches that had got lines of it under the path's name before it left that name: its end comes before the next one's start.</summary>
    public HashSet<TortureWatch> FollowedBy { get; } = [];

    /// <summary>It stood beside the path first, and may be followed under that name.</summary>
    public bool IsFromBeside { get; init; }

    public void Note(string what) => _events.Add(what);

    /// <summary>Up to which line a watch must have got it, if it must have any of it.</summary>
    public int RequiredEnd(bool seesCopies) => CopyEnd is not { } copyEnd ? End : seesCopies ? copyEnd : First;

    public override string ToString() =>
        $"generation {number} (lines {First} to {End - 1}: {string.Join(", ", _events)}{(CopyEnd is { } end ? $", copied up to {end - 1}" : "")})";
}
