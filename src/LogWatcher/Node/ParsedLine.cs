using System.Text.Json;

namespace LogWatcher.Node;

/// <summary>The keys that the node reads: the first three of the envelope, the others of its body.</summary>
internal enum EnvelopeKey
{
    Src,
    Dest,
    Body,
    Type,
    MsgId,
    InReplyTo,
    Service,
    Method,
    Request,
    Data,
    StreamId,
    Call,
    Credit,
    Metadata,
    TimeoutMs,
    Window,
    Encoding,
    Compression,
    NodeId,
    NodeIds,
    Echo,
    Schema,
    Message,
    EncodedHex,

    /// <summary>A key that the node does not read.</summary>
    Other,
}

/// <summary>
/// One value of an envelope as a stretch of its line: a string without its quotes, anything else as it stands.
/// <see cref="JsonTokenType.None"/>: the key was not given.
/// </summary>
internal readonly record struct JsonField(JsonTokenType Type, bool IsEscaped, int Start, int Length)
{
    public bool IsGiven => Type != JsonTokenType.None;
}

/// <summary>
/// What one pass over a line has found: where its values stand, not what they are. The values themselves stay in the buffer
/// of the <see cref="LineBatch"/> that the line is in.
/// </summary>
internal record struct ParsedLine
{
    /// <summary>Where the line stands in the batch's buffer; its length is without the line end.</summary>
    public int Start { get; set; }

    /// <inheritdoc cref="Start"/>
    public int Length { get; set; }

    /// <summary>Which line of the input it is, from 1.</summary>
    public long Number { get; set; }

    /// <summary>What makes it no line of the protocol; null: nothing found so far.</summary>
    public string? Fault { get; set; }

    /// <summary>The keys that were given, a bit each.</summary>
    public uint Given { get; set; }

    /// <summary>The value of <c>msg_id</c>; -1: not given, or no such integer.</summary>
    public long MsgId { get; set; }

    /// <summary>
    /// The call that the line names by <c>src</c> and <c>stream_id</c> and that has read its <c>data</c> already, in passing;
    /// null: none has.
    /// </summary>
    public LineCall? EarlyCall { get; set; }

    /// <summary>What <see cref="EarlyCall"/> has read.</summary>
    public object? EarlyMessage { get; set; }
}
