using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary>What the services are given, most of it said by the command line.</summary>
internal sealed record ServiceOptions
{
    /// <summary>How fast simulated work is done.</summary>
    public Pace Pace { get; init; } = new(Pace.Default);

    /// <summary>The folder of FileService; null: it is off.</summary>
    public FileStore? Files { get; init; }

    /// <summary>What TellStory tells.</summary>
    public Story Story { get; init; } = new(path: null);

    /// <summary>Gives the numbers that GuessInt has guessed.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Tells what has come and gone through the door.</summary>
    public Func<DoorCounts> Counts { get; init; } = () => new DoorCounts { Door = "" };
}
