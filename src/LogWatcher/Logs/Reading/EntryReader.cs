using LogWatcher.Logs.Filters;
using LogWatcher.Logs.Formats;

namespace LogWatcher.Logs.Reading;

/// <summary>
/// Entries out of the lines of one file: <see cref="TryRead"/> takes the next as raw text, <see cref="Parse"/> looks into it,
/// once somebody needs that. Blank lines are no entries. One thread at a time.
/// </summary>
internal sealed class EntryReader : IDisposable
{
    private readonly LineReader _lines;
    private readonly LineFormats _formats;
    private readonly string _source;

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

    /// <summary>The place behind the entry last taken.</summary>
    public LinePosition Position => _lines.Position;

    /// <summary>How far the file has been read, in bytes.</summary>
    public long FileOffset => _lines.FileOffset;

    /// <summary>Something of an entry that has no end yet is there.</summary>
    public bool HasRest => _lines.HasRest;

    /// <summary>Reads the next stretch of the file, up to <paramref name="end"/> in it; 0 at what is now its end.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A compressed file is damaged.</exception>
    public int Fill(long end = long.MaxValue) => _lines.Fill(end);

    /// <summary>Takes the next entry that is whole; false: <see cref="Fill"/> must bring more first.</summary>
    public bool TryRead()
    {
        while (_lines.TryRead(out var line))
        {
            if (!line.Text.IsEmpty)
            {
                Begin(line);
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes what has no end yet as an entry.</summary>
    public bool TryReadRest()
    {
        if (!_lines.TryReadRest(out var line) || line.Text.IsEmpty)
        {
            return false;
        }

        Begin(line);
        return true;
    }

    /// <summary>Whole lines ahead; see <see cref="LineReader.PeekLines"/>.</summary>
    public ReadOnlySpan<byte> PeekLines() => _lines.PeekLines();

    public void Skip(int count) => _lines.Skip(count);

    /// <summary>Whether <see cref="JumpTo"/> may be called; see <see cref="LineReader.CanJump"/>.</summary>
    public bool CanJump => _lines.CanJump;

    public void JumpTo(long offset, ReadOnlySpan<byte> bytes) => _lines.JumpTo(offset, bytes);

    /// <summary>Finds out level, time, message and fields of the entry last taken.</summary>
    public void Parse() => _formats.Parse(View);

    /// <summary>Parses the entry last taken if the filter may want it, and says whether it does.</summary>
    public bool Matches(Filter filter)
    {
        if (!filter.MayMatch(View.Text))
        {
            return false;
        }

        Parse();
        return filter.Matches(View);
    }

    public void Dispose() => _lines.Dispose();

    private void Begin(in LogLine line)
    {
        EntryOffset = line.Offset;
        View.Begin(line.Text, _source, line.IsTruncated);
    }
}
