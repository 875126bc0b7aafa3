using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using LogWatcher.Logs.Formats;

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

    /// <summary>
    /// Names of nested keys are joined up to so many bytes of them: each has all that it stands in before it, so that a line could ask
    /// for gigabytes. All else that is kept of a line is no longer than the line, but for a message that is made of a template
    /// (<see cref="MessageTemplate.MaxMessageBytes"/>).
    /// </summary>
    public const int MaxJoinedBytes = 4 * 1024 * 1024;

    /// <summary>Above this many fields, one line's field table is let go with it.</summary>
    private const int MaxKeptFields = 4096;

    /// <summary>The name of a field that is marked: a place that no line has.</summary>
    private static readonly ByteRange Removed = new(int.MaxValue, 0);

    private Field[] _fields = new Field[32];
    private int _fieldCount;
    private byte[] _line = [];
    private int _lineOffset;
    private int _textLength;
    private int _lineLength;
    private byte[] _scratch = new byte[512];
    private int _scratchLength;
    private ByteRange _message;
    private RecentKeys? _recentKeys;

    /// <summary>For JSON, the keys of the objects read into this view before, mostly of earlier lines.</summary>
    public RecentKeys RecentKeys => _recentKeys ??= new RecentKeys();

    /// <summary>All of the entry, without its last line end: what a search looks through.</summary>
    public ReadOnlySpan<byte> Text => new(_line, _lineOffset, _textLength);

    /// <summary>The entry's first line, without its end: what formats recognise. Mostly it is all of the text.</summary>
    public ReadOnlySpan<byte> Line => new(_line, _lineOffset, _lineLength);

    /// <summary>What the first line has been recognised as.</summary>
    public LineKind Kind { get; set; }

    public LogLevel Level { get; set; }

    public LogTime? Time { get; set; }

    /// <summary>The message is what a container has written, to be read again by the rules for lines.</summary>
    public bool HoldsContent { get; private set; }

    /// <summary>What the container has written goes on behind the message.</summary>
    public bool IsContentPartial { get; private set; }

    /// <summary>The name of the source, as <c>LogEntry.source</c> tells it; empty for the sample.</summary>
    public string Source { get; private set; } = "";

    /// <summary>The line was longer than a line may be: <see cref="Text"/> is its beginning.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>The message alone, unescaped.</summary>
    public ReadOnlySpan<byte> Message => Get(_message);

    /// <summary>Where the message stands, in the line or in the scratch buffer.</summary>
    public ByteRange MessageRange => _message;

    /// <summary>The rest of a structured line: its keys, nested ones joined by <c>.</c>.</summary>
    public int FieldCount => _fieldCount;

    public ReadOnlySpan<byte> FieldName(int index) => Get(_fields[index].Name);

    /// <summary>A field's value as text, unescaped; an array as its JSON.</summary>
    public ReadOnlySpan<byte> FieldValue(int index) => Get(_fields[index].Value);

    /// <summary>The last field of that name: of a key given twice the last counts.</summary>
    public bool TryGetField(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var index = IndexOfField(name);
        value = index >= 0 ? Get(_fields[index].Value) : default;
        return index >= 0;
    }

    /// <summary>The index of the last field of that name, or -1.</summary>
    public int IndexOfField(ReadOnlySpan<byte> name)
    {
        var index = _fieldCount - 1;
        while (index >= 0 && !Get(_fields[index].Name).SequenceEqual(name))
        {
            index--;
        }

        return index;
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
        (HoldsContent, IsContentPartial) = (false, false);
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

    /// <summary>The message is what a container has written; the end of its line, if it is there, is no part of it.</summary>
    /// <param name="isPartial">Only the first part of it, for a container's line may be longer than one of its log.</param>
    public void HoldContent(bool isPartial = false)
    {
        var message = Message;
        var length = message.Length;
        length -= message.EndsWith("\n"u8) ? 1 : 0;
        length -= length < message.Length && message[..length].EndsWith("\r"u8) ? 1 : 0;
        _message = _message with { Length = length };
        (HoldsContent, IsContentPartial) = (true, isPartial);
    }

    /// <summary>Begins an entry that is this one's message, in its buffers: nothing may change them before <see cref="TakeOver"/>.</summary>
    public void BeginContent(EntryView content)
    {
        var lineLength = Message.IndexOf((byte)'\n');
        var text = _message.Offset >= 0
            ? _line.AsMemory(_lineOffset + _message.Offset, _message.Length)
            : _scratch.AsMemory(~_message.Offset, _message.Length);
        content.Begin(text, Source, IsTruncated || IsContentPartial, lineLength < 0 ? null : lineLength);
    }

    /// <summary>
    /// What has been found in the content is this entry's: its message and its fields, and if it has them its level and time.
    /// </summary>
    public void TakeOver(EntryView content)
    {
        Level = content.Level != LogLevel.None ? content.Level : Level;
        Time = content.Time ?? Time;
        var scratch = Keep(content._scratch.AsSpan(0, content._scratchLength));
        for (var index = 0; index < content._fieldCount; index++)
        {
            var field = content._fields[index];
            AddField(Moved(field.Name, scratch), Moved(field.Value, scratch), field.IsText);
        }

        _message = Moved(content._message, scratch);
    }

    /// <summary>Where a stretch of the content or of its scratch buffer is to be found here.</summary>
    private ByteRange Moved(ByteRange range, ByteRange scratch) =>
        range.Offset < 0 ? scratch.Part(~range.Offset, range.Length) : _message.Part(range.Offset, range.Length);

    /// <summary>The message in other bytes than the line's: they are copied.</summary>
    public void SetMessage(ReadOnlySpan<byte> utf8) => _message = Keep(utf8);

    public void AddField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => AddField(Keep(name), Keep(value));

    /// <param name="name">A stretch of the line or of the scratch buffer, as the value is.</param>
    /// <param name="value">What it holds, unescaped.</param>
    /// <param name="isText">It is text, where a format tells that from numbers and other things.</param>
    /// <param name="mayHaveRole">Its name may make it the entry's time, level or message.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddField(ByteRange name, ByteRange value, bool isText = true, bool mayHaveRole = false)
    {
        if (_fieldCount == _fields.Length)
        {
            Array.Resize(ref _fields, _fields.Length * 2);
        }

        _fields[_fieldCount++] = new Field(name, value, isText, mayHaveRole);
    }

    public ByteRange FieldNameRange(int index) => _fields[index].Name;

    public ByteRange FieldValueRange(int index) => _fields[index].Value;

    /// <summary>What stands in other bytes than the line's; some of it may be no part of the entry.</summary>
    public ReadOnlySpan<byte> Scratch => _scratch.AsSpan(0, _scratchLength);

    public void SetFieldValue(int index, ByteRange value) => _fields[index] = _fields[index] with { Value = value };

    public bool IsFieldText(int index) => _fields[index].IsText;

    public bool MayFieldHaveRole(int index) => _fields[index].MayHaveRole;

    /// <summary>Takes the fields at these indexes out; an index below 0 is none.</summary>
    public void RemoveFields(int first, int second, int third)
    {
        // Below 0 is the largest of all without a sign: what stands before the smallest stays where it is.
        var kept = (int)Math.Min(Math.Min((uint)first, (uint)second), Math.Min((uint)third, (uint)_fieldCount));
        for (var index = kept; index < _fieldCount; index++)
        {
            if (index != first && index != second && index != third)
            {
                _fields[kept++] = _fields[index];
            }
        }

        _fieldCount = kept;
    }

    /// <summary>Takes the last fields out, from an index on.</summary>
    public void RemoveFieldsFrom(int index) => _fieldCount = index;

    /// <summary>
    /// The field goes with <see cref="RemoveMarked"/>, which must come before any name is asked for; the others keep their
    /// indexes until then.
    /// </summary>
    public void MarkRemoved(int index) => _fields[index] = new Field(Removed, default, IsText: false, MayHaveRole: false);

    /// <summary>Takes out the fields that are marked, from an index on.</summary>
    public void RemoveMarked(int from)
    {
        var kept = from;
        for (var index = from; index < _fieldCount; index++)
        {
            if (_fields[index].Name != Removed)
            {
                _fields[kept++] = _fields[index];
            }
        }

        _fieldCount = kept;
    }

    /// <summary>The bytes of a stretch of the line or of the scratch buffer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    /// <summary>
    /// Names joined by a <c>.</c>; without a prefix the name as it is, and so in a line whose names would be too long together.
    /// </summary>
    public ByteRange Join(ByteRange prefix, ByteRange name)
    {
        if (prefix.Length == 0 || _scratchLength + prefix.Length + name.Length >= MaxJoinedBytes)
        {
            return name;
        }

        var joined = Reserve(prefix.Length + 1 + name.Length);
        Get(prefix).CopyTo(joined);
        joined[prefix.Length] = (byte)'.';
        Get(name).CopyTo(joined[(prefix.Length + 1)..]);
        return Commit(joined.Length);
    }

    /// <summary>Texts joined by line feeds; one alone as it is.</summary>
    public ByteRange JoinLines(ReadOnlySpan<ByteRange> lines)
    {
        if (lines.Length < 2)
        {
            return lines.Length == 0 ? default : lines[0];
        }

        var total = lines.Length - 1;
        foreach (var line in lines)
        {
            total += line.Length;
        }

        var into = Reserve(total);
        Get(lines[0]).CopyTo(into);
        into = into[lines[0].Length..];
        foreach (var line in lines[1..])
        {
            into[0] = (byte)'\n';
            Get(line).CopyTo(into[1..]);
            into = into[(line.Length + 1)..];
        }

        return Commit(total);
    }

    /// <summary>Copies bytes that stand elsewhere than in the line.</summary>
    public ByteRange Keep(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Reserve(utf8.Length));
        return Commit(utf8.Length);
    }

    public override string ToString() => Encoding.UTF8.GetString(Text);

    private readonly record struct Field(ByteRange Name, ByteRange Value, bool IsText, bool MayHaveRole);
}
