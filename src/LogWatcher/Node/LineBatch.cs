namespace LogWatcher.Node;

/// <summary>
/// A stretch of input with the whole lines in it, taken apart: what the reading thread hands to the dispatching one. Belongs
/// to one of them at a time.
/// </summary>
internal sealed class LineBatch
{
    // A conversation by hand needs one; a batch that needs more grows.
    private const int InitialLines = 16;

    private ParsedLine[] _lines = new ParsedLine[InitialLines];
    private JsonField[] _fields = new JsonField[InitialLines * Envelope.KeyCount];

    /// <summary>The bytes that the lines stand in, and behind them the beginning of the next one.</summary>
    public byte[] Buffer { get; set; } = [];

    public int Count { get; private set; }

    /// <summary>When the lines were read, as the node's clock counts (<see cref="TimeProvider.GetTimestamp"/>).</summary>
    public long ReadAt { get; set; }

    public Envelope this[int index]
    {
        get
        {
            ref var line = ref _lines[index];
            return new Envelope(Buffer.AsSpan(line.Start, line.Length), ref line, _fields, index * Envelope.KeyCount);
        }
    }

    /// <inheritdoc cref="ParsedLine.EarlyCall"/>
    public LineCall? EarlyCallOf(int index) => _lines[index].EarlyCall;

    /// <summary>Adds a line that stands in the buffer, not looked through yet.</summary>
    public Envelope Add(int start, int length, long number, string? fault)
    {
        if (Count == _lines.Length)
        {
            Array.Resize(ref _lines, Count * 2);
            Array.Resize(ref _fields, Count * 2 * Envelope.KeyCount);
        }

        // Set one by one: a struct with references is copied slowly, and the rest of it is clear.
        ref var line = ref _lines[Count];
        (line.Start, line.Length, line.Number, line.MsgId) = (start, length, number, -1);
        line.Fault = fault;
        return this[Count++];
    }

    /// <summary>Forgets the lines, and with them the messages that were read in passing.</summary>
    public void Clear()
    {
        Array.Clear(_lines, 0, Count);
        Count = 0;
    }
}
