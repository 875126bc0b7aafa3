namespace LogWatcher.Logs.Reading;

/// <summary>A line in a reader's buffer, good until the reader is asked for the next.</summary>
/// <param name="Text">UTF-8 (or what the file has in its place), without the line's end.</param>
/// <param name="Offset">Where in the file it begins, in bytes.</param>
/// <param name="IsTruncated">The line goes on; <paramref name="Text"/> is its first <see cref="LineReader.MaxLineBytes"/>.</param>
internal readonly record struct LogLine(ReadOnlyMemory<byte> Text, long Offset, bool IsTruncated);
