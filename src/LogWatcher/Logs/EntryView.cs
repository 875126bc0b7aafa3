using System.Runtime.InteropServices;
using System.Text;

namespace LogWatcher.Logs;

/// <summary>
/// One entry as views into its line and a scratch buffer: what a format fills, a filter asks and a watch makes an entry of.
/// Used again for the next line, so nothing of it may be kept. All spans are UTF-8 as the file has them: what is no UTF-8
/// becomes U+FFFD only where text is made of them. One thread at a time.
/// </summary>
internal sealed class EntryView
{
    /// <summary>A scratch buffer that one odd line has made larger than this many bytes is let go with that line.</summary>
    private const int MaxKeptScratchBytes = 256 * 1024;

    /// <summary>Above this many fields, one line's field table is let go with it.</summary>
    private const int MaxKeptFields = 4096;

    private Field[] _fields = new Field[32];
    private int _fieldCount;
    private byte[] _line = [];
    private int _lineOffset;
    private int _textLength;
    private int _lineLength;
    private byte[] _scratch = new byte[512];
    private int _scratchLength;
    private ByteRange _message;

    /// <summary>All of the entry, without its last line end: what a search looks through.</summary>
    public ReadOnlySpan<byte> Text => new(_line, _lineOffset, _textLength);

    /// <summary>The entry's first line, without its end: what formats recognise. Mostly it is all of the text.</summary>
    public ReadOnlySpan<byte> Line => new(_line, _lineOffset, _lineLength);

    /// <summary>What the first line has been recognised as.</summary>
    public LineKind Kind { get; set; }

    public LogLevel Level { get; set; }

    public LogTime? Time { get; set; }

    /// <summary>The name of the source, as <c>LogEntry.source</c> tells it; empty for the sample.</summary>
    public string Source { get; private set; } = "";

    /// <summary>The line was longer than a line may be: <see cref="Text"/> is its beginning.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>The message alone, unescaped.</summary>
    public ReadOnlySpan<byte> Message => Get(_message);

    /// <summary>The rest of a structured line: its keys, nested ones joined by <c>.</c>.</summary>
    public int FieldCount => _fieldCount;

    public ReadOnlySpan<byte> FieldName(int index) => Get(_fields[index].Name);

    /// <summary>A field's value as text, unescaped; an array as its JSON.</summary>
    public ReadOnlySpan<byte> FieldValue(int index) => Get(_fields[index].Value);

    /// <summary>The last field of that name: of a key given twice the last counts.</summary>
    public bool TryGetField(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        for (var index = _fieldCount - 1; index >= 0; index--)
        {
            if (Get(_fields[index].Name).SequenceEqual(name))
            {
                value = Get(_fields[index].Value);
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Begins the next entry: everything else is empty, and the message is the whole line.</summary>
    /// <param name="text">Its lines, without the last one's end; it must stay unchanged while the entry is looked at.</param>
    /// <param name="source">The name of the file it stands in.</param>
    /// <param name="isTruncated">The line goes on behind <paramref name="text"/>.</param>
    /// <param name="lineLength">How long its first line is, without the end; by default it is the only one.</param>
    public void Begin(ReadOnlyMemory<byte> text, string source, bool isTruncated = false, int? lineLength = null)
    {
        if (MemoryMarshal.TryGetArray(text, out var segment))
        {
            (_line, _lineOffset, _textLength) = (segment.Array!, segment.Offset, segment.Count);
        }
        else
        {
            (_line, _lineOffset, _textLength) = (text.ToArray(), 0, text.Length);
        }

        _lineLength = lineLength ?? _textLength;
        Source = source;
        IsTruncated = isTruncated;
        Reset();
    }

    /// <summary>Forgets what a format has found, so that the message is the whole line again.</summary>
    public void Reset()
    {
        Kind = LineKind.Plain;
        Level = LogLevel.None;
        Time = null;
        _message = new ByteRange(0, _textLength);
        _scratchLength = 0;
        _fieldCount = 0;
        if (_scratch.Length > MaxKeptScratchBytes)
        {
            _scratch = new byte[512];
        }

        if (_fields.Length > MaxKeptFields)
        {
            _fields = new Field[32];
        }
    }

    /// <summary>The message as a stretch of the line.</summary>
    public void SetMessage(int offset, int length) => _message = new ByteRange(offset, length);

    public void SetMessage(ByteRange range) => _message = range;

    /// <summary>The message in other bytes than the line's: they are copied.</summary>
    public void SetMessage(ReadOnlySpan<byte> utf8) => _message = Keep(utf8);

    public void AddField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => AddField(Keep(name), Keep(value));

    public void AddField(ByteRange name, ByteRange value)
    {
        if (_fieldCount == _fields.Length)
        {
            Array.Resize(ref _fields, _fields.Length * 2);
        }

        _fields[_fieldCount++] = new Field(name, value);
    }

    public ByteRange FieldValueRange(int index) => _fields[index].Value;

    public void SetFieldValue(int index, ByteRange value) => _fields[index] = _fields[index] with { Value = value };

    /// <summary>Takes the fields at these indexes out; an index below 0 is none.</summary>
    public void RemoveFields(int first, int second, int third)
    {
        if ((first & second & third) < 0)
        {
            return;
        }

        var kept = 0;
        for (var index = 0; index < _fieldCount; index++)
        {
            if (index != first && index != second && index != third)
            {
                _fields[kept++] = _fields[index];
            }
        }

        _fieldCount = kept;
    }

    /// <summary>The bytes of a stretch of the line or of the scratch buffer.</summary>
    public ReadOnlySpan<byte> Get(ByteRange range) => range.Offset >= 0
        ? _line.AsSpan(_lineOffset + range.Offset, range.Length)
        : _scratch.AsSpan(~range.Offset, range.Length);

    /// <summary>
    /// Room for up to <paramref name="maxBytes"/> bytes in the scratch buffer, good until the next call;
    /// <see cref="Commit"/> says how many of them were written.
    /// </summary>
    public Span<byte> Reserve(int maxBytes)
    {
        if (_scratch.Length - _scratchLength < maxBytes)
        {
            Array.Resize(ref _scratch, Math.Max(_scratch.Length * 2, _scratchLength + maxBytes));
        }

        return _scratch.AsSpan(_scratchLength, maxBytes);
    }

    public ByteRange Commit(int writtenBytes)
    {
        var range = new ByteRange(~_scratchLength, writtenBytes);
        _scratchLength += writtenBytes;
        return range;
    }

    /// <summary>Copies bytes that stand elsewhere than in the line.</summary>
    public ByteRange Keep(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Reserve(utf8.Length));
        return Commit(utf8.Length);
    }

    public override string ToString() => Encoding.UTF8.GetString(Text);

    private readonly record struct Field(ByteRange Name, ByteRange Value);
}
