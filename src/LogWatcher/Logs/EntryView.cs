using System.Text;

namespace LogWatcher.Logs;

/// <summary>
/// One entry as views into its line and a scratch buffer: what a format fills, a filter asks and a watch makes an entry of.
/// Used again for the next line, so nothing of it may be kept. All spans are UTF-8. One thread at a time.
/// </summary>
internal sealed class EntryView
{
    private readonly List<(Slice Name, Slice Value)> _fields = [];
    private ReadOnlyMemory<byte> _text;
    private byte[] _scratch = new byte[256];
    private int _scratchLength;
    private Slice _message;

    /// <summary>The whole line, without its line end.</summary>
    public ReadOnlySpan<byte> Text => _text.Span;

    public LogLevel Level { get; set; }

    public LogTime? Time { get; set; }

    /// <summary>The name of the source, as <c>LogEntry.source</c> tells it; empty for the sample.</summary>
    public string Source { get; private set; } = "";

    /// <summary>The message alone, unescaped.</summary>
    public ReadOnlySpan<byte> Message => Get(_message);

    /// <summary>The rest of a structured line: its keys, nested ones joined by <c>.</c>.</summary>
    public int FieldCount => _fields.Count;

    public ReadOnlySpan<byte> FieldName(int index) => Get(_fields[index].Name);

    /// <summary>A field's value as text, unescaped; an array as its JSON.</summary>
    public ReadOnlySpan<byte> FieldValue(int index) => Get(_fields[index].Value);

    /// <summary>The last field of that name: of a key given twice the last counts.</summary>
    public bool TryGetField(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        for (var index = _fields.Count - 1; index >= 0; index--)
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
    public void Begin(ReadOnlyMemory<byte> text, string source)
    {
        _text = text;
        Source = source;
        Level = LogLevel.None;
        Time = null;
        _fields.Clear();
        _scratchLength = 0;
        _message = new Slice(0, text.Length);
    }

    /// <summary>The message as a stretch of the line.</summary>
    public void SetMessage(int offset, int length) => _message = new Slice(offset, length);

    /// <summary>The message in other bytes than the line's: they are copied.</summary>
    public void SetMessage(ReadOnlySpan<byte> utf8) => _message = Keep(utf8);

    public void AddField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => _fields.Add((Keep(name), Keep(value)));

    public override string ToString() => Encoding.UTF8.GetString(Text);

    private Slice Keep(ReadOnlySpan<byte> utf8)
    {
        if (_scratch.Length - _scratchLength < utf8.Length)
        {
            Array.Resize(ref _scratch, Math.Max(_scratch.Length * 2, _scratchLength + utf8.Length));
        }

        utf8.CopyTo(_scratch.AsSpan(_scratchLength));
        var slice = new Slice(~_scratchLength, utf8.Length);
        _scratchLength += utf8.Length;
        return slice;
    }

    private ReadOnlySpan<byte> Get(Slice slice) =>
        slice.Offset >= 0 ? _text.Span.Slice(slice.Offset, slice.Length) : _scratch.AsSpan(~slice.Offset, slice.Length);

    /// <summary>A stretch of the line, or with the complement of its offset one of the scratch buffer.</summary>
    private readonly record struct Slice(int Offset, int Length);
}
