namespace LogWatcher.Logs.Reading;

/// <summary>Where in a file reading stands: all that a reader needs to go on exactly there.</summary>
/// <param name="Offset">In bytes of the file, from 0.</param>
/// <param name="Inside">What lies right behind the offset.</param>
internal readonly record struct LinePosition(long Offset, LineInside Inside = LineInside.Nothing)
{
    public static LinePosition Start => default;
}

/// <summary>What may lie behind a position that is not the start of a line.</summary>
internal enum LineInside : byte
{
    /// <summary>A line begins here.</summary>
    Nothing,

    /// <summary>The rest of a line that is longer than a line may be: to be skipped.</summary>
    LongLine,

    /// <summary>A line without an end was taken as an entry up to here: an end that comes now makes no entry.</summary>
    TakenLine,
}
