namespace LogWatcher.Tests.Torture;

/// <summary>What a node of a scenario is told to watch.</summary>
internal enum Watched
{
    /// <summary>The folder: every file in it, rotated copies too.</summary>
    Folder,

    /// <summary>A glob that takes the rotated copies in.</summary>
    Glob,

    /// <summary>A glob of the names that are written to, without the copies.</summary>
    Names,

    /// <summary>Each file by its path.</summary>
    Files,
}

/// <summary>Ways to rotate.</summary>
internal enum Rotation
{
    /// <summary>Numbered copies move up, the file becomes <c>.1</c>, a new one is created at once.</summary>
    Rename,

    /// <summary>The same, but the writer has a line in hand and goes on in the old file for a while before it opens the new one.</summary>
    RenameAndReopen,

    /// <summary>The file gets the date as its suffix.</summary>
    Date,

    /// <summary>Several renames with few lines between them, or none.</summary>
    Burst,

    /// <summary>The content is copied to <c>.1</c>, and the file is cut to nothing.</summary>
    CopyTruncate,

    /// <summary>The file is cut to nothing, after all have read it.</summary>
    Truncate,

    /// <summary>The file is deleted and comes again.</summary>
    Delete,

    /// <summary>A new file is renamed over it.</summary>
    Replace,
}

/// <summary>One kind of weather: who watches, how files are rotated, and whether nodes are killed.</summary>
/// <param name="Name">As the test is called.</param>
/// <param name="Nodes">A process each.</param>
/// <param name="Rotations">What is chosen from.</param>
/// <param name="IsKnown">
/// Before each rotation all watchers have got a line of the file, so that each node has it open; lines that they may not have
/// read yet follow. Without it, files come and go faster than anybody may look.
/// </param>
/// <param name="IsKilled">The node is killed with SIGKILL, again and again, and its watches are resumed by their cursors.</param>
/// <param name="HasSchemes">
/// Each writer's files are named by one scheme, as those of any program are: by numbers or by dates. Without it, one has both, and of
/// what was renamed unseen only the times tell the order, where they do.
/// </param>
internal sealed record Scenario(
    string Name, Watched[] Nodes, Rotation[] Rotations, bool IsKnown = false, bool IsKilled = false, bool HasSchemes = false)
{
    private static readonly Rotation[] Renames = [Rotation.Rename, Rotation.RenameAndReopen, Rotation.Date];

    /// <summary>All there are.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("renamed, read before", [Watched.Folder, Watched.Glob, Watched.Names, Watched.Files], Renames, IsKnown: true),
        new("cut, deleted and replaced", [Watched.Folder, Watched.Names, Watched.Files], [Rotation.Truncate, Rotation.Delete, Rotation.Replace], IsKnown: true),
        new("renamed faster than anybody looks, copies watched", [Watched.Folder, Watched.Glob], [.. Renames, Rotation.Burst]),
        new("renamed faster than anybody looks, copies not watched", [Watched.Names, Watched.Files], [.. Renames, Rotation.Burst]),
        new("copied and truncated, copies watched", [Watched.Folder, Watched.Glob], [Rotation.CopyTruncate, Rotation.Rename], IsKnown: true),
        new("copied and truncated, copies not watched", [Watched.Names, Watched.Files], [Rotation.CopyTruncate, Rotation.Rename], IsKnown: true),
        new("killed, files", [Watched.Files], [.. Renames, Rotation.Burst], IsKilled: true),
        new("killed, folder", [Watched.Folder], [.. Renames, Rotation.Burst], IsKilled: true),
        new("killed, folder, copied and truncated", [Watched.Folder], [.. Renames, Rotation.CopyTruncate], IsKnown: true, IsKilled: true),
        new(
            "killed, folder, mostly copied and truncated",
            [Watched.Folder],
            [.. Renames, Rotation.CopyTruncate, Rotation.CopyTruncate, Rotation.CopyTruncate],
            IsKnown: true,
            IsKilled: true),
    ];

    /// <summary>
    /// What holds mostly, but not always: copies of what was cut before anybody had read it, and nodes killed before they have read
    /// those. Only run when somebody asks for it.
    /// </summary>
    public static IReadOnlyList<Scenario> Wild { get; } =
    [
        new("copied and truncated faster than anybody looks", [Watched.Folder, Watched.Glob], [Rotation.CopyTruncate, Rotation.Rename]),
        new(
            "killed, folder, copied and truncated faster than anybody looks",
            [Watched.Folder],
            [.. Renames, Rotation.CopyTruncate],
            IsKilled: true,
            HasSchemes: true),
    ];

    public static Scenario Named(string name) => All.Concat(Wild).First(scenario => scenario.Name == name);

    public override string ToString() => Name;
}
