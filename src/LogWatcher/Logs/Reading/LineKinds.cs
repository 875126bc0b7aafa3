using LogWatcher.Logs.Formats;

namespace LogWatcher.Logs.Reading;

/// <summary>What lines are to the entry before them, the same wherever entries are told apart.</summary>
internal static class LineKinds
{
    /// <summary>
    /// What looks like an object from its first key to its end is taken for one: it would be read twice otherwise, and no trace
    /// has such lines. So it is never behind a head, nor one itself.
    /// </summary>
    /// <param name="line">Without its end.</param>
    public static bool IsObject(ReadOnlySpan<byte> line) => line.StartsWith("{\""u8) && line[^1] == '}';

    /// <summary>What a line is that stands behind others.</summary>
    public static LineKind OfNext(LineFormats formats, ReadOnlyMemory<byte> line, bool isTruncated) =>
        IsObject(line.Span) ? LineKind.Structured : formats.KindOf(line, isTruncated);

    /// <summary>The same of a line in a buffer; one that is blank goes with the entry before it, too.</summary>
    /// <param name="formats">Whoever asks has his own.</param>
    /// <param name="buffer">None of its lines is longer than a line may be.</param>
    /// <param name="start">Where the line begins.</param>
    /// <param name="end">Where its line feed stands.</param>
    public static LineKind OfLine(LineFormats formats, ReadOnlyMemory<byte> buffer, int start, int end)
    {
        end -= end > start && buffer.Span[end - 1] == '\r' ? 1 : 0;
        return end == start ? LineKind.Plain : OfNext(formats, buffer[start..end], isTruncated: false);
    }
}
