using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>
/// What a line had up to the value of its <c>msg_id</c>: its client writes the next one alike, more often than not, and what was
/// found there is found again where it stands. That of the last line that had a <c>msg_id</c> in its body. One thread.
/// </summary>
internal sealed class LineBeginning
{
    // Longer ones are rare, and not worth their copy.
    private const int MaxBytes = 256;

    // The line itself and its body.
    private const int OpenObjects = 2;

    // Of those keys that mostly stand there.
    private const int Fields = (int)EnvelopeKey.Type + 1;

    private readonly byte[] _bytes = new byte[MaxBytes];
    private readonly JsonField[] _fields = new JsonField[Fields];
    private int _length;
    private uint _given;

    /// <summary>The beginning itself; empty if there is none to be had again.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Goes on behind the beginning, if a line has it.</summary>
    /// <param name="envelope">The line, of which nothing has been read.</param>
    /// <param name="reader">Its reader; stands on the name <c>msg_id</c> afterwards, with all before it noted.</param>
    public bool TrySkip(in Envelope envelope, ref JsonInput reader)
    {
        if (_length == 0 || !envelope.Line.StartsWith(Bytes))
        {
            return false;
        }

        envelope.SetFirst(_fields, _given);
        reader.GoOnBehindName(_length, OpenObjects);
        return true;
    }

    /// <summary>Remembers what has been read of a line, if it is the usual.</summary>
    /// <param name="reader">Stands on the name <c>msg_id</c>.</param>
    public void Remember(in Envelope envelope, ref JsonInput reader)
    {
        var length = reader.BytesConsumed;
        _length = length <= MaxBytes && envelope.TryGetFirst(_fields, out _given) ? length : 0;
        envelope.Line[.._length].CopyTo(_bytes);
    }
}
