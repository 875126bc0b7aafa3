namespace LogWatcher.Logs.Reading;

/// <summary>
/// Finds where to begin in each file of a history so that the last N matches of all lie behind: in windows from the files'
/// ends backwards, each twice as long as the one before, whose matches are counted and not kept. The history then reads on
/// from there, and <see cref="Surplus"/> says how many come before the N. Memory grows with neither N nor the files.
/// <para>
/// The last N of the merge are among the last N of each file. Where times are out of order, a merge that begins late may order
/// the files' entries differently from one that begins at their starts; so small logs are read from there.
/// </para>
/// </summary>
/// <param name="history">Its files have their ends, and have not been read yet.</param>
/// <param name="query">Which entries, and how many.</param>
/// <param name="time">For times without a year.</param>
/// <param name="firstWindowBytes">Of each file.</param>
/// <param name="smallBytes">Files that have no more bytes than this in all are read from their starts.</param>
internal sealed class TailSearch(
    History history,
    WatchQuery query,
    TimeProvider time,
    int firstWindowBytes = TailSearch.FirstWindowBytes,
    long smallBytes = TailSearch.SmallBytes)
{
    /// <summary>
    /// The first window of a file, in bytes: mostly it holds as many as a person asks for, and entries out of order by less
    /// than that still come in the order of a whole history.
    /// </summary>
    public const int FirstWindowBytes = 1 << 20;

    /// <summary>So much is read from the start in no time to be felt.</summary>
    public const long SmallBytes = 16L << 20;

    /// <summary>In a window's first so many bytes an entry must begin from which it can be counted; otherwise it is too small.</summary>
    private const int MaxLeadBytes = LineReader.MaxLineBytes + LineReader.ReadBytes;

    // What was counted last in each file that may be cut, which is all behind what was counted before.
    private readonly List<(LogFile File, ContentGuard Guard)> _counted = [];

    private bool _needsTimes;
    private long _matches;
    private LinePosition _reached;
    private ContentGuard _reachedGuard = new();
    private bool _isCut;

    /// <summary>Matches that are merged with the history's, and are not counted here.</summary>
    public long Others { get; init; }

    /// <summary>How many matches of the history come before the last N.</summary>
    public long Surplus { get; private set; }

    /// <summary>
    /// Whether all files still hold what was counted. One that was cut meanwhile may have been counted before and after, and what is read
    /// of it now is none of what is to be passed over.
    /// </summary>
    public bool IsKept() => !_isCut && _counted.TrueForAll(file => file.Guard.MayBeKeptBy(file.File));

    /// <summary>Does the search; nothing but pauses comes of it.</summary>
    public IEnumerable<HistoryReader?> Find()
    {
        var readers = history.Readers.ToList();
        var plain = readers.Where(reader => !reader.File.IsCompressed).ToList();
        var isSmall = plain.Sum(reader => Math.Min(reader.End, reader.File.Length())) <= smallBytes;

        // Where times count, an entry without one needs the one before it: so a window must begin with a time.
        _needsTimes = readers.Count > 1 || !query.Range.IsEverything || query.NeedsLiveTimes;
        var total = 0L;
        foreach (var reader in readers)
        {
            _matches = 0;
            foreach (var pause in reader.File.IsCompressed || isSmall ? CountAll(reader) : CountFromEnd(reader))
            {
                yield return pause;
            }

            total += _matches;
        }

        Surplus = Math.Max(0, total + Others - query.Tail);
    }

    private IEnumerable<HistoryReader?> CountAll(HistoryReader reader)
    {
        foreach (var pause in Count(reader.File, 0, reader.End, EndOfCount(reader)))
        {
            yield return pause;
        }

        NoteCounted(reader.File);
        history.EndEarly(reader, _reached, _reachedGuard);
    }

    private void NoteCounted(LogFile file)
    {
        if (!file.IsCompressed)
        {
            _counted.Add((file, _reachedGuard));
        }
    }

    /// <summary>What is there is counted: a last entry, too, that might still get lines.</summary>
    private static HistoryEnd EndOfCount(HistoryReader reader) =>
        reader.EndKind == HistoryEnd.LeaveRest ? HistoryEnd.TakeLines : reader.EndKind;

    private IEnumerable<HistoryReader?> CountFromEnd(HistoryReader reader)
    {
        var file = reader.File;
        var (end, endKind) = (Math.Min(reader.End, file.Length()), EndOfCount(reader));
        LinePosition? counted = null;
        ContentGuard? guard = null;
        for (var bytes = (long)firstWindowBytes; end > 0 && _matches < query.Tail; bytes *= 2)
        {
            // An even place, where a unit of UTF-16 may begin.
            var start = bytes < end ? FirstStart(file, (end - bytes) & ~1L, end) : 0;
            if (start is not { } from)
            {
                yield return null;
                continue;
            }

            foreach (var pause in Count(file, from, end, endKind))
            {
                yield return pause;
            }

            if (counted is null)
            {
                (counted, guard) = (_reached, _reachedGuard);
                NoteCounted(file);
            }

            (end, endKind) = (from, HistoryEnd.LeaveRest);
        }

        history.BeginAt(reader, end);
        history.EndEarly(reader, counted ?? reader.Position, guard);
    }

    /// <summary>Counts the matches among the entries that begin in a stretch of a file.</summary>
    private IEnumerable<HistoryReader?> Count(LogFile file, long from, long end, HistoryEnd endKind)
    {
        using var stretch = new History(query.Filter, time, query.Range);
        var reader = stretch.Add(file.Share(), new LinePosition(from));
        reader.GoOnTo(end, endKind);
        foreach (var step in stretch.Read())
        {
            if (step is null)
            {
                yield return null;
            }
            else
            {
                _matches++;
            }
        }

        (_reached, _reachedGuard) = (reader.Position, reader.Guard);
        _isCut |= !reader.IsFileKept();
    }

    /// <returns>Where the first entry begins, behind an offset and before another, with which a window may begin; null: there is none near.</returns>
    private long? FirstStart(LogFile file, long from, long before)
    {
        using var entries = new EntryReader(file.ReadLines(new LinePosition(from, LineInside.LongLine)), file.Source, time);
        var lines = 0;
        try
        {
            while (entries.Position.Offset < Math.Min(before, from + MaxLeadBytes))
            {
                if (!entries.TryRead())
                {
                    if (entries.Fill(before) == 0)
                    {
                        return null;
                    }
                }
                else if (MayBeginWith(entries, from, lines++))
                {
                    return entries.EntryOffset;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Then the file's history ends at once, too.
        }

        return null;
    }

    /// <summary>
    /// Whether an entry that was read from the middle of a file is surely one, and not the rest of one that begins before: it is
    /// no plain line, or further behind than any entry reaches. If times count, it must also have one.
    /// </summary>
    /// <param name="entries">Has just taken it.</param>
    /// <param name="from">Where reading began.</param>
    /// <param name="lines">How many plain lines came before it.</param>
    private bool MayBeginWith(EntryReader entries, long from, int lines)
    {
        entries.Parse();
        var isSurelyEntry = entries.View.Kind != LineKind.Plain
            || lines >= EntryReader.MaxEntryLines || entries.EntryOffset - from >= EntryReader.MaxEntryBytes;
        return isSurelyEntry && (!_needsTimes || entries.View.Time is not null);
    }
}
