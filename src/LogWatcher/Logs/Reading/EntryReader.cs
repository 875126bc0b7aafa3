using System.Diagnostics;
using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Formats;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// Entries out of the lines of one file: <see cref="TryRead"/> takes the next as raw text, <see cref="Parse"/> looks into it,
/// once somebody needs that. A line with a text layout's head and the plain lines behind it are one entry; blank lines alone are
/// none. One thread at a time.
/// </summary>
internal sealed class EntryReader : IDisposable
{
    /// <summary>Lines of one entry at most (logs.md, "Formats"); those behind are entries of their own.</summary>
    public const int MaxEntryLines = 1_000;

    /// <summary>Bytes of an entry of more than one line at most.</summary>
    public const int MaxEntryBytes = 256 * 1024;

    private readonly LineReader _lines;
    private readonly LineFormats _formats;
    private readonly string _source;

    // The entry that more lines may belong to: held in the line reader's buffer from its first line on.
    private bool _isOpen;
    private LinePosition _openStart;
    private int _headLength;
    private int _openLength;
    private int _openLines;

    // What the line put back last is, so that it need not be looked at twice.
    private LineKind? _nextKind;

    public EntryReader(LineReader lines, string source, TimeProvider time)
    {
        _lines = lines;
        _source = source;
        _formats = new LineFormats(time);
    }

    /// <summary>The entry last taken; after <see cref="TryRead"/> only its text, after <see cref="Parse"/> the rest too.</summary>
    public EntryView View { get; } = new();

    /// <summary>Where in the file the entry last taken begins, in bytes.</summary>
    public long EntryOffset { get; private set; }

    /// <summary>
    /// The last time known in the file up to the entry last taken, by which one without a time goes; null: none so far, since
    /// whoever follows a file cannot know the first time before it has been written. Kept by them, while somebody asks for it.
    /// </summary>
    public LogTime? LastTime { get; set; }

    /// <summary>The place behind the entry last taken: an open entry is still ahead.</summary>
    public LinePosition Position => _isOpen ? _openStart : _lines.Position;

    /// <summary>How far the file has been read, in bytes.</summary>
    public long FileOffset => _lines.FileOffset;

    /// <summary>What is known of the file's bytes; see <see cref="LineReader.Guard"/>.</summary>
    public ContentGuard Guard => _lines.Guard;

    /// <summary>See <see cref="LineReader.IsReplaced"/>.</summary>
    public bool IsReplaced => _lines.IsReplaced;

    /// <inheritdoc cref="LineReader.Expected"/>
    public void Expect(ContentGuard content) => _lines.Expected = content;

    /// <summary>The mark of what stands before <see cref="Position"/>, right after an entry has been taken.</summary>
    public ContentMark MarkBehind => _lines.Guard.MarkAt(_lines.Position.Offset, _lines.Tail);

    /// <summary>The guard of what stands before <see cref="Position"/>, while no entry is open; of the head alone, if the last bytes are no longer here.</summary>
    public ContentGuard GuardBehind
    {
        get
        {
            Debug.Assert(!_isOpen);
            var (guard, offset) = (_lines.Guard, _lines.Position.Offset);
            return guard.UpTo(offset, guard.Offset == offset ? guard.Tail : _lines.Tail);
        }
    }

    /// <summary>Something of a line that has no end yet is there.</summary>
    public bool HasRest => _lines.HasRest;

    /// <summary>An entry is there to which lines may still come.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>A hash of the last bytes before <see cref="Position"/>, right after an entry has been taken.</summary>
    public uint TailHash => ContentMark.HashOfTail(_lines.Tail);

    /// <summary>Reads the next stretch of the file, up to <paramref name="end"/> in it; 0 at what is now its end.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A compressed file is damaged.</exception>
    public int Fill(long end = long.MaxValue) => _lines.Fill(end);

    /// <summary>Takes the next entry that is whole; false: <see cref="Fill"/> must bring more first.</summary>
    /// <param name="before">
    /// An entry that begins here or later, in bytes, is left, whatever blank lines stand before it; one that is open here is whole.
    /// </param>
    public bool TryRead(long before = long.MaxValue)
    {
        for (; ; )
        {
            if (_lines.Position.Offset >= before)
            {
                return TryReadOpen();
            }

            if (!_lines.TryRead(out var line))
            {
                return false;
            }

            if (TryTake(line))
            {
                return true;
            }
        }
    }

    /// <summary>Takes the open entry as it is, as if nothing more belonged to it; false if there is none.</summary>
    public bool TryReadOpen() => _isOpen && TakeOpen();

    /// <summary>
    /// Takes what has no end yet as an entry: first the open one, with the last line if that belongs to it, then that line.
    /// Only what <see cref="TryRead"/> has left is looked at.
    /// </summary>
    public bool TryReadRest() => (_lines.TryReadRest(out var line) && TryTake(line)) || TryReadOpen();

    /// <summary>Whole lines ahead, none while an entry is open; see <see cref="LineReader.PeekLines"/>.</summary>
    public ReadOnlySpan<byte> PeekLines() => _isOpen ? default : _lines.PeekLines().Span;

    /// <summary>
    /// Drops lines ahead, up to the entry that a place in them belongs to: its first line is the next one then.
    /// </summary>
    /// <param name="place">An index in <see cref="PeekLines"/>; its length: nothing in them is wanted, so all are dropped but those of
    /// an entry that may go on behind them.</param>
    public void SkipToEntryAt(int place)
    {
        var ahead = _lines.PeekLines();
        var line = place == ahead.Length ? place : LineStart.Before(ahead.Span, place);
        var start = EntryStart(ahead, line, place == ahead.Length);
        if (start > 0)
        {
            _lines.Skip(start);
            _nextKind = null;
        }
    }

    /// <summary>Whether <see cref="JumpTo"/> may be called once no entry is open; see <see cref="LineReader.CanJump"/>.</summary>
    public bool CanJump => _lines.CanJump;

    /// <summary>The bytes right before the next line.</summary>
    public ReadOnlySpan<byte> Tail => _lines.Tail;

    /// <summary>Undoes the taking of the open entry's lines, if there is one: its first line is the next one again.</summary>
    public void PutBackOpen()
    {
        if (_isOpen)
        {
            _isOpen = false;
            _nextKind = null;
            _lines.PutBackHeld(_openStart);
        }
    }

    /// <summary>Goes on at another place: where an entry begins, or where plain lines are not wanted that end one.</summary>
    /// <inheritdoc cref="LineReader.JumpTo"/>
    public void JumpTo(long offset, ReadOnlySpan<byte> before, ReadOnlySpan<byte> bytes)
    {
        Debug.Assert(!_isOpen);
        _nextKind = null;
        _lines.JumpTo(offset, before, bytes);
    }

    /// <summary>Notes that the file is <see cref="IsReplaced"/>, as somebody else has found.</summary>
    public void MarkReplaced() => _lines.MarkReplaced();

    /// <summary>Finds out level, time, message and fields of the entry last taken.</summary>
    public void Parse() => _formats.Parse(View);

    /// <summary>Parses the entry last taken if the filter may want it, and says whether it does.</summary>
    /// <param name="filter">Which entries are wanted.</param>
    /// <param name="isTested">The entry's bytes have been found to be such as it may want.</param>
    public bool Matches(Filter filter, bool isTested = false)
    {
        if (!isTested && !filter.MayMatch(View.Text))
        {
            return false;
        }

        Parse();
        return filter.Matches(View);
    }

    public void Dispose() => _lines.Dispose();

    /// <summary>Does with a line what is to be done; true if an entry has been taken, by it or before it.</summary>
    private bool TryTake(in LogLine line)
    {
        var kind = _nextKind;
        _nextKind = null;
        if (_isOpen)
        {
            return !TryJoin(line) && TakeOpen();
        }

        if (line.Text.IsEmpty)
        {
            return false;
        }

        if (!line.IsTruncated && (kind ?? KindOfFirst(line.Text)) == LineKind.TextHead)
        {
            Open(line);
            return false;
        }

        EntryOffset = line.Offset;
        View.Begin(line.Text, _source, line.IsTruncated);
        return true;
    }

    private void Open(in LogLine head)
    {
        _lines.Hold();
        _isOpen = true;
        _openStart = new LinePosition(head.Offset);
        _headLength = _openLength = head.Text.Length;
        _openLines = 1;
    }

    /// <summary>Whether the line belongs to the open entry; if not, it is put back.</summary>
    private bool TryJoin(in LogLine line)
    {
        var before = _lines.HeldBeforeLine;
        if (_openLines < MaxEntryLines && before + line.Text.Length <= MaxEntryBytes)
        {
            if (line.Text.IsEmpty)
            {
                // Within an entry a blank line is its own, behind it nobody's.
                _openLines++;
                return true;
            }

            _nextKind = LineKinds.OfNext(_formats, line.Text, line.IsTruncated);
            if (_nextKind == LineKind.Plain)
            {
                _nextKind = null;
                _openLines++;
                _openLength = before + line.Text.Length;
                return true;
            }
        }

        _lines.PutBack();
        return false;
    }

    private bool TakeOpen()
    {
        Debug.Assert(_isOpen);
        _isOpen = false;
        EntryOffset = _openStart.Offset;
        View.Begin(_lines.Held(_openLength), _source, isTruncated: false, _headLength);
        _lines.Release();
        return true;
    }

    /// <summary>Where the entry begins that the line at <paramref name="line"/> belongs to, or one that ends right before it may go on.</summary>
    private int EntryStart(ReadOnlyMemory<byte> ahead, int line, bool isEnd)
    {
        var lineEnd = isEnd ? line : line + ahead.Span[line..].IndexOf((byte)'\n');
        if (line == 0 || (!isEnd && lineEnd > line && LineKinds.OfLine(_formats, ahead, line, lineEnd) != LineKind.Plain))
        {
            return line;
        }

        var lines = 1;
        for (var start = line; start > 0 && lines < MaxEntryLines; lines++)
        {
            var end = start - 1;
            start = LineStart.Before(ahead.Span, end);
            if (lineEnd - start > MaxEntryBytes)
            {
                break;
            }

            var kind = LineKinds.OfLine(_formats, ahead, start, end);
            if (kind != LineKind.Plain)
            {
                return kind == LineKind.TextHead ? start : line;
            }
        }

        return line;
    }

    /// <summary>Only whether it is a text layout's head counts, and a line with a brace at its start is none.</summary>
    private LineKind KindOfFirst(ReadOnlyMemory<byte> line) =>
        line.Span[0] == '{' ? LineKind.Structured : _formats.KindOf(line, isTruncated: false);
}
