namespace LogWatcher.Logs.Reading;

/// <summary>
/// Finds the last time in a stretch of a file, from its end backwards: mostly the last line has it, and a file of gigabytes
/// need not be parsed for it. One thread at a time.
/// </summary>
/// <param name="file">Not a compressed one, which can only be read forwards. Stays the caller's.</param>
/// <param name="from">The stretch's beginning.</param>
/// <param name="end">Its end, in bytes: behind an entry.</param>
/// <param name="time">For times without a year.</param>
internal sealed class LastTimeSearch(LogFile file, LinePosition from, long end, TimeProvider time)
{
    /// <summary>The first window, in bytes: some hundred entries, of which one nearly always has a time.</summary>
    private const int FirstWindowBytes = 64 * 1024;

    /// <summary>The later ones: as much as history reads between two pauses.</summary>
    private const int WindowBytes = HistoryReader.PauseBytes;

    /// <summary>How many bytes before a place are searched where that must be quick.</summary>
    private const int NearBytes = 128 * 1024;

    private long _end = end;
    private long _windowBytes = FirstWindowBytes;

    /// <summary>What was found.</summary>
    public LogTime? Found { get; private set; }

    /// <summary>Where a search begins that must be quick.</summary>
    public static LinePosition StartNear(LinePosition place) => place.Offset > NearBytes
        ? new LinePosition((place.Offset - NearBytes) & ~1L, LineInside.LongLine)
        : LinePosition.Start;

    /// <summary>The last time in a file near before a place, where that must be quick; null: there is none, or the file is compressed.</summary>
    /// <inheritdoc cref="LastTimeSearch"/>
    public static LogTime? FindNear(LogFile file, LinePosition place, TimeProvider time)
    {
        if (file.IsCompressed)
        {
            return null;
        }

        var search = new LastTimeSearch(file, StartNear(place), place.Offset, time);
        while (search.Step())
        {
        }

        return search.Found;
    }

    /// <summary>Looks through one more window.</summary>
    /// <returns>Whether there is more to look through.</returns>
    public bool Step()
    {
        if (_end <= from.Offset)
        {
            return false;
        }

        // An even place, where a unit of UTF-16 may begin. The line that it stands in is whole in the next window.
        var start = (_end - _windowBytes) & ~1L;
        var isLast = start <= from.Offset;
        var position = isLast ? from : new LinePosition(start, LineInside.LongLine);
        var firstOffset = Read(position);
        if (Found is not null || isLast)
        {
            return false;
        }

        // Without a line's start in it the window was too small for the line.
        _windowBytes = firstOffset is null ? Math.Max(_windowBytes * 2, WindowBytes) : WindowBytes;
        _end = firstOffset ?? _end;
        return true;
    }

    /// <returns>Where the first entry begins.</returns>
    private long? Read(LinePosition position)
    {
        long? firstOffset = null;
        using var entries = new EntryReader(file.ReadLines(position), file.Source, time);
        try
        {
            while (entries.Position.Offset < _end)
            {
                if (!entries.TryRead())
                {
                    if (entries.Fill(_end) > 0)
                    {
                        continue;
                    }

                    if (!entries.TryReadRest())
                    {
                        break;
                    }
                }

                firstOffset ??= entries.EntryOffset;
                entries.Parse();
                Found = entries.View.Time ?? Found;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What cannot be read has no time.
        }

        return firstOffset;
    }
}
