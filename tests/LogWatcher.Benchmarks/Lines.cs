using System.Buffers.Text;
using System.Diagnostics;

namespace LogWatcher.Benchmarks;

/// <summary>Lines out of a stream, without a string for each.</summary>
internal static class Lines
{
    private const int BufferBytes = 1 << 18;

    /// <summary>Takes a line without its end.</summary>
    /// <param name="line">Good until it returns.</param>
    /// <param name="arrived">When it was read, as a time stamp.</param>
    /// <returns>Whether more are wanted.</returns>
    public delegate bool Take(ReadOnlySpan<byte> line, long arrived);

    /// <summary>Hands out each line as it comes, until told to stop.</summary>
    /// <exception cref="EndOfStreamException">The stream has ended before that.</exception>
    public static void Read(Stream stream, Take take)
    {
        var buffer = new byte[BufferBytes];
        var length = 0;
        while (stream.Read(buffer, length, buffer.Length - length) is var read and > 0)
        {
            var arrived = Stopwatch.GetTimestamp();
            var searched = length;
            length += read;
            var start = 0;
            for (int end; (end = buffer.AsSpan(searched, length - searched).IndexOf((byte)'\n')) >= 0; start = searched)
            {
                end += searched;
                searched = end + 1;
                if (!take(buffer.AsSpan(start, end - start), arrived))
                {
                    return;
                }
            }

            buffer.AsSpan(start, length - start).CopyTo(buffer);
            length -= start;
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, 2 * length);
            }
        }

        throw new EndOfStreamException("the output has ended before everything came");
    }

    /// <summary>Reads so many lines, and only counts them.</summary>
    /// <returns>How many bytes they have; with what came behind them by then.</returns>
    /// <exception cref="EndOfStreamException">There are not as many.</exception>
    public static long Skip(Stream stream, long lines)
    {
        var buffer = new byte[BufferBytes];
        var (left, bytes) = (lines, 0L);
        while (left > 0)
        {
            var read = stream.Read(buffer);
            left -= read > 0 ? buffer.AsSpan(0, read).Count((byte)'\n') : throw new EndOfStreamException($"the output has ended {left} lines too early");
            bytes += read;
        }

        return bytes;
    }

    /// <summary>Reads all there is.</summary>
    /// <returns>How many lines it has.</returns>
    public static long Count(Stream stream)
    {
        var buffer = new byte[BufferBytes];
        var lines = 0L;
        while (stream.Read(buffer) is var read and > 0)
        {
            lines += buffer.AsSpan(0, read).Count((byte)'\n');
        }

        return lines;
    }

    /// <summary>The digits behind the first place where a text stands; -1 if it doesn't.</summary>
    public static int NumberBehind(ReadOnlySpan<byte> line, ReadOnlySpan<byte> text)
    {
        var at = line.IndexOf(text);
        return at >= 0 && Utf8Parser.TryParse(line[(at + text.Length)..], out int number, out _) ? number : -1;
    }
}
