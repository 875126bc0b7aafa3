namespace LogWatcher.Logs.Filters;

/// <summary>What a buffer is searched by for lines that may match: bytes, or evidence of a level.</summary>
internal interface IAnchor
{
    /// <summary>How rare it is, as the length of a needle tells it: of several that would do, the rarest is looked for.</summary>
    int Rarity { get; }

    /// <summary>Where it first begins in a stretch of a buffer of whole lines, or -1. It may end behind the stretch.</summary>
    int IndexIn(ReadOnlySpan<byte> buffer, int start, int end);
}
